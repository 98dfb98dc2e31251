"""Containers must have a filter of system calls.

Restricted field: seccompProfile in the securityContext of the pod, or else of every container. Absent means: no filter,
unless the kubelet says otherwise. A profile of a forbidden type belongs to the control seccomp-unconfined. Windows pods
are left out from version 1.25 on: the API server refuses the field there.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_seccompProfile_restricted.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, ensure_map, is_changeable
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "seccompProfile"
_DEFAULT = {"type": "RuntimeDefault"}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container without a profile of its own or of its pod."""
    return _find(pods_of(manifest))


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Give the pod the runtime's default profile where a container relies on one."""
    _mend(pods_of(manifest))


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        of_pod = pod.security_context.get(FIELD)
        for container in pod.containers():
            own = container.security_context.get(FIELD)
            profile = of_pod if own is None else own
            if profile is None or profile is UNKNOWN:
                yield finding(
                    f"{container.path}.securityContext.{FIELD}",
                    profile,
                    "set its type to RuntimeDefault here or for the whole pod",
                )


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        of_pod = pod.security_context.get(FIELD)
        for container in pod.containers():
            own = container.security_context.get(FIELD)
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
