"""Who has rights in a tenant since it is a part of another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from k8s_hardening.kube.rbac import account_home
from k8s_hardening.model.chains import chain
from k8s_hardening.model.tenant import TenantSpec


def wholes_of(tenant: TenantSpec, tenants: Iterable[TenantSpec]) -> tuple[TenantSpec, ...]:
    """The tenants that one is a part of, the nearest first."""
    by_name = {one.name: one for one in tenants}
    return chain(tenant, lambda part: None if part.parent is None else by_name.get(part.parent))


def inherited(tenant: TenantSpec, tenants: Sequence[TenantSpec], role: str) -> tuple[str, ...]:
    """Who has a role (admins or viewers) in a tenant since it has it in a whole that this is a part of.

    Service accounts in namespaces of tenants are left out: whoever starts pods beside them could act as them, and so
    a member of the whole would be an admin of the part. So is whoever has a role of the part itself.
    """
    homes = {namespace.name for one in tenants for namespace in one.namespaces}
    found = {subject for whole in wholes_of(tenant, tenants) for subject in getattr(whole, role)}
    own = set(tenant.admins) if role == "admins" else set(tenant.subjects())
    return tuple(sorted(one for one in found - own if account_home(one) not in homes))
