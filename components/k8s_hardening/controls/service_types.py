"""A tenant's Services must be reachable from within the cluster only, unless the environment allows the tenant more.

Restricted field of Services in a tenant's namespaces: spec.type. Allowed: ClusterIP, and what the tenant's
`service_types` names. Absent means: ClusterIP. NodePort and LoadBalancer open the nodes to networks outside, where no
deny-all of the namespace is asked first; ExternalName has callers in the cluster talk to a host of the tenant's choice.
There is no fix: who calls the Service is not to be seen here.
Source: k8s.io/api v0.37.2, core/v1/types.go (ServiceType).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_limits import allowed_variable, limit_of, shown, tell, tenant_namespaces
from k8s_hardening.kube.admission_policies import SERVICES
from k8s_hardening.kube.manifest import Manifest, api_group_of, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

ALWAYS = "ClusterIP"


def _types(tenant: TenantFacts) -> tuple[str, ...]:
    return tenant.service_types


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The type, where the tenant may not have it."""
    if kind_of(manifest) != "Service" or api_group_of(manifest):
        return
    value = as_map(manifest.get("spec")).get("type")
    allowed = limit_of(manifest, knowledge, _types)
    if allowed is not None and value not in (None, ALWAYS) and not (isinstance(value, str) and value in allowed):
        yield finding("spec.type", shown(value, manifest), f"set it to {tell({ALWAYS, *allowed})}")


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    if not knowledge.tenants:
        return ()
    return (
        AdmissionRule(
            fix=f"set spec.type to {ALWAYS}, or to what the environment allows the tenant",
            targets=(SERVICES,),
            expressions=(f"!has(object.spec.type) || object.spec.type in (['{ALWAYS}'] + variables.allowed)",),
            variables=allowed_variable(knowledge, _types),
            namespaces=tenant_namespaces(knowledge),
        ),
    )


CONTROL = Control(
    id="service-types",
    requirement="A tenant's Services must be reachable from within the cluster only, unless the tenant may more.",
    severity=Severity.MEDIUM,
    chapter="network",
    profile=Profile.FULL,
    references=("NSA Kubernetes Hardening Guide: Network separation",),
    check=check,
    admission=admission,
)
