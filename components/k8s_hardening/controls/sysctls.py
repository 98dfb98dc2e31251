"""Pods must set only kernel parameters that stay within the pod.

Restricted field: spec.securityContext.sysctls[*].name. Allowed: the names of SAFE, more of them in later versions.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_sysctls.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Check, Control, Finding, Harden, Profile, Revision, Severity, finding
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, ensure_map, is_changeable
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

SAFE = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
)
SAFE_1_27 = (*SAFE, "net.ipv4.ip_local_reserved_ports")
SAFE_1_29 = (
    *SAFE_1_27,
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
)
SAFE_1_32 = (*SAFE_1_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")
SAFE_1_37 = (*SAFE_1_32, "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")


def _check(safe: tuple[str, ...]) -> Check:
    def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
        for pod in pods_of(manifest):
            for index, sysctl in enumerate(as_list(pod.security_context.get("sysctls"))):
                name = _name(sysctl)
                if name not in safe:
                    yield finding(f"{pod.path}.securityContext.sysctls[{index}].name", name, "remove the entry")

    return check


def _harden(safe: tuple[str, ...]) -> Harden:
    def harden(manifest: Manifest, knowledge: Knowledge) -> None:
        for pod in pods_of(manifest):
            sysctls = as_list(pod.security_context.get("sysctls"))
            kept = [sysctl for sysctl in sysctls if _name(sysctl) in safe]
            if len(kept) < len(sysctls) and is_changeable(pod.spec):
                ensure_map(pod.spec, "securityContext")["sysctls"] = kept

    return harden


def _name(sysctl: Any) -> Any:
    return as_map(sysctl).get("name")


def _revision(minor: int, safe: tuple[str, ...]) -> Revision:
    return Revision(since=KubeVersion(1, minor), check=_check(safe), harden=_harden(safe))


CONTROL = Control(
    id="sysctls",
    requirement="Pods must set only kernel parameters that stay within the pod.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Sysctls",),
    check=_check(SAFE),
    concerns=carries_pods,
    harden=_harden(SAFE),
    revisions=(
        _revision(27, SAFE_1_27),
        _revision(29, SAFE_1_29),
        _revision(32, SAFE_1_32),
        _revision(37, SAFE_1_37),
    ),
)
