"""Containers must not add capabilities beyond those that container runtimes grant anyway; NET_RAW is not among them.

Restricted field: securityContext.capabilities.add of every container. Allowed: absent, empty, or names of ALLOWED.
A name counts as it is written: CAP_CHOWN or chown is another name.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_capabilities_baseline.go. The restricted level replaces this
check and skips Windows pods from 1.25 on; the API server accepts no capabilities on those, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.added_capabilities import added_capabilities, keep_added
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.meshes import MESHES
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

ALLOWED = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each added capability that is not in the default set."""
    for pod in pods_of(manifest):
        for path, name in added_capabilities(pod):
            if name not in ALLOWED:
                yield finding(path, name, _fix(pod, path))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the added capabilities that are not in the default set."""
    for pod in pods_of(manifest):
        keep_added(pod, ALLOWED)


def _fix(pod: Pod, path: str) -> str:
    for container in pod.containers():
        if path.startswith(f"{container.path}."):
            for mesh in MESHES.values():
                if container.spec.get("name") == mesh.init_container:
                    return f"install {mesh.plugin}, which makes this container needless, and inject anew"
    return "remove it"


CONTROL = Control(
    id="capabilities-added",
    requirement="Containers must not add capabilities beyond the default set.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Capabilities", "CIS 5.2.8", "CIS 5.2.9"),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
