"""Private keys must stand in Secrets, not in ConfigMaps, annotations or environment variables.

Restricted: the values of a ConfigMap, the annotations of any object and of the pods it carries, and env[*].value of
their containers. Not allowed there: a PEM private key, plain or as base64, and the client-key-data of a kubeconfig.
Many more subjects may read these than a Secret, encryption at rest often leaves them out, and audit logs show them.
The finding names the place, never the value. A value that is not known until apply is a finding when its key, its
variable or the ConfigMap is named like a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.kube.key_material import key_material_in
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, key_path
from k8s_hardening.kube.pods import Container, pods_of
from k8s_hardening.kube.texts import CONFIG_MAP, is_named_like, texts_of
from k8s_hardening.model.knowledge import Knowledge

_NAMES_OF_KEYS = ("key", "kubeconfig", "secret", "credential", ".pem", "tls")
_FIX = "move it to a Secret, or better to a store of secrets, and replace the key since it was readable"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each value of a ConfigMap and each annotation that holds a private key."""
    for text in texts_of(manifest, CONFIG_MAP):
        if text.content is None:
            if not text.key or is_named_like(manifest, text, _NAMES_OF_KEYS):
                yield _unknown(text.path)
        elif (what := key_material_in(text.content)) is not None:
            yield Finding(text.path, what, _FIX)
    yield from _annotations("metadata", manifest.get("metadata"))
    for pod in pods_of(manifest):
        if pod.metadata_path != "metadata":
            yield from _annotations(pod.metadata_path, pod.metadata)
        for container in pod.containers():
            yield from _variables(container)


def _variables(container: Container) -> Iterator[Finding]:
    for index, item in enumerate(as_list(container.spec.get("env"))):
        path, name, value = f"{container.path}.env[{index}].value", as_map(item).get("name"), as_map(item).get("value")
        if value is UNKNOWN:
            if name is UNKNOWN or any(word in as_str(name).lower() for word in _NAMES_OF_KEYS):
                yield _unknown(path)
        elif (what := key_material_in(as_str(value))) is not None:
            yield Finding(path, what, _FIX)


def _annotations(path: str, metadata: Any) -> Iterator[Finding]:
    annotations = as_map(metadata).get("annotations")
    if annotations is UNKNOWN:
        yield _unknown(f"{path}.annotations")
        return
    for key, value in as_map(annotations).items():
        if value is UNKNOWN:
            if any(word in str(key).lower() for word in _NAMES_OF_KEYS):
                yield _unknown(key_path(f"{path}.annotations", str(key)))
        elif (what := key_material_in(as_str(value))) is not None:
            yield Finding(key_path(f"{path}.annotations", str(key)), what, _FIX)


def _unknown(path: str) -> Finding:
    return Finding(path, "not known until apply", "give it a plain value, or put it into a Secret", unknown=True)


CONTROL = Control(
    id="inline-secrets",
    requirement="Private keys must stand in Secrets, not in ConfigMaps, annotations or variables.",
    severity=Severity.HIGH,
    chapter="secret",
    profile=Profile.FULL,
    references=("CIS 5.4.1",),
    check=check,
)
