"""Objects that give rights for an emergency, by their name, and how they differ from what the platform has declared."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, as_str, name_of
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, Binding, binding_of, grants_rights
from k8s_hardening.model.break_glass import PREFIX
from k8s_hardening.model.knowledge import EmergencyFacts, Knowledge


def emergency_of(manifest: Manifest, knowledge: Knowledge) -> EmergencyFacts | None:
    """The declared emergency that a role or binding is called after, or None."""
    name = name_of(manifest)
    if not grants_rights(manifest) or not name.startswith(PREFIX):
        return None
    return next((one for one in knowledge.break_glass if f"{PREFIX}{one.name}" == name), None)


def undeclared(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """What an object of such a name gives that nobody declared, or not for this long."""
    if not grants_rights(manifest):
        return
    name = as_map(manifest.get("metadata")).get("name")
    if name is UNKNOWN:
        yield finding("metadata.name", name, "name it by a plain value")
        return
    emergency = emergency_of(manifest, knowledge)
    if emergency is None:
        if as_str(name).startswith(PREFIX):
            yield finding("metadata.name", name, "declare it in break_glass of the baseline, or rename it")
        return
    if knowledge.today is not None and knowledge.today > emergency.expires:
        what = f'"{name}", which ended on {emergency.expires} and belongs to {emergency.owner}'
        yield Finding("metadata.name", what, "take it out of break_glass, or give it a new last day and a reason")
        return
    if (binding := binding_of(manifest)) is not None:
        yield from _more_than_declared(binding, emergency, knowledge)


def _more_than_declared(binding: Binding, emergency: EmergencyFacts, knowledge: Knowledge) -> Iterator[Finding]:
    for subject in binding.subjects():
        if subject.identity not in emergency.subjects:
            yield finding(f"{subject.path}.name", subject.spec.get("name"), "declare the subject in break_glass, too")
    role = as_map(binding.manifest.get("roleRef")).get("name")
    if emergency.tenant is None:
        if not binding.is_cluster_wide or role != CLUSTER_ADMIN:
            yield finding("roleRef.name", role, f"bind {CLUSTER_ADMIN} in a ClusterRoleBinding, as declared")
        return
    owner = knowledge.tenant_of_namespace(as_str(binding.namespace))
    if binding.is_cluster_wide or binding.cluster_role is not None or role != name_of(binding.manifest):
        yield finding("roleRef.name", role, "bind the Role of the same name, in the tenant's namespaces alone")
    elif binding.namespace is UNKNOWN or owner is None or owner.name != emergency.tenant:
        yield finding("metadata.namespace", binding.namespace, f"use the namespaces of tenant {emergency.tenant} alone")
