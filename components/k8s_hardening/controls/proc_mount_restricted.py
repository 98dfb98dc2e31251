"""Containers of a pod in a user namespace must keep the default masks over /proc too.

Restricted field: securityContext.procMount of every container. Allowed: absent or Default. Other pods belong to the
control proc-mount, which covered every pod before version 1.35.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_procMount_restricted.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.proc_mount import mask, unmasked
from k8s_hardening.controls.shared.relaxations import USER_NAMESPACES_SINCE
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container with another view of /proc in a pod that has, or may have, a user namespace."""
    return unmasked(_pods(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field."""
    mask(_pods(manifest))


def _pods(manifest: Manifest) -> Iterator[Pod]:
    for pod in pods_of(manifest):
        host_users = pod.spec.get("hostUsers")
        if host_users is False or host_users is UNKNOWN:
            yield pod


CONTROL = Control(
    id="proc-mount-restricted",
    requirement="Containers of a pod in a user namespace must keep the default masks over /proc.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: /proc Mount Type",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    since=USER_NAMESPACES_SINCE,
)
