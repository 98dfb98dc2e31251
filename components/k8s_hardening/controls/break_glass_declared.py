"""Rights for an emergency must be declared by the platform, and must not stand a day longer than declared.

Restricted: every Role, RoleBinding and ClusterRoleBinding whose name begins with break-glass-. Not allowed: one that
the environment's break_glass does not name; in a binding, other subjects, another tenant or the whole cluster in place
of it, or another role; and any after its last day. The server knows no day, so the rights end when the entry is taken
out and applied: until then nothing of the environment passes. There is no fix but that.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.emergencies import emergency_binding, emergency_of, is_for_emergency
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, as_str, name_of
from k8s_hardening.kube.rbac import Binding, grants_rights
from k8s_hardening.model.break_glass import CLUSTER_ROLE
from k8s_hardening.model.knowledge import EmergencyFacts, Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The name where nobody declared it or its day is over; else each subject, role or place that was not declared."""
    if not is_for_emergency(manifest):
        return
    emergency = emergency_of(manifest, knowledge)
    if emergency is None:
        yield finding("metadata.name", name_of(manifest), "declare it in break_glass of the baseline, or rename it")
        return
    if knowledge.today is not None and knowledge.today > emergency.expires:
        what = f'"{name_of(manifest)}", which ended on {emergency.expires} and belongs to {emergency.owner}'
        yield Finding("metadata.name", what, "take it out of break_glass, or give it a new last day and a reason")
        return
    if (binding := emergency_binding(manifest)) is not None:
        yield from _as_declared(binding, emergency, knowledge)


def _as_declared(binding: Binding, emergency: EmergencyFacts, knowledge: Knowledge) -> Iterator[Finding]:
    for subject in binding.subjects():
        if subject.identity not in emergency.subjects:
            yield finding(f"{subject.path}.name", subject.spec.get("name"), "declare the subject in break_glass, too")
    role = as_map(binding.manifest.get("roleRef")).get("name")
    if emergency.tenant is None:
        if not binding.is_cluster_wide or role != CLUSTER_ROLE:
            yield finding("roleRef.name", role, f"bind {CLUSTER_ROLE} in a ClusterRoleBinding, as declared")
        return
    owner = knowledge.tenant_of_namespace(as_str(binding.namespace))
    if binding.is_cluster_wide or binding.cluster_role is not None or role != name_of(binding.manifest):
        yield finding("roleRef.name", role, "bind the Role of the same name, in the tenant's namespaces alone")
    elif binding.namespace is UNKNOWN or owner is None or owner.name != emergency.tenant:
        yield finding("metadata.namespace", binding.namespace, f"use the namespaces of tenant {emergency.tenant} alone")


CONTROL = Control(
    id="break-glass-declared",
    requirement="Rights for an emergency must be declared by the platform, and end on their day.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.1",),
    check=check,
    concerns=grants_rights,
)
