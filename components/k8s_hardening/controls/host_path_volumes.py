"""Pods must not mount a folder of the node.

Restricted field: spec.volumes[*].hostPath. Allowed: absent. There is no fix: without the volume the pod would not run.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostPathVolumes.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each volume that is a folder of the node."""
    for pod in pods_of(manifest):
        for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
            value = as_map(volume).get("hostPath")
            if value is not None:
                yield finding(
                    f"{pod.path}.volumes[{index}].hostPath", value, "use a persistentVolumeClaim, configMap or emptyDir"
                )


CONTROL = Control(
    id="host-path-volumes",
    requirement="Pods must not mount a folder of the node.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: HostPath Volumes", "PSS restricted: Volume Types", "CIS 5.2.11"),
    check=check,
    concerns=carries_pods,
)
