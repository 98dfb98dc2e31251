"""Roles must not grant what lets its holder become somebody else, gain more rights, or take down the guard rails.

Restricted fields: verbs and resources of every rule of a Role or ClusterRole. Not allowed: the verbs escalate, bind
and impersonate (with the constrained forms impersonate:... and impersonate-on:... that servers know from 1.35), and
the combinations of GRANTS; in an aggregation, selectors that match the labels of a built-in role that has them
(testdata/cluster-roles.yaml beside the file named below). Wildcards belong to rbac-wildcards: here the verb or the
resource is named. A rule that names its API groups grants only there. Names in resourceNames narrow a grant but are
no reason to pass it; an exemption is. Policies of network plug-ins, and what they are made of, count like
NetworkPolicies: they come before a deny-all, or are the denial. Source: k8s.io/kubernetes v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go and the Kubernetes documentation, RBAC Good Practices; of
single resources the files named beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.plugin_policies import OPENING
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.network_policies import selects_everything
from k8s_hardening.kube.rbac import ALL, GROUP, PolicyRule, aggregations_of, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge

VERBS = frozenset({"bind", "escalate", "impersonate"})
_CONSTRAINED = ("impersonate:", "impersonate-on:")


@dataclass(frozen=True, slots=True)
class Grant:
    """Verbs on a resource that give more than they seem to."""

    groups: tuple[str, ...]
    """API groups that have the resource."""
    verbs: frozenset[str]
    """Empty: any verb."""
    gives: str
    """What the holder can do with it."""


_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_CHANGE = frozenset({"update", "patch"})
_SET = _CHANGE | {"create"}
_ADMISSION = Grant(
    ("admissionregistration.k8s.io",), _WRITE, "reads and changes every request, or switches its rules off"
)
# Labels change through the subresources of a namespace too, and a quota is kept by its status
# (k8s.io/kubernetes v1.37.2 pkg/registry/core/namespace/strategy.go, apiserver admission/plugin/resourcequota).
_ROUTES = "sends what Services and Ingresses receive to pods of other namespaces"
_NAMESPACE = Grant(("",), _CHANGE, "lifts the Pod Security level of the namespace")
GRANTS: dict[str, Grant] = {
    # An APIService hands an API group to any Service: what its users send, Secrets included, then passes there.
    "apiservices": Grant(("apiregistration.k8s.io",), _WRITE, "answers for a whole API in place of the server"),
    "certificatesigningrequests/approval": Grant(("certificates.k8s.io",), _CHANGE, "makes certificates for anybody"),
    # The controller-manager approves it (pkg/controller/certificates/approver/sarapprove.go); `selfnodeclient` gives
    # nothing new, since there the name must be that of who asks.
    "certificatesigningrequests/nodeclient": Grant(
        ("certificates.k8s.io",), frozenset({"create"}), "has certificates of any node signed"
    ),
    "clustertrustbundles": Grant(("certificates.k8s.io",), _WRITE, "makes workloads trust certificates of its own"),
    # With its definition go all objects of a kind, and a conversion hands them to a webhook: apiextensions-apiserver
    # v0.37.2 pkg/apiserver/conversion/webhook_converter.go.
    "customresourcedefinitions": Grant(
        ("apiextensions.k8s.io",), _WRITE, "deletes every object of a kind, or has a webhook read and change it"
    ),
    # CVE-2021-25740; the built-in roles lost the right to change both (bootstrappolicy/policy.go).
    "endpoints": Grant(("",), _WRITE, _ROUTES),
    "endpointslices": Grant(("discovery.k8s.io",), _WRITE, _ROUTES),
    "limitranges": Grant(("",), _WRITE, "lifts the limits of the namespace"),
    "mutatingadmissionpolicies": _ADMISSION,
    "mutatingadmissionpolicybindings": _ADMISSION,
    "mutatingwebhookconfigurations": _ADMISSION,
    "namespaces": _NAMESPACE,
    "namespaces/finalize": _NAMESPACE,
    "namespaces/status": _NAMESPACE,
    "networkpolicies": Grant(
        ("networking.k8s.io", *OPENING["networkpolicies"]), _WRITE, "lifts the deny-all of the namespace"
    ),
    # Labels and taints decide which pods a node gets; of a new one all is taken, and its address is where the server
    # sends exec and logs (pkg/registry/core/node/strategy.go, pkg/kubelet/client/kubelet_client.go).
    "nodes": Grant(("",), _SET, "draws pods of others to a node, or drives them from it"),
    "nodes/proxy": Grant(("",), frozenset(), "runs commands in every pod of a node, unseen by audit and admission"),
    "nodes/status": Grant(("",), _CHANGE, "has the API server send exec and logs of a node's pods elsewhere"),
    # A claimRef may change at any time: pkg/apis/core/validation/validation.go, ValidatePersistentVolumeUpdate.
    "persistentvolumes": Grant(("",), _SET, "mounts any folder of a node, or a volume of another namespace"),
    # Endpoints are made of the addresses there: pkg/controller/endpoint/endpoints_controller.go.
    "pods/status": Grant(("",), _CHANGE, _ROUTES),
    "resourcequotas": Grant(("",), _WRITE, "lifts the quota of the namespace"),
    "resourcequotas/status": Grant(("",), _CHANGE, "lifts the quota of the namespace"),
    "serviceaccounts/token": Grant(("",), frozenset({"create"}), "makes tokens of other service accounts"),
    # kube-proxy takes whatever goes to the addresses there: pkg/proxy/serviceport.go.
    "services/status": Grant(("",), _CHANGE, "has the nodes send what goes to any address to its own pods"),
    "signers": Grant(("certificates.k8s.io",), frozenset({"approve", "sign"}), "makes certificates for anybody"),
    "validatingadmissionpolicies": _ADMISSION,
    "validatingadmissionpolicybindings": _ADMISSION,
    "validatingwebhookconfigurations": _ADMISSION,
    **{
        resource: Grant(groups, _WRITE, "opens what a deny-all closes")
        for resource, groups in OPENING.items()
        if resource != "networkpolicies"
    },
}
"""Resource -> the grant that is dangerous on it."""

_BUILT_IN = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_AGGREGATE = f"{GROUP}/aggregate-to-"
# Built-in ClusterRole with rights of GRANTS -> its labels.
_MIGHTY: dict[str, dict[str, str]] = {
    "cluster-admin": _BUILT_IN,
    "system:aggregate-to-admin": {**_BUILT_IN, f"{_AGGREGATE}admin": "true"},
    "system:aggregate-to-edit": {**_BUILT_IN, f"{_AGGREGATE}edit": "true"},
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each dangerous verb, and each resource on which the rule's verbs are dangerous."""
    for rule in policy_rules_of(manifest):
        yield from _verbs(rule)
        yield from _resources(rule)
    for path, selector in aggregations_of(manifest):
        gathered = next((role for role, labels in _MIGHTY.items() if selects(selector, labels)), None)
        if gathered is not None and not selects_everything(selector):  # that is a wildcard
            yield finding(path, selector, f"select roles by a label of their own; this gathers {gathered}")


