"""Windows containers must not run as processes of the node.

Restricted field: windowsOptions.hostProcess in the securityContext of the pod and of every container. Allowed: absent
or false. Absent means: false.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_windowsHostProcess.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.security_contexts import context_holders, security_contexts
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each place that asks for a process of the node."""
    for pod in pods_of(manifest):
        for path, context in security_contexts(pod):
            value = _host_process(context)
            if value is not None and value is not False:
                yield finding(f"{path}.windowsOptions.hostProcess", value, "remove it or set it to false")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field where it is anything but false."""
    for pod in pods_of(manifest):
        for holder in context_holders(pod):
            value = _host_process(as_map(holder.get("securityContext")))
            if value is not None and value is not False:
                ensure_map(ensure_map(holder, "securityContext"), "windowsOptions").pop("hostProcess", None)


def _host_process(context: dict[str, Any]) -> Any:
    return as_map(context.get("windowsOptions")).get("hostProcess")


CONTROL = Control(
    id="windows-host-process",
    requirement="Windows containers must not run as processes of the node.",
    severity=Severity.CRITICAL,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: HostProcess", "CIS 5.2.10"),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
