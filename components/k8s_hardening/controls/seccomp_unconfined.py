"""Containers must not switch off the runtime's filter of system calls.

Restricted fields: seccompProfile.type in the securityContext of the pod and of every container; allowed: absent,
RuntimeDefault or Localhost. Before version 1.19 there is no such field and annotations of the pod are judged instead;
allowed: absent, runtime/default, docker/default or localhost/... From 1.19 to 1.26 the server makes a field of an
annotation where the field is absent, before the standard is applied, so both are judged (k8s.io/kubernetes v1.19.16 and
v1.26.15 pkg/registry/core/pod/strategy.go, applySeccompVersionSkew).
Restricted beside it, since such a pod never runs: localhostProfile in the same fields; allowed: absent, and with the
type Localhost alone a path that neither begins with a slash nor leads up. The server refuses anything else
(k8s.io/kubernetes v1.19.16 and v1.37.2 pkg/apis/core/validation/validation.go, validateSeccompProfileField), and the
kubelet an empty one (v1.37.2 pkg/kubelet/kuberuntime/helpers.go, fieldSeccompProfile).
Source: k8s.io/pod-security-admission v0.37.2, policy/check_seccompProfile_baseline.go. The restricted level replaces
this check and skips Windows pods from 1.25 on; the API server accepts no profile on those, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.profile_types import mend_profiles, profile_findings
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, key_path
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "seccompProfile"
ANNOTATIONS_END = KubeVersion(1, 27)
"""From here on the server makes no field of an annotation."""
OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation that names a forbidden profile."""
    for pod in pods_of(manifest):
        yield from _annotated(pod, _annotations_of(pod))


def check_1_19(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each securityContext, and each annotation that becomes one, that names a forbidden profile."""
    for pod in pods_of(manifest):
        yield from profile_findings(pod, FIELD, _is_name)
        yield from _annotated(pod, _without_field(pod))


def check_1_27(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each securityContext that names a forbidden profile."""
    for pod in pods_of(manifest):
        yield from profile_findings(pod, FIELD, _is_name)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile."""
    for pod in pods_of(manifest):
        _allow(pod, _annotations_of(pod))


def harden_1_19(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile, in annotations as well."""
    for pod in pods_of(manifest):
        _allow(pod, _without_field(pod))
        mend_profiles(pod, FIELD, _is_name)


def harden_1_27(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile."""
    for pod in pods_of(manifest):
        mend_profiles(pod, FIELD, _is_name)


def _is_name(text: str) -> bool:
    return text != "" and not text.startswith("/") and ".." not in text.split("/")


def _annotated(pod: Pod, annotations: dict[str, Any]) -> Iterator[Finding]:
    path = f"{pod.metadata_path}.annotations"
    if pod.metadata.get("annotations") is UNKNOWN:
        yield finding(path, UNKNOWN, "give the annotations plain values")
    for key, value in annotations.items():
        if not _is_allowed(value):
            yield finding(key_path(path, key), value, "set it to runtime/default")


def _allow(pod: Pod, annotations: dict[str, Any]) -> None:
    for key, value in annotations.items():
        if not _is_allowed(value):
            pod.annotations[key] = "runtime/default"


def _annotations_of(pod: Pod) -> dict[str, Any]:
    """Annotations of the pod and of containers that exist; others have no effect."""
    names = [container.spec.get("name") for container in pod.containers()]
    any_name = any(name is UNKNOWN for name in names)
    found = {}
    for key, value in pod.annotations.items():
        container = as_str(key).removeprefix(OF_CONTAINER)
        if key == OF_POD or (container != key and (any_name or container in names)):
            found[key] = value
    return found


def _without_field(pod: Pod) -> dict[str, Any]:
    """Those of the annotations beside which there is no field, or may be none."""
    fields = {OF_POD: pod.security_context.get(FIELD)}
    for container in pod.containers():
        fields[f"{OF_CONTAINER}{as_str(container.spec.get('name'))}"] = container.security_context.get(FIELD)
    return {
        key: value for key, value in _annotations_of(pod).items() if fields.get(key) is None or fields[key] is UNKNOWN
    }


def _is_allowed(value: Any) -> bool:
    return isinstance(value, str) and (value in ("runtime/default", "docker/default") or value.startswith("localhost/"))


CONTROL = Control(
    id="seccomp-unconfined",
    requirement="Containers must not switch off the runtime's filter of system calls.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Seccomp", "CIS 5.6.2"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(
        Revision(since=KubeVersion(1, 19), check=check_1_19, harden=harden_1_19),
        Revision(since=ANNOTATIONS_END, check=check_1_27, harden=harden_1_27),
    ),
)
