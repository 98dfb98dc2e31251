"""What a tenant may have in its namespaces, for the judge and for the API server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.kube.cel import lists_by_name
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

Limit = Callable[[TenantFacts], Iterable[str]]


def limit_of(manifest: Manifest, knowledge: Knowledge, limit: Limit) -> frozenset[str] | None:
    """What the tenant in whose namespace an object stands may have; None where it is no tenant's.

    Nothing where the namespace is known only at apply, while there are tenants: it may be any of them.
    """
    owners = tenants_of_object(manifest, knowledge)
    if not owners:
        return None
    return frozenset() if _is_known_at_apply(manifest) else frozenset(limit(owners[0]))


def tenants_of_object(manifest: Manifest, knowledge: Knowledge) -> tuple[TenantFacts, ...]:
    """The tenant in whose namespace an object stands; every one where the namespace is known only at apply."""
    namespace = as_map(manifest.get("metadata")).get("namespace")
    if namespace is UNKNOWN:
        return knowledge.tenants
    owner = knowledge.tenant_of_namespace(namespace) if isinstance(namespace, str) else None
    return () if owner is None else (owner,)


def shown(value: Any, manifest: Manifest) -> Any:
    """A culprit for a finding: undecided where the namespace, and so the tenant, is known only at apply."""
    return UNKNOWN if _is_known_at_apply(manifest) else value


def _is_known_at_apply(manifest: Manifest) -> bool:
    return as_map(manifest.get("metadata")).get("namespace") is UNKNOWN


def tenant_namespaces(knowledge: Knowledge) -> tuple[str, ...]:
    """The namespaces of all tenants, sorted."""
    return tuple(sorted(namespace for tenant in knowledge.tenants for namespace in tenant.namespaces))


def allowed_variable(knowledge: Knowledge, limit: Limit) -> dict[str, str]:
    """The variable `allowed`: what the tenant of the request's namespace may have.

    It is looked up by the namespace's name, which nobody can change, and not by its labels.
    """
    table = lists_by_name({name: limit(tenant) for tenant in knowledge.tenants for name in tenant.namespaces})
    return {"allowed": f"request.namespace in {table} ? {table}[request.namespace] : []" if table != "{}" else "[]"}


def is_among(name: Any, allowed: frozenset[str]) -> bool:
    """Whether something names one of what may be had."""
    return isinstance(name, str) and name in allowed


def tell(allowed: Iterable[str]) -> str:
    """What may be had, for the end of a message."""
    return " or ".join(sorted(allowed)) or "nothing"


def pod_field_findings(manifest: Manifest, knowledge: Knowledge, field: str, limit: Limit) -> Iterator[Finding]:
    """Each pod of a tenant that names in a field what the tenant may not have; absent and empty name nothing."""
    allowed = limit_of(manifest, knowledge, limit)
    if allowed is None:
        return
    for pod in pods_of(manifest):
        name = pod.spec.get(field)
        if name not in (None, "") and not is_among(name, allowed):
            yield finding(f"{pod.path}.{field}", shown(name, manifest), f"name {tell(allowed)}, or remove it")


def pod_field_rules(knowledge: Knowledge, field: str, limit: Limit) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    if not knowledge.tenants:
        return ()
    name = f"variables.pod.{field}"
    return (
        AdmissionRule(
            fix=f"name in {field} one that the environment gives the tenant, or remove it",
            expressions=(f"!has({name}) || {name} == '' || {name} in variables.allowed",),
            variables=allowed_variable(knowledge, limit),
            namespaces=tenant_namespaces(knowledge),
        ),
    )
