"""Pods must use only volume types that give no access to the node or to a storage server of their own choice.

Restricted field: spec.volumes[*]. Allowed: the types of ALLOWED, or none at all, which the API server takes as an
emptyDir (k8s.io/kubernetes v1.37.2, pkg/apis/core/v1/defaults.go). A type that is not known here is refused.
`hostPath` belongs to the control host-path-volumes. There is no fix: without the volume the pod would not start.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_restrictedVolumes.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, key_path
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

ALLOWED = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
_NOT_JUDGED_HERE = frozenset({*ALLOWED, "name", "hostPath"})
_FIX = f"use one of {', '.join(ALLOWED)}"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each volume of another type."""
    for pod in pods_of(manifest):
        for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
            path = f"{pod.path}.volumes[{index}]"
            if volume is UNKNOWN:
                yield finding(path, volume, _FIX)
            elif not _has_allowed_type(as_map(volume)):
                for key, value in as_map(volume).items():
                    if value is not None and key not in _NOT_JUDGED_HERE:
                        yield finding(key_path(path, str(key)), value, _FIX)


def _has_allowed_type(volume: dict[str, Any]) -> bool:
    # An unknown source may turn out to be null, so it does not vouch for the volume.
    return any(volume.get(key) is not None and volume[key] is not UNKNOWN for key in ALLOWED)


CONTROL = Control(
    id="volume-types",
    requirement="Pods must use only volume types that cannot reach the node or a storage server of their own choice.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Volume Types",),
    check=check,
    concerns=carries_pods,
)
