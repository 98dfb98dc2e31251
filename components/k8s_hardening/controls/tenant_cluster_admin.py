"""Nobody may be cluster-admin but the platform and the cluster itself, not even in one namespace, nor as good as that.

Restricted field: subjects[*] of every binding whose role is the ClusterRole cluster-admin, and of every
ClusterRoleBinding of a built-in role that leads to every Secret or to the nodes (MIGHTY in
controls/shared/mighty_roles.py). Allowed: subjects of the platform (admission_policies.platform), and those of the
cluster itself: to whom the API server binds the role by itself (k8s.io/kubernetes v1.18.20 to v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata), kubeadm's group kubeadm:cluster-admins (v1.37.2
cmd/kubeadm/app/constants/constants.go), and for the approval of their certificates the nodes that join. Never allowed:
whoever belongs to a tenant. In a RoleBinding cluster-admin is as bad: its holder deletes the namespace's deny-all,
quota and roles.

Bindings that a declared emergency names belong to break-glass and break-glass-declared, everybody and the nameless user
to system-subjects, a tenant's rights by another role to cross-tenant-binding.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.emergencies import emergency_of
from k8s_hardening.controls.shared.mighty_roles import gives_the_cluster, is_the_clusters_own
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, Binding, Subject, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge

_FIX = "remove the subject, or bind it to a Role of its own namespace"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each subject that gets every right, or a built-in role that leads to as much, and is not the platform's."""
    binding = binding_of(manifest)
    if binding is None:
        return
    role = binding.cluster_role
    if role not in (CLUSTER_ADMIN, UNKNOWN) and not gives_the_cluster(binding):
        return
    subjects = [one for one in binding.subjects() if _is_too_much(one, binding, knowledge)]
    if role is UNKNOWN:
        if subjects:
            yield finding("roleRef.name", UNKNOWN, "name the role as a plain value")
        return
    for subject in subjects:
        yield finding(*subject.culprit, _FIX)


def _is_too_much(subject: Subject, binding: Binding, knowledge: Knowledge) -> bool:
    """Whether a subject must not have the role, or may turn out to be such a one."""
    identity = subject.identity
    if identity is None:
        return True
    if not identity:
        return False
    if knowledge.tenants_of_subject(identity):
        return True
    if identity in knowledge.platform or emergency_of(binding.manifest, knowledge) is not None:
        return False
    return not is_the_clusters_own(subject, as_str(binding.cluster_role), knowledge.kubernetes)


CONTROL = Control(
    id="tenant-cluster-admin",
    requirement="Nobody but the platform and the cluster itself may be cluster-admin, or hold a role as mighty.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.1",),
    check=check,
    concerns=grants_rights,
    yields_to=("cross-tenant-binding", "system-subjects"),
)
