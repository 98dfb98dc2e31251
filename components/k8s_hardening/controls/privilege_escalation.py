"""Processes must not gain more privileges than their container started with, for example by a setuid program.

Restricted field: securityContext.allowPrivilegeEscalation of every container. Required: false. Absent means: allowed.
Windows pods are left out from version 1.25 on: the API server refuses the field there.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_allowPrivilegeEscalation.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import Manifest, ensure_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "allowPrivilegeEscalation"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container whose processes may gain privileges."""
    return _find(pods_of(manifest))


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Set the field to false."""
    _mend(pods_of(manifest))


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        for container in pod.containers():
            value = container.security_context.get(FIELD)
            if value is not False:
                yield finding(f"{container.path}.securityContext.{FIELD}", value, "set it to false")


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        for container in changeable_containers(pod):
            ensure_map(container, "securityContext")[FIELD] = False


CONTROL = Control(
    id="privilege-escalation",
    requirement="Processes must not gain more privileges than their container started with.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Privilege Escalation", "CIS 5.2.6"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=WINDOWS_EXEMPT_SINCE, check=check_1_25, harden=harden_1_25),),
    since=KubeVersion(1, 8),
)
