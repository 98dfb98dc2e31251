"""Containers must drop all capabilities; what a process needs is added back by name.

Restricted field: securityContext.capabilities.drop of every container. Required: a list that holds ALL, written so.
Absent means: the container keeps the default set, NET_RAW included. Windows pods are left out from version 1.25 on: the
API server accepts no capabilities there.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_capabilities_restricted.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, ensure_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

ALL = "ALL"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container that does not drop ALL."""
    return _find(pods_of(manifest))


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Drop ALL, which covers whatever was dropped by name."""
    _mend(pods_of(manifest))


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        for container in pod.containers():
            dropped = as_map(container.security_context.get("capabilities")).get("drop")
            if ALL not in as_list(dropped):
                yield finding(
                    f"{container.path}.securityContext.capabilities.drop",
                    dropped,
                    'set it to ["ALL"] and add back what the process needs',
                )


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        for container in changeable_containers(pod):
            capabilities = ensure_map(ensure_map(container, "securityContext"), "capabilities")
            if ALL not in as_list(capabilities.get("drop")):
                capabilities["drop"] = [ALL]


CONTROL = Control(
    id="capabilities",
    requirement="Containers must drop all capabilities.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Capabilities", "CIS 5.2.8", "CIS 5.2.9"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=WINDOWS_EXEMPT_SINCE, check=check_1_25, harden=harden_1_25),),
    since=KubeVersion(1, 22),
)
