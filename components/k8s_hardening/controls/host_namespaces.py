"""Pods must not share the node's network, PID or IPC namespace.

Restricted fields: spec.hostNetwork, spec.hostPID, spec.hostIPC of any pod spec. Allowed: absent or false.
Absent means: false, which is safe.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostNamespaces.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.pod_switches import switch_off, switched_on
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge

FIELDS = ("hostNetwork", "hostPID", "hostIPC")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each host namespace that a pod shares."""
    yield from switched_on(manifest, FIELDS)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the fields that share a host namespace."""
    switch_off(manifest, FIELDS)


CONTROL = Control(
    id="host-namespaces",
    requirement="Pods must not share the node's network, PID or IPC namespace.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Host Namespaces", "CIS 5.2.3", "CIS 5.2.4", "CIS 5.2.5"),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
