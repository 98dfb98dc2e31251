"""Containers of a pod must not see each other's processes.

Restricted field: spec.shareProcessNamespace of any pod spec. Allowed: absent or false. Absent means: false. In a shared
namespace one compromised container reads the others' environment and, by /proc/<pid>/root, their files.
Source: k8s.io/api v0.37.2, core/v1/types.go (PodSpec).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "shareProcessNamespace"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each pod whose containers share one process namespace."""
    for pod in pods_of(manifest):
        if _is_shared(pod.spec.get(FIELD)):
            yield finding(f"{pod.path}.{FIELD}", pod.spec.get(FIELD), "remove it or set it to false")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field where it is anything but false."""
    for pod in pods_of(manifest):
        if _is_shared(pod.spec.get(FIELD)):
            pod.spec.pop(FIELD, None)


def _is_shared(value: Any) -> bool:
    return value is not None and value is not False


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
