"""Of the default capabilities, containers may add NET_BIND_SERVICE alone.

Restricted field: securityContext.capabilities.add of every container. Allowed: absent, empty or NET_BIND_SERVICE. Names
beyond the default set belong to the control capabilities-added. Windows pods are left out from version 1.25 on: the API
server accepts no capabilities there.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_capabilities_restricted.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls import capabilities_added
from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.added_capabilities import added_capabilities, keep_added
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

ALLOWED = "NET_BIND_SERVICE"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each added default capability but NET_BIND_SERVICE."""
    return _find(pods_of(manifest))


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove every added capability but NET_BIND_SERVICE."""
    _mend(pods_of(manifest))


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        for path, name in added_capabilities(pod):
            if name is UNKNOWN or (name != ALLOWED and name in capabilities_added.ALLOWED):
                yield finding(path, name, f"remove it; {ALLOWED} alone may be added")


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        keep_added(pod, (ALLOWED,))


CONTROL = Control(
    id="capabilities-net-bind-only",
    requirement="Containers must not add default capabilities other than NET_BIND_SERVICE.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Capabilities", "CIS 5.2.9"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=WINDOWS_EXEMPT_SINCE, check=check_1_25, harden=harden_1_25),),
    since=KubeVersion(1, 22),
)