def _verbs(rule: PolicyRule) -> Iterator[Finding]:
    for path, verb in rule.located("verbs"):
        if verb is UNKNOWN or (isinstance(verb, str) and (verb in VERBS or verb.startswith(_CONSTRAINED))):
            yield finding(path, verb, "remove it; it gives rights that no role names")


def _resources(rule: PolicyRule) -> Iterator[Finding]:
    groups, verbs = rule.values("apiGroups"), rule.values("verbs")
    for path, resource in rule.located("resources"):
        if resource is UNKNOWN:
            yield finding(path, resource, "name the resource as a plain value")
        elif isinstance(resource, str) and (grant := GRANTS.get(resource)) is not None and _has(grant, groups, verbs):
            yield finding(path, resource, f"remove it, or the verb: who holds it {grant.gives}")


def _has(grant: Grant, groups: list[Any], verbs: list[Any]) -> bool:
    in_group = any(group is UNKNOWN or group in (*grant.groups, ALL) for group in groups)
    has_verb = any(
        verb is UNKNOWN or verb == ALL or not grant.verbs or (isinstance(verb, str) and verb in grant.verbs)
        for verb in verbs
    )
    return in_group and has_verb


CONTROL = Control(
    id="rbac-escalation",
    requirement="Roles must not grant a way to more rights or past the guard rails.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.8", "CIS 5.1.9", "CIS 5.1.10", "CIS 5.1.11", "CIS 5.1.12", "CIS 5.1.13"),
    check=check,
    concerns=grants_rights,
)
