"""Probes and lifecycle hooks must call their own pod, not a host of their choice: the kubelet makes the call.

Restricted fields: httpGet.host and tcpSocket.host of every probe and both lifecycle hooks of every container. Allowed:
absent or empty, which means the pod's own address; 127.0.0.1 is the node itself and refused like any other.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostProbesAndhostLifecycle.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, as_map
from k8s_hardening.kube.pods import Container, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")
CALLS = ("httpGet", "tcpSocket")
_UNSET = (None, "")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each probe and each hook that names a host."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            for path, call in _calls(container):
                host = call.get("host")
                if host not in _UNSET:
                    yield finding(f"{path}.host", host, "remove it; the pod's own address is called then")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the host, so that the pod's own address is called."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            for _, call in _calls(container):
                if call.get("host") not in _UNSET:
                    call.pop("host", None)


def _calls(container: Container) -> Iterator[tuple[str, dict[str, Any]]]:
    for probe in PROBES:
        if container.spec.get(probe) is not None:
            yield from _calls_of(f"{container.path}.{probe}", container.spec.get(probe))
    lifecycle = as_map(container.spec.get("lifecycle"))
    for hook in HOOKS:
        if lifecycle.get(hook) is not None:
            yield from _calls_of(f"{container.path}.lifecycle.{hook}", lifecycle.get(hook))


def _calls_of(path: str, handler: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for call in CALLS:
        yield f"{path}.{call}", as_map(as_map(handler).get(call))


CONTROL = Control(
    id="host-probes",
    requirement="Probes and lifecycle hooks must call their own pod.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Host Probes / Lifecycle Hooks",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    since=KubeVersion(1, 34),
)
