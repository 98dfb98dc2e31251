"""What a tenant's admins hand on must be a smaller role of their own tenant, to people or to accounts of its own.

Restricted: in the namespaces of tenants with `delegation`, every RoleBinding whose name begins with delegated-. Its
role must be the Role tenant-member or tenant-viewer. Its subjects must be users or groups that are neither the
system's nor known as another tenant's, or service accounts of the tenant's own namespaces but not default, which every
pod has that names none. Whoever audits the tenant (`separation`) is made nothing but a viewer.

The API server asks the same of each request of the tenant's admins, and that their bindings bear such a name, so that
those of the platform stay as they are: RBAC cannot say whom a binding may name, nor how a new object is called.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.platform_subjects import by_others, comes_from
from k8s_hardening.kube.admission_policies import CHANGED_BINDINGS, GONE_BINDINGS, NEW_BINDINGS
from k8s_hardening.kube.cel import all_of, any_of, lists_by_name, text, texts
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, as_str, name_of
from k8s_hardening.kube.rbac import Subject, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge, TenantFacts
from k8s_hardening.model.people import DELEGABLE, DELEGATED, role_name

_ROLES = [role_name(role) for role in DELEGABLE]
_VIEWER = role_name("viewer")
_SYSTEM = "system:"
_KUBEADM = "kubeadm:cluster-admins"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The role of a delegated binding, and each subject, that no admin of the tenant may name."""
    binding = binding_of(manifest)
    if binding is None or binding.is_cluster_wide or not name_of(manifest).startswith(DELEGATED):
        return
    owner = knowledge.tenant_of_namespace(as_str(binding.namespace))
    if owner is None or not owner.delegation:
        return
    role = as_map(manifest.get("roleRef"))
    name = role.get("name")
    if role.get("kind") != "Role" or name not in _ROLES:
        yield finding("roleRef.name", name, f"refer to the Role {' or '.join(_ROLES)}")
    for subject in binding.subjects():
        if not _may_be_named(subject, owner, name, knowledge):
            yield finding(*subject.culprit, "name somebody of the tenant, or an account of its namespaces")


def _may_be_named(subject: Subject, owner: TenantFacts, role: object, knowledge: Knowledge) -> bool:
    identity, name = subject.identity, subject.spec.get("name")
    if not identity or name is UNKNOWN:
        return False
    if subject.is_account:
        return as_str(subject.spec.get("namespace")) in owner.namespaces and name != "default"
    return (
        not as_str(name).startswith(_SYSTEM)
        and name != _KUBEADM
        and identity not in _others(owner, knowledge)
        and (role == _VIEWER or identity not in owner.auditors)
    )


def _others(owner: TenantFacts, knowledge: Knowledge) -> list[str]:
    """Who is known as somebody of another tenant and not of this one."""
    found = {one for tenant in knowledge.tenants for one in tenant.subjects} - set(owner.subjects)
    return sorted(one for one in found if not one.startswith("serviceaccount:"))


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of each request by which a tenant's admin makes, changes or removes a binding."""
    owners = [tenant for tenant in knowledge.tenants if tenant.delegation and tenant.namespaces]
    if not owners:
        return ()
    conditions = {
        **by_others(knowledge),
        "by-an-admin": any_of(
            f"request.namespace in {texts(owner.namespaces)} && ({comes_from(owner.admins)})" for owner in owners
        ),
    }
    namespaces = tuple(sorted(name for owner in owners for name in owner.namespaces))
    fix = (
        f"call it {DELEGATED}<name>, bind {' or '.join(_ROLES)}, to people of the tenant or accounts of its namespaces"
    )
    return (
        AdmissionRule(
            fix=fix,
            targets=(NEW_BINDINGS, CHANGED_BINDINGS),
            expressions=(
                f"object.metadata.name.startsWith({text(DELEGATED)})",
                f"object.roleRef.kind == 'Role' && object.roleRef.name in {texts(_ROLES)}",
                f"!has(object.subjects) || object.subjects.all(s, {_expression(owners, knowledge)})",
            ),
            namespaces=namespaces,
            conditions=conditions,
        ),
        AdmissionRule(
            fix=f"leave the bindings that are not called {DELEGATED}<name> to the platform",
            targets=(GONE_BINDINGS,),
            expressions=(f"oldObject.metadata.name.startsWith({text(DELEGATED)})",),
            namespaces=namespaces,
            conditions=conditions,
        ),
    )


def _expression(owners: list[TenantFacts], knowledge: Knowledge) -> str:
    """The condition that subject `s` may be named."""
    own = {name: list(owner.namespaces) for owner in owners for name in owner.namespaces}
    others = {name: _others(owner, knowledge) for owner in owners for name in owner.namespaces}
    auditors = {name: list(owner.auditors) for owner in owners for name in owner.namespaces}
    identity = "((s.kind == 'User' ? 'user:' : 'group:') + s.name)"
    account = all_of(
        [
            "has(s.namespace)",
            f"s.namespace in {lists_by_name(own)}[request.namespace]",
            "s.name != 'default'",
        ]
    )
    person = [f"!s.name.startsWith({text(_SYSTEM)})", f"s.name != {text(_KUBEADM)}"]
    if any(others.values()):
        person.append(_not_listed(identity, lists_by_name(others)))
    if any(auditors.values()):
        person.append(f"object.roleRef.name == {text(_VIEWER)} || {_not_listed(identity, lists_by_name(auditors))}")
    return f"s.kind == 'ServiceAccount' ? ({account}) : ({all_of(person)})"


def _not_listed(identity: str, lists: str) -> str:
    return f"!(request.namespace in {lists} && {identity} in {lists}[request.namespace])"


CONTROL = Control(
    id="tenant-delegation",
    requirement="A tenant's admins must hand on the smaller roles of their own tenant alone, and to nobody of another.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.8",),
    check=check,
    concerns=grants_rights,
    admission=admission,
)
