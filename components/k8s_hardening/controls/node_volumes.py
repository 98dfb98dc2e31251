"""A PersistentVolume must not be a folder of a node that the stack chose: a claim brings it into any pod.

Restricted fields: spec.hostPath and spec.local of a PersistentVolume. Allowed: absent. The Pod Security Standards look
at pods only, and a pod with a claim is harmless to them (k8s.io/pod-security-admission v0.37.2,
policy/check_restrictedVolumes.go). Disks of nodes are what a provisioner makes volumes of. There is no fix: the data
has to be elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, api_group_of, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

FIELDS = ("hostPath", "local")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each source that is a folder of a node."""
    if kind_of(manifest) != "PersistentVolume" or api_group_of(manifest):
        return
    spec = as_map(manifest.get("spec"))
    for field in FIELDS:
        if spec.get(field) is not None:
            yield finding(f"spec.{field}", spec.get(field), "use a storage class, whose provisioner makes the volume")


CONTROL = Control(
    id="node-volumes",
    requirement="Persistent volumes must not be folders of a node.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.FULL,
    references=("PSS baseline: HostPath Volumes", "CIS 5.2.11"),
    check=check,
)
