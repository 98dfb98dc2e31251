"""Objects must be written in an API version that the cluster serves.

Restricted field: apiVersion of the built-in kinds. Allowed: what a server of the cluster's version serves by
default (kube/apis.py). A protection in a version that is not served never exists, and a preview without a cluster
does not notice.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.apis import Api, api_of, is_unheard_of, successor_of
from k8s_hardening.kube.manifest import Manifest, as_str, kind_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

# What to do about kinds that ended without a later version. Pod Security Admission judges by default from 1.23
# (k8s.io/kubernetes v1.23.17 pkg/features/kube_features.go), so before 1.25 both exist.
_INSTEAD = {
    "PodSecurityPolicy": "use Pod Security Admission: pod-security.kubernetes.io/enforce on the namespaces, and a "
    "ValidatingAdmissionPolicy for what the Pod Security Standards leave open",
    "PodPreset": "write the settings into the pods themselves",
    "AuditSink": "name the webhook in the API server's --audit-webhook-config-file",
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The apiVersion, when the cluster's version does not serve it."""
    api_version, kind, version = as_str(manifest.get("apiVersion")), kind_of(manifest), knowledge.kubernetes
    api = api_of(api_version, kind)
    if api is not None and (found := _fault(api, version)) is not None:
        yield Finding("apiVersion", f'"{api.api_version}", {found}', _fix(api, kind, version))
    elif (api is None or not api.is_past(version)) and is_unheard_of(api_version, kind):
        known = successor_of(kind, version) or "v1"
        yield finding("apiVersion", api_version, f"use {known}; no server has this kind in that version")


def _fault(api: Api, version: KubeVersion) -> str | None:
    if api.is_past(version):
        return f"which Kubernetes {version} no longer serves (last in {api.last})"
    if api.is_future(version):
        return f"which Kubernetes {version} does not serve yet (first in {api.first})"
    if api.is_opt_in:
        return "which a server serves only when its --runtime-config names it"
    return None


def _fix(api: Api, kind: str, version: KubeVersion) -> str:
    successor = successor_of(kind, version)
    if successor is not None:
        return f"use {successor}"
    if kind in _INSTEAD:
        return _INSTEAD[kind]
    if api.is_future(version):
        return f"leave it out until the cluster runs {api.first}"
    if api.is_past(version):
        return "remove it; the cluster serves no later version of it"
    return "leave it out, or exempt it once the cluster's --runtime-config names it"


CONTROL = Control(
    id="removed-api",
    requirement="Objects must be written in an API version that the cluster serves.",
    severity=Severity.MEDIUM,
    chapter="api",
    profile=Profile.FULL,
    references=("Kubernetes: Deprecated API Migration Guide",),
    check=check,
)
