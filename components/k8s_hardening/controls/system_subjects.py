"""Rights must not be bound to groups that nobody can be taken out of, nor to the nameless user.

Restricted field: subjects[*] of every RoleBinding and ClusterRoleBinding. Not allowed: the groups of EVERYBODY and
the user system:anonymous. Allowed are the bindings to them that the API server makes itself (k8s.io/kubernetes
v1.21.14 to v1.37.2 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/cluster-role-bindings.yaml), but not that
of cluster-admin to system:masters: nobody needs to write it down again. One more is allowed while there are
PodSecurityPolicies: everybody who is signed in may use the restricted policy of the house, since it gives no more than
what the strictest level allows; pod-security-policy-use sees to it that the role gives nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_security_policies import Level
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.pod_security_policies import is_served
from k8s_hardening.kube.rbac import Subject, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge

EVERYBODY = frozenset({"system:authenticated", "system:masters", "system:serviceaccounts", "system:unauthenticated"})
_ANONYMOUS = "system:anonymous"
# ClusterRole -> the groups that the server itself binds to it.
_MADE_BY_THE_SERVER = {
    "system:basic-user": {"system:authenticated"},
    "system:cluster-trust-bundle-discovery": {"system:serviceaccounts"},
    "system:discovery": {"system:authenticated"},
    "system:public-info-viewer": {"system:authenticated", "system:unauthenticated"},
    "system:service-account-issuer-discovery": {"system:serviceaccounts"},
}
_USERS_OF_THE_RESTRICTED_POLICY = {"system:authenticated", "system:serviceaccounts"}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each subject that is everybody or nobody."""
    binding = binding_of(manifest)
    if binding is None:
        return
    role = binding.cluster_role
    allowed = _MADE_BY_THE_SERVER.get(role, set()) if isinstance(role, str) else set()
    if role == Level.RESTRICTED.role and is_served(knowledge.kubernetes):
        allowed = _USERS_OF_THE_RESTRICTED_POLICY
    for subject in binding.subjects():
        if _is_system(subject, allowed):
            yield finding(
                f"{subject.path}.name", subject.spec.get("name"), "name the group, user or account that needs it"
            )


def _is_system(subject: Subject, allowed: set[str]) -> bool:
    kind, name = subject.spec.get("kind"), subject.spec.get("name")
    may_be_group, may_be_user = kind in ("Group", UNKNOWN), kind in ("User", UNKNOWN)
    if name is UNKNOWN:
        return may_be_group or may_be_user
    if not isinstance(name, str):
        return False
    return (may_be_group and name in EVERYBODY - allowed) or (may_be_user and name == _ANONYMOUS)


CONTROL = Control(
    id="system-subjects",
    requirement="Rights must not be bound to everybody, to the nameless user or to system:masters.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.2", "CIS 5.1.4", "CIS 5.1.7"),
    check=check,
    concerns=grants_rights,
)
