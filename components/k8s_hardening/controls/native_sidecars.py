"""Init containers must not rely on restartPolicy where the cluster does not know it.

Restricted field: restartPolicy of initContainers. Allowed up to 1.28: absent. There the server drops the field (its
gate SidecarContainers is off), so the pod waits for ever for the sidecar to end and its containers never start. From
1.29 on the gate is on and the control falls silent. In every version such a container is judged like any other. There
is no fix: whether the sidecar may become an ordinary container, only the owner knows.
Sources: k8s.io/kubernetes v1.28.15 and v1.29.15 pkg/features/kube_features.go, v1.28.15 pkg/api/pod/util.go
(dropDisabledFields).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each init container that is meant to keep running."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            value = container.spec.get("restartPolicy")
            if container.list_name == "initContainers" and value is not None:
                yield finding(
                    f"{container.path}.restartPolicy",
                    value,
                    "move the sidecar to containers; native sidecars need Kubernetes 1.29",
                )


CONTROL = Control(
    id="native-sidecars",
    requirement="Sidecars must be ordinary containers where the cluster does not know native ones.",
    severity=Severity.LOW,
    chapter="workload",
    references=("Kubernetes: Sidecar Containers",),
    check=check,
    concerns=carries_pods,
    until=KubeVersion(1, 28),
)
