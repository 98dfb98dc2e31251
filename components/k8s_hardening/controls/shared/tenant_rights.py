"""Rights that open more than they seem to, where the platform has given them to a tenant's role."""

from __future__ import annotations

from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.kube.rbac import GROUP, PolicyRule
from k8s_hardening.model.break_glass import PREFIX
from k8s_hardening.model.knowledge import Knowledge, TenantFacts
from k8s_hardening.model.people import DELEGABLE, ROLES, AccessSpec, role_name


def rights_of(manifest: Manifest, knowledge: Knowledge) -> frozenset[str]:
    """The rights of model/people.py that an object may grant: a tenant's role, or one for an emergency there."""
    if kind_of(manifest) != "Role" or (owner := _owner(manifest, knowledge)) is None:
        return frozenset()
    name = name_of(manifest)
    emergencies = {f"{PREFIX}{one.name}" for one in knowledge.break_glass if one.tenant == owner.name}
    if name in emergencies:
        return frozenset(AccessSpec.model_fields)
    role = next((role for role in ROLES if role_name(role) == name), "viewer")
    return frozenset(right for right, holder in owner.access.items() if holder.includes(role))


def is_delegation(manifest: Manifest, rule: PolicyRule, knowledge: Knowledge) -> bool:
    """Whether a rule is the one by which a tenant's admins give the smaller roles to others, and nothing else."""
    owner = _owner(manifest, knowledge) if kind_of(manifest) == "Role" else None
    names = rule.values("resourceNames")
    return (
        owner is not None
        and owner.delegation
        and name_of(manifest) == role_name("admin")
        and rule.values("verbs") == ["bind"]
        and rule.values("apiGroups") == [GROUP]
        and rule.values("resources") == ["roles"]
        and bool(names)
        and all(name in [role_name(role) for role in DELEGABLE] for name in names)
    )


def _owner(manifest: Manifest, knowledge: Knowledge) -> TenantFacts | None:
    return knowledge.tenant_of_namespace(namespace_of(manifest))
