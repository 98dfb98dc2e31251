"""Rights by which somebody gets more than they name, as data: what one step of an escalation needs."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from k8s_hardening.kube.access.rules import Match, Rule

_RBAC = "rbac.authorization.k8s.io"
_UNNAMED = frozenset({"create", "deletecollection"})
"""Verbs whose requests name no object, so that a rule with resourceNames never allows them; k8s.io/apiserver v0.37.2
pkg/endpoints/request/requestinfo.go. On a subresource `create` names the object that it belongs to. Lists and watches
name one by `?fieldSelector=metadata.name=`."""


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """A right that a step needs: any of some verbs on any of some resources."""

    text: str
    """What somebody who has it does."""
    verbs: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]
    """API group and resource, a subresource behind a slash."""
    in_cluster: bool = False
    """Only a right for the whole cluster counts: what it is for lives in no namespace."""
    is_whole: bool = False
    """A rule that names objects does not do."""
    is_any_name: bool = False
    """A rule for any name does, since who has it gives the object that name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rule gives of a need."""

    need: Need
    match: Match
    names: frozenset[str] | None
    """Only for these objects; None: for any."""


PODS = ("", "pods")
WORKLOADS = (
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
    ("", "replicationcontrollers"),
    ("extensions", "daemonsets"),
    ("extensions", "deployments"),
    ("extensions", "replicasets"),
)
"""Resources whose controllers make pods by a template: the kinds of kube/pods.py but PodTemplate, which makes none."""
_ACCOUNT, _SECRET = ("", "serviceaccounts"), ("", "secrets")
_CLUSTER_ROLE, _ROLE = (_RBAC, "clusterroles"), (_RBAC, "roles")
_CHANGE = ("update", "patch")
_AUTHENTICATION = "authentication.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"

CREATE_POD = Need("creates a pod", ("create",), (PODS,))
CREATE_WORKLOAD = Need("creates a workload", ("create",), WORKLOADS)
CHANGE_POD = Need("changes the image or a container of a pod", _CHANGE, (PODS, ("", "pods/ephemeralcontainers")))
CHANGE_WORKLOAD = Need("changes the pod template of a workload", _CHANGE, WORKLOADS)
ENTER_POD = Need("runs commands in a pod", ("create",), (("", "pods/exec"), ("", "pods/attach")))
ENTER_POD_BY_GET = Need("runs commands in a pod", ("get",), (("", "pods/exec"), ("", "pods/attach")))
MINT = Need("asks for a token", ("create",), (("", "serviceaccounts/token"),))
CREATE_SECRET = Need("creates a token Secret", ("create",), (_SECRET,))
READ_SECRETS = Need("reads Secrets", ("get", "list", "watch"), (_SECRET,), is_whole=True)
READ_NAMED_SECRET = Need(
    "reads a Secret of a name that it can give", ("get", "list", "watch"), (_SECRET,), is_any_name=True
)
LIST_SECRETS = Need("lists Secrets, which answers with all of them", ("list", "watch"), (_SECRET,))
PATCH_SECRET = Need("patches a Secret, which answers with all of it", ("patch",), (_SECRET,))
DELETE_SECRET = Need("deletes a Secret, which answers with all of it", ("delete",), (_SECRET,))
DELETE_SECRETS = Need("deletes the Secrets, which answers with all of them", ("deletecollection",), (_SECRET,))
BE_USER = Need("impersonates a user", ("impersonate",), (("", "users"),), in_cluster=True)
BE_ANYBODY = Need("impersonates somebody", ("impersonate",), (("", "users"), _ACCOUNT))
BE_GROUP = Need("impersonates a group", ("impersonate",), (("", "groups"),), in_cluster=True)
BE_ACCOUNT = Need("impersonates a service account", ("impersonate",), (_ACCOUNT,))
BE_USER_NARROWLY = Need(
    "impersonates a user for some requests", ("impersonate:user-info",), ((_AUTHENTICATION, "users"),), in_cluster=True
)
BE_GROUP_NARROWLY = Need(
    "impersonates a group for some requests",
    ("impersonate:user-info",),
    ((_AUTHENTICATION, "groups"),),
    in_cluster=True,
)
BE_ACCOUNT_NARROWLY = Need(
    "impersonates a service account for some requests",
    ("impersonate:serviceaccount",),
    ((_AUTHENTICATION, "serviceaccounts"),),
)
BE_NODE_NARROWLY = Need(
    "impersonates a node for some requests",
    ("impersonate:arbitrary-node",),
    ((_AUTHENTICATION, "nodes"),),
    in_cluster=True,
)
BIND_ROLE = Need("binds a Role", ("bind",), (_ROLE,))
BIND_CLUSTER_ROLE = Need("binds a ClusterRole", ("bind",), (_CLUSTER_ROLE,))
WRITE_BINDING = Need("creates a RoleBinding", ("create",), ((_RBAC, "rolebindings"),))
WRITE_CLUSTER_BINDING = Need(
    "creates a ClusterRoleBinding", ("create",), ((_RBAC, "clusterrolebindings"),), in_cluster=True
)
CHANGE_BINDING = Need("adds itself to a RoleBinding", _CHANGE, ((_RBAC, "rolebindings"),))
CHANGE_CLUSTER_BINDING = Need(
    "adds itself to a ClusterRoleBinding", _CHANGE, ((_RBAC, "clusterrolebindings"),), in_cluster=True
)
ESCALATE_ROLE = Need("puts any rule into a Role that it has", ("escalate",), (_ROLE,))
CHANGE_ROLE = Need("changes a Role", _CHANGE, (_ROLE,))
ESCALATE_CLUSTER_ROLE = Need(
    "puts any rule into a ClusterRole that it has", ("escalate",), (_CLUSTER_ROLE,), in_cluster=True
)
CHANGE_CLUSTER_ROLE = Need("changes a ClusterRole", _CHANGE, (_CLUSTER_ROLE,), in_cluster=True)
ESCALATE_ANY_CLUSTER_ROLE = Need(
    "creates a ClusterRole that one of its roles gathers",
    ("escalate",),
    (_CLUSTER_ROLE,),
    in_cluster=True,
    is_whole=True,
)
CREATE_CLUSTER_ROLE = Need("creates a ClusterRole", ("create",), (_CLUSTER_ROLE,), in_cluster=True)
NODE_PROXY = Need(
    "runs commands in the pods of a node by its kubelet", ("get", "create"), (("", "nodes/proxy"),), in_cluster=True
)
ASK_CERTIFICATE = Need(
    "asks for a client certificate", ("create",), ((_CERTIFICATES, "certificatesigningrequests"),), in_cluster=True
)
ASK_NODE_CERTIFICATE = Need(
    "has a certificate of any node approved",
    ("create",),
    ((_CERTIFICATES, "certificatesigningrequests/nodeclient"),),
    in_cluster=True,
    is_whole=True,  # the controller asks about no name
)
READ_CERTIFICATE = Need(
    "reads it",
    ("get", "list", "watch", "update", "patch", "delete", "deletecollection"),
    ((_CERTIFICATES, "certificatesigningrequests"),),
    in_cluster=True,
    is_any_name=True,
)
APPROVE = Need("approves it", _CHANGE, ((_CERTIFICATES, "certificatesigningrequests/approval"),), in_cluster=True)
APPROVE_SIGNER = Need("has a certificate signed", ("approve",), ((_CERTIFICATES, "signers"),), in_cluster=True)
MUTATING_WEBHOOK = Need(
    "sends every request to a webhook that changes it",
    ("create", *_CHANGE),
    ((_ADMISSION, "mutatingwebhookconfigurations"),),
    in_cluster=True,
)
VALIDATING_WEBHOOK = Need(
    "sends every request to a webhook",
    ("create", *_CHANGE),
    ((_ADMISSION, "validatingwebhookconfigurations"),),
    in_cluster=True,
)
MUTATING_POLICY = Need(
    "writes a policy that changes every pod",
    ("create", *_CHANGE),
    ((_ADMISSION, "mutatingadmissionpolicies"),),
    in_cluster=True,
)
MUTATING_POLICY_BINDING = Need(
    "puts it in force",
    ("create", *_CHANGE),
    ((_ADMISSION, "mutatingadmissionpolicybindings"),),
    in_cluster=True,
)
CREATE_VOLUME = Need("creates a volume of a node's folder", ("create",), (("", "persistentvolumes"),), in_cluster=True)
CREATE_CLAIM = Need("claims it", ("create",), (("", "persistentvolumeclaims"),))
CHANGE_NAMESPACE = Need("lifts the Pod Security level of the namespace", _CHANGE, (("", "namespaces"),))

NEEDS: tuple[Need, ...] = tuple(one for one in list(globals().values()) if isinstance(one, Need))
"""Every need."""


@functools.lru_cache(maxsize=65536)
def offers_of(rule: Rule) -> tuple[Offer, ...]:
    """What a rule gives of each need."""
    if not rule.resources:
        return ()
    return tuple(offer for need in NEEDS for offer in _offers(rule, need))


def _offers(rule: Rule, need: Need) -> tuple[Offer, ...]:
    whole = named = Match.NO
    for verb in need.verbs:
        if not (has_verb := rule.verbs.has_any("*", verb)):
            continue
        for group, resource in need.resources:
            plain, _, subresource = resource.partition("/")
            match = min(has_verb, rule.groups.has_any("*", group), rule.has_resource(plain, subresource))
            if not rule.names:
                whole = max(whole, match)
            elif not need.is_whole and (subresource or verb not in _UNNAMED):
                if need.is_any_name:
                    whole = max(whole, min(match, Match.MAYBE))  # nothing of the name must be there yet
                else:
                    named = max(named, match)
            elif not need.is_whole and _applies(rule, verb):
                whole = max(whole, min(match, Match.MAYBE))  # the same
            elif rule.names.is_vague and not rule.names.known:
                whole = max(whole, min(match, Match.MAYBE))  # the list may turn out to be empty
    found = []
    if whole:
        found.append(Offer(need, whole, None))
    if named and rule.names.known:
        found.append(Offer(need, named, rule.names.known))
    if named and rule.names.is_vague:
        found.append(Offer(need, min(named, Match.MAYBE), None))
    return tuple(found)


def _applies(rule: Rule, verb: str) -> bool:
    """Whether a rule lets its names be created by an apply, a patch that asks for `create` of the name as well.

    Source: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/endpoints/handlers/patch.go, createAuthorizerAttributes.
    """
    return verb == "create" and bool(rule.verbs.has_any("*", "patch"))
