"""Containers of a pod must not see each other's processes.

Restricted field: spec.shareProcessNamespace of any pod spec. Allowed: absent or false. Absent means: false. In a shared
namespace one compromised container reads the others' environment and, by /proc/<pid>/root, their files.
Source: k8s.io/api v0.37.2, core/v1/types.go (PodSpec).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.shared.pod_switches import switch_off, switched_on
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge

FIELDS = ("shareProcessNamespace",)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each pod whose containers share one process namespace."""
    yield from switched_on(manifest, FIELDS)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field where it is anything but false."""
    switch_off(manifest, FIELDS)


CONTROL = Control(
    id="shared-process-namespace",
    requirement="Containers of a pod must not see each other's processes.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("Kubernetes: Share Process Namespace between Containers in a Pod",),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
