"""Containers must have a filter of system calls.

Restricted field: seccompProfile in the securityContext of the pod, or else of every container. Absent means: no filter,
unless the kubelet says otherwise. A profile of a forbidden type belongs to the control seccomp-unconfined. Up to 1.26
an annotation of the pod counts like the field that the server makes of it. Windows pods are left out from version 1.25
on: the API server refuses the field there.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_seccompProfile_restricted.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.controls import seccomp_unconfined
from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, ensure_map, is_changeable
from k8s_hardening.kube.pods import Container, Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "seccompProfile"
_DEFAULT = {"type": "RuntimeDefault"}
_ANNOTATED = ("runtime/default", "docker/default", "unconfined")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container without a profile of its own or of its pod."""
    return _find(pods_of(manifest), knowledge.kubernetes)


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest), knowledge.kubernetes)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Give the pod the runtime's default profile where a container relies on one."""
    _mend(pods_of(manifest), knowledge.kubernetes)


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest), knowledge.kubernetes)


def profile_of_pod(pod: Pod, version: KubeVersion) -> Any:
    """What the pod's securityContext names when the server has read the annotations; None is no profile."""
    return _or_annotated(pod.security_context.get(FIELD), pod, seccomp_unconfined.OF_POD, version)


def profile_of(container: Container, pod: Pod, version: KubeVersion) -> Any:
    """The same of a container; None leaves it to the pod."""
    key = f"{seccomp_unconfined.OF_CONTAINER}{as_str(container.spec.get('name'))}"
    return _or_annotated(container.security_context.get(FIELD), pod, key, version)


def _or_annotated(field: Any, pod: Pod, key: str, version: KubeVersion) -> Any:
    # k8s.io/kubernetes v1.24.17 pkg/api/pod/util.go, SeccompFieldForAnnotation; other texts make no field.
    if field is not None or version >= seccomp_unconfined.ANNOTATIONS_END:
        return field
    text = pod.annotations.get(key)
    is_profile = text in _ANNOTATED or as_str(text).startswith("localhost/")
    return text if text is UNKNOWN or is_profile else None


def _find(pods: Iterable[Pod], version: KubeVersion) -> Iterator[Finding]:
    for pod in pods:
        of_pod = profile_of_pod(pod, version)
        for container in pod.containers():
            own = profile_of(container, pod, version)
            profile = of_pod if own is None else own
            if profile is None or profile is UNKNOWN:
                yield finding(
                    f"{container.path}.securityContext.{FIELD}",
                    profile,
                    "set its type to RuntimeDefault here or for the whole pod",
                )


def _mend(pods: Iterable[Pod], version: KubeVersion) -> None:
    for pod in pods:
        of_pod = profile_of_pod(pod, version)
        for container in pod.containers():
            own = profile_of(container, pod, version)
            if own is UNKNOWN and is_changeable(container.spec):
                ensure_map(container.spec, "securityContext")[FIELD] = dict(_DEFAULT)
            if own is None and (of_pod is None or of_pod is UNKNOWN) and is_changeable(pod.spec):
                ensure_map(pod.spec, "securityContext")[FIELD] = dict(_DEFAULT)


CONTROL = Control(
    id="seccomp",
    requirement="Containers must have a filter of system calls.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Seccomp", "CIS 5.6.2"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=WINDOWS_EXEMPT_SINCE, check=check_1_25, harden=harden_1_25),),
    since=KubeVersion(1, 19),
)
