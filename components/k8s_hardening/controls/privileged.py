"""Containers must not run privileged: such a container is root on the node.

Restricted field: securityContext.privileged of every container. Allowed: absent or false. Absent means: false.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_privileged.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each privileged container."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            value = container.security_context.get("privileged")
            if value is not None and value is not False:
                yield finding(
                    f"{container.path}.securityContext.privileged",
                    value,
                    "set it to false and add the capabilities that the process needs",
                )


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Set privileged to false where it is anything else."""
    for pod in pods_of(manifest):
        for container in changeable_containers(pod):
            value = as_map(container.get("securityContext")).get("privileged")
            if value is not None and value is not False:
                ensure_map(container, "securityContext")["privileged"] = False


CONTROL = Control(
    id="privileged",
    requirement="Containers must not run privileged.",
    severity=Severity.CRITICAL,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: Privileged Containers", "CIS 5.2.2"),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
