"""Pods must not share the node's network, PID or IPC namespace.

Restricted fields: spec.hostNetwork, spec.hostPID, spec.hostIPC of any pod spec. Allowed: absent or false.
Absent means: false, which is safe.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostNamespaces.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELDS = ("hostNetwork", "hostPID", "hostIPC")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each host namespace that a pod shares."""
    for pod in pods_of(manifest):
        for field in FIELDS:
            value = pod.spec.get(field)
            if _is_shared(value):
                yield finding(f"{pod.path}.{field}", value, "remove it or set it to false")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the fields that share a host namespace."""
    for pod in pods_of(manifest):
        for field in FIELDS:
            if _is_shared(pod.spec.get(field)):
                pod.spec.pop(field, None)


def _is_shared(value: Any) -> bool:
    return value is not None and value is not False


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
