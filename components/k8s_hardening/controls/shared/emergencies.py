"""Objects that give rights for an emergency, by their name, and what the platform has declared of them."""

from __future__ import annotations

from k8s_hardening.kube.manifest import Manifest, name_of
from k8s_hardening.kube.rbac import Binding, binding_of, grants_rights
from k8s_hardening.model.break_glass import PREFIX
from k8s_hardening.model.knowledge import EmergencyFacts, Knowledge


def is_for_emergency(manifest: Manifest) -> bool:
    """Whether an object is a role or a binding of such a name."""
    return grants_rights(manifest) and name_of(manifest).startswith(PREFIX)


def emergency_of(manifest: Manifest, knowledge: Knowledge) -> EmergencyFacts | None:
    """The declared emergency that an object is called after, or None."""
    name = name_of(manifest).removeprefix(PREFIX) if is_for_emergency(manifest) else ""
    return next((one for one in knowledge.break_glass if one.name == name), None)


def emergency_binding(manifest: Manifest) -> Binding | None:
    """The binding that gives the rights, or None for other objects."""
    return binding_of(manifest) if is_for_emergency(manifest) else None
