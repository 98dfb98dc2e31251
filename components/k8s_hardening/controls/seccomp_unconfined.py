"""Containers must not switch off the runtime's filter of system calls.

Restricted fields: seccompProfile.type in the securityContext of the pod and of every container; allowed: absent,
RuntimeDefault or Localhost. Before version 1.19 there is no such field and annotations of the pod are judged instead;
allowed: absent, runtime/default, docker/default or localhost/...
Source: k8s.io/pod-security-admission v0.37.2, policy/check_seccompProfile_baseline.go. The restricted level replaces
this check and skips Windows pods from 1.25 on; the API server accepts no profile on those, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.profile_types import allow_profiles, forbidden_profiles
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, key_path
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation that names a forbidden profile."""
    for pod in pods_of(manifest):
        path = f"{pod.metadata_path}.annotations"
        if pod.metadata.get("annotations") is UNKNOWN:
            yield finding(path, UNKNOWN, "give the annotations plain values")
        for key, value in _forbidden_annotations(pod):
            yield finding(key_path(path, key), value, "set it to runtime/default")


def check_1_19(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each securityContext that names a forbidden profile."""
    for pod in pods_of(manifest):
        yield from forbidden_profiles(pod, "seccompProfile")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile."""
    for pod in pods_of(manifest):
        for key, _ in list(_forbidden_annotations(pod)):
            pod.annotations[key] = "runtime/default"


def harden_1_19(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile."""
    for pod in pods_of(manifest):
        allow_profiles(pod, "seccompProfile")


def _forbidden_annotations(pod: Pod) -> Iterator[tuple[str, Any]]:
    """Annotations of the pod and of containers that exist; others have no effect."""
    names = [container.spec.get("name") for container in pod.containers()]
    any_name = any(name is UNKNOWN for name in names)
    for key, value in pod.annotations.items():
        container = as_str(key).removeprefix(OF_CONTAINER)
        judged = key == OF_POD or (container != key and (any_name or container in names))
        if judged and not _is_allowed(value):
            yield key, value


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
    revisions=(Revision(since=KubeVersion(1, 19), check=check_1_19, harden=harden_1_19),),
)
