"""Containers must not take a port of the node: it goes round network policies and blocks others.

Restricted field: ports[*].hostPort of every container. Allowed: absent or 0. Absent means: no port of the node.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostPorts.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_NO_PORT = (None, 0)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each port of the node that a container takes."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            for index, port in enumerate(as_list(container.spec.get("ports"))):
                value = as_map(port).get("hostPort")
                if value not in _NO_PORT:
                    yield finding(
                        f"{container.path}.ports[{index}].hostPort", value, "remove it and reach the pod by a Service"
                    )


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the ports of the node; the container's own ports stay."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            for port in as_list(container.spec.get("ports")):
                if as_map(port).get("hostPort") not in _NO_PORT:
                    as_map(port).pop("hostPort", None)


CONTROL = Control(
    id="host-ports",
    requirement="Containers must not take a port of the node.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Host Ports", "CIS 5.2.12"),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
