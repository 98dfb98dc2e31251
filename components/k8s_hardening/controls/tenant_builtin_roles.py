"""A tenant's people must not hold the built-in roles admin, edit and view in its namespaces, nor those of components.

Restricted field: roleRef of a RoleBinding in a tenant's namespace, with a subject that is neither of the platform
(admission_policies.platform, accounts of the system's namespaces) nor known as another tenant's, which is
cross-tenant-binding. Not allowed: the ClusterRoles of ROLES. In every version admin and edit create and delete
NetworkPolicies, and so open the namespace's deny-all, or bind a role that may (k8s.io/kubernetes v1.18.20 to v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/cluster-roles.yaml). The role view may none of that, but all
three gather the rules of every ClusterRole with a label, so that whoever installs an operator widens them. Nor those
that the server keeps for its own components (OF_COMPONENTS, and controller-roles.yaml beside that file): they delete
anything, raise their own rights, or make tokens of other service accounts. The role cluster-admin, and bindings of
mighty roles for the whole cluster, belong to tenant-cluster-admin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.kube.rbac import Subject, account_home, binding_of, grants_rights
from k8s_hardening.model.checked import is_system_namespace
from k8s_hardening.model.knowledge import Knowledge

ROLES = (
    "admin",
    "edit",
    "system:aggregate-to-admin",
    "system:aggregate-to-edit",
    "system:aggregate-to-view",
    "view",
)
OF_COMPONENTS = ("system:kube-controller-manager", "system:kube-scheduler", "system:node")
_CONTROLLER = "system:controller:"
_FIX = "refer to a Role that leaves networkpolicies to the platform"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The role, when it voids the guard rails of the namespace's tenant."""
    binding = binding_of(manifest)
    if binding is None or binding.is_cluster_wide or not _is_too_much(binding.cluster_role):
        return
    namespace = binding.namespace
    if not knowledge.tenants or (namespace is not UNKNOWN and knowledge.tenant_of_namespace(as_str(namespace)) is None):
        return
    if any(_is_kept_out(subject, namespace, knowledge) for subject in binding.subjects()):
        yield finding("roleRef.name", binding.cluster_role, _FIX)


def _is_kept_out(subject: Subject, namespace: Any, knowledge: Knowledge) -> bool:
    """Whether a subject is, or may be, somebody of the tenant: neither the platform nor known as another's."""
    identity = subject.identity
    if identity is None or namespace is UNKNOWN:
        return True
    if not identity or identity in knowledge.platform:
        return False
    home = account_home(identity)
    if home is not None and is_system_namespace(home):
        return False
    tenants = knowledge.tenants_of_subject(identity)
    return not tenants or any(as_str(namespace) in tenant.namespaces for tenant in tenants)


def _is_too_much(role: object) -> bool:
    return role is UNKNOWN or role in (*ROLES, *OF_COMPONENTS) or as_str(role).startswith(_CONTROLLER)


CONTROL = Control(
    id="tenant-builtin-roles",
    requirement="A tenant's people must not hold built-in roles, which delete its deny-all or widen by themselves.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.8", "CIS 5.3.2"),
    check=check,
    concerns=grants_rights,
)
