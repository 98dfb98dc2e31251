"""A tenant's claims must name one of the storage classes that the environment gives the tenant.

Restricted fields in a tenant's namespaces: spec.storageClassName of every PersistentVolumeClaim, of every claim
template of a StatefulSet and of every ephemeral volume of a pod; and the old annotation
volume.beta.kubernetes.io/storage-class, which wins over the field. Allowed: the tenant's `storage_classes`. Absent
means: the default class of the cluster, which nothing here knows; an empty text means a volume without a class, whoever
made it.
There is no fix: which class has the right kind of disk, only the owner knows.
Source: k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/helper/helpers.go, GetPersistentVolumeClaimClass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_limits import (
    allowed_variable,
    is_among,
    limit_of,
    shown,
    tell,
    tenant_namespaces,
)
from k8s_hardening.kube.admission_policies import CLAIM_TEMPLATES, CLAIMS, POD_TARGETS, Target
from k8s_hardening.kube.cel import text
from k8s_hardening.kube.manifest import Manifest, api_group_of, as_list, as_map, key_path, kind_of
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def _classes(tenant: TenantFacts) -> tuple[str, ...]:
    return tenant.storage_classes


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each claim of another class, or of none."""
    allowed = limit_of(manifest, knowledge, _classes)
    if allowed is None:
        return
    fix = f"name {tell(allowed)}"
    for path, claim in _claims(manifest):
        named = as_map(claim.get("spec")).get("storageClassName")
        if not is_among(named, allowed):
            yield finding(f"{path}spec.storageClassName", shown(named, manifest), fix)
        annotated = as_map(as_map(claim.get("metadata")).get("annotations")).get(ANNOTATION)
        if annotated is not None and not is_among(annotated, allowed):
            yield finding(key_path(f"{path}metadata.annotations", ANNOTATION), shown(annotated, manifest), fix)


def _claims(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """Prefix of the path and content of every claim: the object itself, or what it has others make."""
    kind, group = kind_of(manifest), api_group_of(manifest)
    if kind == "PersistentVolumeClaim" and not group:
        yield "", manifest
    if kind == "StatefulSet" and group == "apps":
        for index, claim in enumerate(as_list(as_map(manifest.get("spec")).get("volumeClaimTemplates"))):
            yield f"spec.volumeClaimTemplates[{index}].", as_map(claim)
    for pod in pods_of(manifest):
        for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
            ephemeral = as_map(volume).get("ephemeral")
            if ephemeral is not None:
                claim = as_map(ephemeral).get("volumeClaimTemplate")
                yield f"{pod.path}.volumes[{index}].ephemeral.volumeClaimTemplate.", as_map(claim)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server: about claims, and about what has claims made."""
    if not knowledge.tenants:
        return ()
    return (
        _rule(knowledge, (CLAIMS,), _holds("object")),
        _rule(
            knowledge,
            (CLAIM_TEMPLATES,),
            f"!has(object.spec.volumeClaimTemplates) || object.spec.volumeClaimTemplates.all(t, {_holds('t')})",
        ),
        _rule(
            knowledge,
            POD_TARGETS,
            "!has(variables.pod.volumes) || variables.pod.volumes.all(v, !has(v.ephemeral) || "
            f"!has(v.ephemeral.volumeClaimTemplate) || ({_holds('v.ephemeral.volumeClaimTemplate')}))",
        ),
    )


def _rule(knowledge: Knowledge, targets: tuple[Target, ...], expression: str) -> AdmissionRule:
    return AdmissionRule(
        fix="name in storageClassName one that the environment gives the tenant",
        targets=targets,
        expressions=(expression,),
        variables=allowed_variable(knowledge, _classes),
        namespaces=tenant_namespaces(knowledge),
    )


def _holds(claim: str) -> str:
    """That a claim names an allowed class, and no other one in its annotation."""
    annotations, key = f"{claim}.metadata.annotations", text(ANNOTATION)
    return (
        f"has({claim}.spec.storageClassName) && {claim}.spec.storageClassName in variables.allowed && "
        f"(!has({claim}.metadata) || !has({annotations}) || !({key} in {annotations}) || "
        f"{annotations}[{key}] in variables.allowed)"
    )


CONTROL = Control(
    id="storage-classes",
    requirement="A tenant's claims must name a storage class that the environment gives the tenant.",
    severity=Severity.LOW,
    chapter="workload",
    profile=Profile.FULL,
    references=("Kubernetes: Multi-tenancy, Storage isolation",),
    check=check,
    admission=admission,
)
