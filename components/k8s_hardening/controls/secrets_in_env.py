"""Secrets must reach a process as files: every child, crash dump and debug page shows an environment.

Restricted fields: env[*].valueFrom.secretKeyRef and envFrom[*].secretRef of every container. Allowed: absent. There
is no fix: the process must learn to read a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.pods import Container, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_FIX = "mount the Secret as a volume and read the file"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each environment variable that comes from a Secret."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            yield from _variables(container)


def _variables(container: Container) -> Iterator[Finding]:
    for index, item in enumerate(as_list(container.spec.get("env"))):
        value = as_map(as_map(item).get("valueFrom")).get("secretKeyRef")
        if value is not None:
            yield finding(f"{container.path}.env[{index}].valueFrom.secretKeyRef", value, _FIX)
    for index, item in enumerate(as_list(container.spec.get("envFrom"))):
        value = as_map(item).get("secretRef")
        if value is not None:
            yield finding(f"{container.path}.envFrom[{index}].secretRef", value, _FIX)


CONTROL = Control(
    id="secrets-in-env",
    requirement="Secrets must be mounted as files, not put into environment variables.",
    severity=Severity.MEDIUM,
    chapter="secret",
    profile=Profile.FULL,
    references=("CIS 5.4.1",),
    check=check,
    concerns=carries_pods,
)
