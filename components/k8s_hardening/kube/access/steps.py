"""The steps by which somebody gets rights of others, as data: what each needs and gives, and where that is written.

A SubjectAccessReview answers about the request alone. Who may take one of these steps gets what others may do, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from k8s_hardening.kube.access import needs
from k8s_hardening.kube.access.needs import Need
from k8s_hardening.kube.access.rules import Match
from k8s_hardening.kube.version import KubeVersion

LEVELS_SINCE = KubeVersion(1, 23)
"""First version whose servers hold pods to the level of the namespace: k8s.io/kubernetes v1.37.2
pkg/features/kube_features.go and v1.23.17 (PodSecurity, beta and on). Before it nothing is known of host access."""
OPAQUE_TOKENS_SINCE = KubeVersion(1, 24)
"""First version that makes no token Secret for each service account (LegacyServiceAccountTokenNoAutoGeneration):
k8s.io/kubernetes v1.24.17 pkg/features/kube_features.go."""
CONSTRAINED_SINCE = KubeVersion(1, 35)
"""First version that knows constrained impersonation: k8s.io/apiserver v0.37.2 pkg/features/kube_features.go."""
MUTATING_POLICIES_SINCE = KubeVersion(1, 32)
"""First version that knows MutatingAdmissionPolicy: k8s.io/apiserver v0.37.2 pkg/features/kube_features.go."""
EXEC_BY_CREATE_SINCE = KubeVersion(1, 35)
"""First version in which exec by websocket needs `create`: k8s.io/kubernetes v1.35.4 pkg/features/kube_features.go,
AuthorizePodWebsocketUpgradeCreatePermission."""


class Gives(Enum):
    """What a step gives."""

    ACCOUNTS = "acts as a service account of the namespace"
    SECRETS = "reads Secrets of the namespace"
    USERS = "acts as a user"
    GROUPS = "acts as a member of a group"
    ROLES = "has what a Role of the namespace allows"
    CLUSTER_ROLES = "has what a ClusterRole allows"
    OWN_ROLES = "has every right where it has the role"
    GATHERING_ROLES = "has every right where it has the gathering role"
    EVERY_ACCOUNT = "acts as a service account of any namespace"
    EVERY_SECRET = "reads Secrets of any namespace"  # noqa: S105 - no password


BY_HELD = frozenset({Gives.OWN_ROLES, Gives.GATHERING_ROLES})
"""What is given by the roles that are held, so that it grows with them."""
NAMELESS = frozenset({Gives.EVERY_ACCOUNT, Gives.EVERY_SECRET})
"""What is given whole, whatever a right is limited to."""
EVERYWHERE = frozenset({Gives.USERS, Gives.GROUPS, *NAMELESS})
"""What is the same in whichever namespace it is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One way to get more."""

    id: str
    needs: tuple[Need, ...]
    """All of them, in one namespace; names of objects in the first one say whose rights are had."""
    gives: tuple[Gives, ...]
    source: str
    sureness: Match = Match.YES
    """MAYBE where it needs something that must be there, such as a pod that runs."""
    are_names_meant: bool = False
    """The names that a rule is for say whose rights are had; otherwise they name something else."""
    since: KubeVersion | None = None
    until: KubeVersion | None = None
    """Last version in which it works."""
    signers: tuple[str, ...] = ()
    """The names that the first need must be for; none: any."""
    is_everywhere: bool = False
    """Every right that it needs must be held for the whole cluster."""
    in_open_namespaces: bool = False
    """Only where no Pod Security level keeps pods from the node."""

    @property
    def gives_by_held(self) -> bool:
        """Whether what it gives grows with the roles that are held."""
        return not BY_HELD.isdisjoint(self.gives)

    def works_in(self, version: KubeVersion) -> bool:
        """Whether it works in a version."""
        return (self.since is None or version >= self.since) and (self.until is None or version <= self.until)


_K = "k8s.io/kubernetes v1.37.2"
_A = "k8s.io/apiserver v0.37.2"
_ACCOUNT_ADMISSION = f"{_K} plugin/pkg/admission/serviceaccount/admission.go"
_GOOD_PRACTICES = "kubernetes.io/docs/concepts/security/rbac-good-practices"
_IMPERSONATION = f"{_A} pkg/endpoints/filters/impersonation/impersonation.go"
_CONSTRAINED = f"{_A} pkg/endpoints/filters/impersonation/mode.go"
_ESCALATION = f"{_K} pkg/registry/rbac/escalation_check.go"
_STORE = f"{_A} pkg/registry/generic/registry/store.go"
_REQUEST_INFO = f"{_A} pkg/endpoints/request/requestinfo.go"
_INSIDE = (Gives.SECRETS, Gives.ACCOUNTS)
_NODE = (Gives.EVERY_SECRET, Gives.EVERY_ACCOUNT)
_MAYBE = Match.MAYBE
_CLIENT = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")
_KUBELET = ("kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/*")
_BEFORE_CREATE = KubeVersion(EXEC_BY_CREATE_SINCE.major, EXEC_BY_CREATE_SINCE.minor - 1)
_BEFORE_OPAQUE = KubeVersion(OPAQUE_TOKENS_SINCE.major, OPAQUE_TOKENS_SINCE.minor - 1)

STEPS: tuple[Step, ...] = (
    Step("create-pods", (needs.CREATE_POD,), _INSIDE, _ACCOUNT_ADMISSION),
    Step("create-workloads", (needs.CREATE_WORKLOAD,), _INSIDE, _ACCOUNT_ADMISSION),
    Step("change-pods", (needs.CHANGE_POD,), _INSIDE, f"{_K} pkg/apis/core/validation/validation.go", _MAYBE),
    Step("change-workloads", (needs.CHANGE_WORKLOAD,), _INSIDE, _ACCOUNT_ADMISSION, _MAYBE),
    Step("enter-pods", (needs.ENTER_POD,), _INSIDE, _GOOD_PRACTICES, _MAYBE),
    Step(
        "enter-pods-by-get",
        (needs.ENTER_POD_BY_GET,),
        _INSIDE,
        f"{_K} pkg/registry/core/pod/rest/subresources.go",
        _MAYBE,
        until=_BEFORE_CREATE,
    ),
    Step(
        "mint-tokens",
        (needs.MINT,),
        (Gives.ACCOUNTS,),
        f"{_K} pkg/registry/core/serviceaccount/storage/token.go",
        are_names_meant=True,
    ),
    Step(
        "token-secrets",
        (needs.READ_SECRETS, needs.CREATE_SECRET),
        (Gives.ACCOUNTS,),
        f"{_K} pkg/controller/serviceaccount/tokens_controller.go",
    ),
    Step(
        "read-token-secrets",
        (needs.READ_SECRETS,),
        (Gives.ACCOUNTS,),
        "k8s.io/kubernetes v1.23.17 pkg/controller/serviceaccount/tokens_controller.go",
        until=_BEFORE_OPAQUE,
    ),
    Step(
        "named-token-secrets",
        (needs.READ_NAMED_SECRET, needs.CREATE_SECRET),
        (Gives.ACCOUNTS,),
        f"{_K} pkg/controller/serviceaccount/tokens_controller.go",
        _MAYBE,  # a Secret of the name must not be there
    ),
    Step("list-secrets", (needs.LIST_SECRETS,), (Gives.SECRETS,), _REQUEST_INFO, are_names_meant=True),
    Step("patch-secrets", (needs.PATCH_SECRET,), (Gives.SECRETS,), f"{_STORE}, Update", are_names_meant=True),
    # With dryRun=All and propagationPolicy=Orphan it answers with the object and deletes nothing; so since 1.18.
    Step("delete-secret", (needs.DELETE_SECRET,), (Gives.SECRETS,), f"{_STORE}, Delete", are_names_meant=True),
    Step("delete-secrets", (needs.DELETE_SECRETS,), (Gives.SECRETS,), f"{_STORE}, DeleteCollection"),
    Step("impersonate-users", (needs.BE_USER,), (Gives.USERS,), _IMPERSONATION, are_names_meant=True),
    Step("impersonate-accounts", (needs.BE_ACCOUNT,), (Gives.ACCOUNTS,), _IMPERSONATION, are_names_meant=True),
    Step(
        "impersonate-groups",
        (needs.BE_GROUP, needs.BE_ANYBODY),
        (Gives.GROUPS,),
        _IMPERSONATION,
        are_names_meant=True,
    ),
    Step(
        "constrained-users",
        (needs.BE_USER_NARROWLY,),
        (Gives.USERS,),
        _CONSTRAINED,
        _MAYBE,
        are_names_meant=True,
        since=CONSTRAINED_SINCE,
    ),
    Step(
        "constrained-groups",
        (needs.BE_GROUP_NARROWLY, needs.BE_USER_NARROWLY),
        (Gives.GROUPS,),
        _CONSTRAINED,
        _MAYBE,
        are_names_meant=True,
        since=CONSTRAINED_SINCE,
    ),
    Step(
        "constrained-accounts",
        (needs.BE_ACCOUNT_NARROWLY,),
        (Gives.ACCOUNTS,),
        _CONSTRAINED,
        _MAYBE,
        are_names_meant=True,
        since=CONSTRAINED_SINCE,
    ),
    Step("constrained-nodes", (needs.BE_NODE_NARROWLY,), _NODE, _CONSTRAINED, _MAYBE, since=CONSTRAINED_SINCE),
    Step(
        "bind-roles",
        (needs.BIND_ROLE, needs.WRITE_BINDING),
        (Gives.ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        are_names_meant=True,
    ),
    Step(
        "bind-cluster-roles",
        (needs.BIND_CLUSTER_ROLE, needs.WRITE_BINDING),
        (Gives.CLUSTER_ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        are_names_meant=True,
    ),
    Step(
        "bind-everywhere",
        (needs.BIND_CLUSTER_ROLE, needs.WRITE_CLUSTER_BINDING),
        (Gives.CLUSTER_ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        are_names_meant=True,
        is_everywhere=True,
    ),
    Step(
        "join-roles",
        (needs.BIND_ROLE, needs.CHANGE_BINDING),
        (Gives.ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        _MAYBE,
        are_names_meant=True,
    ),
    Step(
        "join-cluster-roles",
        (needs.BIND_CLUSTER_ROLE, needs.CHANGE_BINDING),
        (Gives.CLUSTER_ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        _MAYBE,
        are_names_meant=True,
    ),
    Step(
        "join-everywhere",
        (needs.BIND_CLUSTER_ROLE, needs.CHANGE_CLUSTER_BINDING),
        (Gives.CLUSTER_ROLES,),
        f"{_ESCALATION}, BindingAuthorized",
        _MAYBE,
        are_names_meant=True,
        is_everywhere=True,
    ),
    Step(
        "escalate-roles",
        (needs.ESCALATE_ROLE, needs.CHANGE_ROLE),
        (Gives.OWN_ROLES,),
        f"{_ESCALATION}, RoleEscalationAuthorized",
        are_names_meant=True,
    ),
    Step(
        "escalate-cluster-roles",
        (needs.ESCALATE_CLUSTER_ROLE, needs.CHANGE_CLUSTER_ROLE),
        (Gives.OWN_ROLES,),
        f"{_ESCALATION}, RoleEscalationAuthorized",
        are_names_meant=True,
    ),
    Step(
        "gathered-roles",
        (needs.ESCALATE_ANY_CLUSTER_ROLE, needs.CREATE_CLUSTER_ROLE),
        (Gives.GATHERING_ROLES,),
        f"{_K} pkg/registry/rbac/clusterrole/policybased/storage.go",
    ),
    Step("node-proxy", (needs.NODE_PROXY,), _NODE, f"{_GOOD_PRACTICES}, nodes/proxy", _MAYBE),
    Step(
        "approve-certificates",
        (needs.APPROVE_SIGNER, needs.ASK_CERTIFICATE, needs.APPROVE),
        (Gives.USERS, Gives.GROUPS),
        f"{_K} pkg/registry/certificates/certificates/storage, pkg/controller/certificates/signer/signer.go",
        _MAYBE,
        signers=_CLIENT,
    ),
    Step(
        "approve-node-certificates",
        (needs.APPROVE_SIGNER, needs.ASK_CERTIFICATE, needs.APPROVE),
        _NODE,
        f"{_K} plugin/pkg/auth/authorizer/node/node_authorizer.go",
        _MAYBE,
        signers=_KUBELET,
    ),
    # Not by `selfnodeclient`: that asks for the certificate of the name that one already has (isSelfNodeClientCert).
    Step(
        "node-certificates",
        (needs.ASK_NODE_CERTIFICATE, needs.ASK_CERTIFICATE, needs.READ_CERTIFICATE),
        _NODE,
        f"{_K} pkg/controller/certificates/approver/sarapprove.go",
        _MAYBE,  # a managed cluster may sign in another way
    ),
    Step("mutating-webhooks", (needs.MUTATING_WEBHOOK,), _NODE, _GOOD_PRACTICES, _MAYBE),
    Step("validating-webhooks", (needs.VALIDATING_WEBHOOK,), (Gives.EVERY_SECRET,), _GOOD_PRACTICES, _MAYBE),
    Step(
        "mutating-policies",
        (needs.MUTATING_POLICY, needs.MUTATING_POLICY_BINDING),
        (Gives.EVERY_ACCOUNT,),
        f"{_A} pkg/admission/plugin/policy/mutating",
        _MAYBE,
        since=MUTATING_POLICIES_SINCE,
    ),
    Step(
        "node-volumes",
        (needs.CREATE_POD, needs.CREATE_CLAIM, needs.CREATE_VOLUME),
        _NODE,
        f"{_GOOD_PRACTICES}, persistent volume creation",
        _MAYBE,
    ),
    Step(
        "node-volumes-by-workloads",
        (needs.CREATE_WORKLOAD, needs.CREATE_CLAIM, needs.CREATE_VOLUME),
        _NODE,
        f"{_GOOD_PRACTICES}, persistent volume creation",
        _MAYBE,
    ),
    Step(
        "open-namespace",
        (needs.CREATE_POD,),
        _NODE,
        "k8s.io/pod-security-admission v0.37.2 policy/check_hostPathVolumes.go",
        _MAYBE,
        in_open_namespaces=True,
    ),
    Step(
        "open-namespace-by-workloads",
        (needs.CREATE_WORKLOAD,),
        _NODE,
        "k8s.io/pod-security-admission v0.37.2 policy/check_hostPathVolumes.go",
        _MAYBE,
        in_open_namespaces=True,
    ),
    Step(
        "lift-level",
        (needs.CREATE_POD, needs.CHANGE_NAMESPACE),
        _NODE,
        "k8s.io/pod-security-admission v0.37.2 admission/admission.go",
        _MAYBE,
    ),
    Step(
        "lift-level-by-workloads",
        (needs.CREATE_WORKLOAD, needs.CHANGE_NAMESPACE),
        _NODE,
        "k8s.io/pod-security-admission v0.37.2 admission/admission.go",
        _MAYBE,
    ),
)
"""Every step that is known."""
