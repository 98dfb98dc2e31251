"""Containers must not write to the file system of their image: what cannot be changed cannot be tampered with.

Restricted field: securityContext.readOnlyRootFilesystem of every container. Required: true. Absent means: false.
Where a process needs a place to write, an emptyDir gives it one. Windows pods are left out from version 1.25 on: the
API server refuses the field there (k8s.io/kubernetes v1.24.17 to v1.37.2, pkg/apis/core/validation/validation.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import WINDOWS_EXEMPT_SINCE, linux_pods_of
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import Manifest, ensure_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "readOnlyRootFilesystem"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container that may write to its root file system."""
    return _find(pods_of(manifest))


def check_1_25(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, Windows pods left out."""
    return _find(linux_pods_of(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Set the field to true."""
    _mend(pods_of(manifest))


def harden_1_25(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, Windows pods left out."""
    _mend(linux_pods_of(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        for container in pod.containers():
            value = container.security_context.get(FIELD)
            if value is not True:
                yield finding(
                    f"{container.path}.securityContext.{FIELD}",
                    value,
                    "set it to true and mount an emptyDir where the process writes",
                )


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        for container in changeable_containers(pod):
            ensure_map(container, "securityContext")[FIELD] = True


CONTROL = Control(
    id="read-only-root-filesystem",
    requirement="Containers must have a read-only root file system.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("CIS 5.6.3",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=WINDOWS_EXEMPT_SINCE, check=check_1_25, harden=harden_1_25),),
)
