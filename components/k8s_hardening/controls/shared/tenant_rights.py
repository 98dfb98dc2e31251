"""Rights that open more than they seem to, where the platform has given them to a tenant's role."""

from __future__ import annotations

from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.model.break_glass import PREFIX
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.people import ROLES, AccessSpec, role_name


def rights_of(manifest: Manifest, knowledge: Knowledge) -> frozenset[str]:
    """The rights of model/people.py that an object may grant: a tenant's role, or one for an emergency there."""
    owner = knowledge.tenant_of_namespace(namespace_of(manifest))
    if kind_of(manifest) != "Role" or owner is None:
        return frozenset()
    name = name_of(manifest)
    emergencies = {f"{PREFIX}{one.name}" for one in knowledge.break_glass if one.tenant == owner.name}
    if name in emergencies:
        return frozenset(AccessSpec.model_fields)
    role = next((role for role in ROLES if role_name(role) == name), "viewer")
    return frozenset(right for right, holder in owner.access.items() if holder.includes(role))
