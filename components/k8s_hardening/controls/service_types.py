"""A tenant's Services must be reachable from within the cluster only, unless the environment allows the tenant more.

Restricted fields of Services in a tenant's namespaces: spec.type and spec.externalIPs. Allowed: ClusterIP, what the
tenant's `service_types` names, and no external address. Absent means: ClusterIP without one. NodePort and LoadBalancer
open the nodes to networks outside, where no deny-all of the namespace is asked first; ExternalName has callers in the
cluster talk to a host of the tenant's choice; for an external address, whoever's it is, every node accepts traffic and
hands it to the Service, whatever its type. There is no fix: who calls the Service is not to be seen here.
Source: k8s.io/api v0.37.2, core/v1/types.go (ServiceType, ServiceSpec.ExternalIPs).
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
    """The type, where the tenant may not have it, and addresses that are not the cluster's."""
    if kind_of(manifest) != "Service" or api_group_of(manifest):
        return
    spec, allowed = as_map(manifest.get("spec")), limit_of(manifest, knowledge, _types)
    if allowed is None:
        return
    value, addresses = spec.get("type"), spec.get("externalIPs")
    if value not in (None, ALWAYS) and not (isinstance(value, str) and value in allowed):
        yield finding("spec.type", shown(value, manifest), f"set it to {tell({ALWAYS, *allowed})}")
    if addresses not in (None, []):
        yield finding("spec.externalIPs", shown(addresses, manifest), "remove it")


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    if not knowledge.tenants:
        return ()
    return (
        AdmissionRule(
            fix=f"set spec.type to {ALWAYS}, or to what the environment allows the tenant, and name no externalIPs",
            targets=(SERVICES,),
            expressions=(
                f"!has(object.spec.type) || object.spec.type in (['{ALWAYS}'] + variables.allowed)",
                "!has(object.spec.externalIPs) || size(object.spec.externalIPs) == 0",
            ),
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
