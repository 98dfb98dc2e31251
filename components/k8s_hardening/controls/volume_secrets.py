"""A persistent volume must not use the Secret of a tenant for the claim of somebody else.

Restricted fields of every PersistentVolume: the namespace of each Secret that its source names (the five of csi;
secretRef of cephfs, cinder, flexVolume, iscsi, rbd, scaleIO and storageos; secretNamespace of azureFile). The kubelet
and the drivers read that Secret with rights of their own, whoever claims the volume, and mount what it opens. Not
allowed: a namespace of a tenant, unless spec.claimRef keeps the volume for a claim of the same tenant. Absent means:
no Secret, or that of the pod's own namespace; without claimRef, the first claim that fits takes the volume. There is
no fix: one of the two is mistaken.
Sources: k8s.io/api v0.37.2 core/v1/types.go (PersistentVolumeSource); k8s.io/kubernetes v1.37.2
pkg/volume/csi/csi_mounter.go (SetUpAt takes nodePublishSecretRef as it stands).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

_OF_CSI = (
    "controllerExpandSecretRef",
    "controllerPublishSecretRef",
    "nodeExpandSecretRef",
    "nodePublishSecretRef",
    "nodeStageSecretRef",
)
_WITH_SECRET = ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
_PLACES = (
    ("azureFile", "secretNamespace"),
    *(("csi", field, "namespace") for field in _OF_CSI),
    *((source, "secretRef", "namespace") for source in _WITH_SECRET),
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each namespace of a tenant's Secret, when the volume is not kept for that tenant."""
    if kind_of(manifest) != "PersistentVolume" or api_group_of(manifest) or not knowledge.tenants:
        return
    spec = as_map(manifest.get("spec"))
    claimed = as_map(spec.get("claimRef")).get("namespace")
    for place in _PLACES:
        value: Any = spec
        for step in place:
            value = as_map(value).get(step)
        owner = knowledge.tenant_of_namespace(value) if isinstance(value, str) else None
        if value is not UNKNOWN and (owner is None or (isinstance(claimed, str) and claimed in owner.namespaces)):
            continue
        fix = "keep the volume for a claim of that tenant (claimRef), or name a Secret of a namespace of the platform"
        yield finding(f"spec.{'.'.join(place)}", UNKNOWN if claimed is UNKNOWN else value, fix)


CONTROL = Control(
    id="volume-secrets",
    requirement="Persistent volumes must not use the Secret of a tenant for the claims of others.",
    severity=Severity.HIGH,
    chapter="secret",
    references=("Kubernetes: Multi-tenancy, Isolation",),
    check=check,
)
