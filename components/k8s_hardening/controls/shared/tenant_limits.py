"""What a tenant may have in its namespaces, for the judge and for the API server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8s_hardening.kube.cel import lists_by_name
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

Limit = Callable[[TenantFacts], Iterable[str]]


def limit_of(manifest: Manifest, knowledge: Knowledge, limit: Limit) -> frozenset[str] | None:
    """What the tenant in whose namespace an object stands may have; None where it is no tenant's.

    Nothing where the namespace is known only at apply, while there are tenants: it may be any of them.
    """
    namespace = as_map(manifest.get("metadata")).get("namespace")
    if namespace is UNKNOWN:
        return frozenset() if knowledge.tenants else None
    owner = knowledge.tenant_of_namespace(namespace) if isinstance(namespace, str) else None
    return None if owner is None else frozenset(limit(owner))


def shown(value: Any, manifest: Manifest) -> Any:
    """A culprit for a finding: undecided where the namespace, and so the tenant, is known only at apply."""
    return UNKNOWN if as_map(manifest.get("metadata")).get("namespace") is UNKNOWN else value


def tenant_namespaces(knowledge: Knowledge) -> tuple[str, ...]:
    """The namespaces of all tenants, sorted."""
    return tuple(sorted(namespace for tenant in knowledge.tenants for namespace in tenant.namespaces))


def allowed_variable(knowledge: Knowledge, limit: Limit) -> dict[str, str]:
    """The variable `allowed`: what the tenant of the request's namespace may have.

    It is looked up by the namespace's name, which nobody can change, and not by its labels.
    """
    table = lists_by_name({name: limit(tenant) for tenant in knowledge.tenants for name in tenant.namespaces})
    return {"allowed": f"request.namespace in {table} ? {table}[request.namespace] : []" if table != "{}" else "[]"}


def tell(allowed: Iterable[str]) -> str:
    """What may be had, for the end of a message."""
    return " or ".join(sorted(allowed)) or "nothing"
