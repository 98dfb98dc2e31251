"""A tenant's Ingresses must name one of the ingress classes that the environment gives the tenant.

Restricted fields of Ingresses in a tenant's namespaces: spec.ingressClassName, and the old annotation
kubernetes.io/ingress.class, which controllers still heed. Allowed: the tenant's `ingress_classes`; one of the two is
enough. Absent means: the default class of the cluster, which nothing here knows, or every controller that takes what
has no class. There is no fix: which controller should serve it, only the owner knows.
Sources: k8s.io/api v0.37.2 networking/v1/types.go (IngressSpec); k8s.io/kubernetes v1.37.2
plugin/pkg/admission/network/defaultingressclass/admission.go, which leaves those with the annotation alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.ingresses import is_ingress
from k8s_hardening.controls.shared.tenant_limits import (
    allowed_variable,
    is_among,
    limit_of,
    shown,
    tell,
    tenant_namespaces,
)
from k8s_hardening.kube.admission_policies import INGRESS_ANNOTATIONS, INGRESSES
from k8s_hardening.kube.cel import text
from k8s_hardening.kube.manifest import Manifest, as_map, key_path
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

ANNOTATION = "kubernetes.io/ingress.class"


def _classes(tenant: TenantFacts) -> tuple[str, ...]:
    return tenant.ingress_classes


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The class that is not the tenant's, and the lack of any."""
    if not is_ingress(manifest):
        return
    allowed = limit_of(manifest, knowledge, _classes)
    if allowed is None:
        return
    fix = f"name {tell(allowed)}"
    named = as_map(manifest.get("spec")).get("ingressClassName")
    annotated = as_map(as_map(manifest.get("metadata")).get("annotations")).get(ANNOTATION)
    if annotated is not None and not is_among(annotated, allowed):
        yield finding(key_path("metadata.annotations", ANNOTATION), shown(annotated, manifest), fix)
    if (named is not None or annotated is None) and not is_among(named, allowed):
        yield finding("spec.ingressClassName", shown(named, manifest), fix)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server: about the field, and about the annotation when that alone changes."""
    if not knowledge.tenants:
        return ()
    annotations, key = "object.metadata.annotations", text(ANNOTATION)
    is_annotated = f"has({annotations}) && {key} in {annotations}"
    named = "object.spec.ingressClassName"
    holds = (
        f"!({is_annotated}) || {annotations}[{key}] in variables.allowed",
        f"has({named}) ? {named} in variables.allowed : ({is_annotated})",
    )
    return tuple(
        AdmissionRule(
            fix="name in ingressClassName one that the environment gives the tenant",
            targets=(target,),
            expressions=holds,
            variables=allowed_variable(knowledge, _classes),
            namespaces=tenant_namespaces(knowledge),
        )
        for target in (INGRESSES, INGRESS_ANNOTATIONS)
    )


CONTROL = Control(
    id="ingress-classes",
    requirement="A tenant's Ingresses must name an ingress class that the environment gives the tenant.",
    severity=Severity.MEDIUM,
    chapter="network",
    profile=Profile.FULL,
    references=("Kubernetes: Multi-tenancy, Isolation",),
    check=check,
    admission=admission,
)
