"""Which subjects of a binding belong to a tenant, by what the judge knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.rbac import Binding
from k8s_hardening.model.knowledge import Knowledge, TenantFacts


@dataclass(frozen=True, slots=True)
class TenantSubject:
    """A subject of a binding that is, or may be, a tenant's."""

    culprit: tuple[str, Any]
    """Path and value of the field that says whose it is."""
    identity: str | None
    """Who it is, as kube/rbac.py reads it; None when that will only be known at apply."""
    tenants: tuple[TenantFacts, ...] | None
    """The tenants that it belongs to; None when who it is will only be known at apply."""

    def is_at_home(self, namespace: str) -> bool:
        """Whether a namespace belongs to one of its tenants."""
        return self.tenants is not None and any(namespace in tenant.namespaces for tenant in self.tenants)


def tenant_subjects(binding: Binding, knowledge: Knowledge) -> Iterator[TenantSubject]:
    """Every subject that is a tenant's, and every one that may turn out to be."""
    if not knowledge.tenants:
        return
    for subject in binding.subjects():
        identity = subject.identity
        tenants = None if identity is None else knowledge.tenants_of_subject(identity)
        if tenants is None or tenants:
            yield TenantSubject(subject.culprit, identity, tenants)
