"""Policies of network plug-ins must not open what a deny-all NetworkPolicy closes.

Restricted: rules that allow (Calico and Antrea: Allow and Pass; network-policy-api: Allow and Accept, but not in the
tier Baseline; Cilium: every rule outside of ingressDeny and egressDeny) in the policies of POLICIES. Not allowed there:
everybody as a peer, said by absence or by a selector or entity that means it, and networks that network-policy-open
refuses. Calico, Antrea and network-policy-api decide before the NetworkPolicies of Kubernetes, Cilium adds to them, so
such a rule voids the deny-all of any namespace that the policy selects.
Sources: docs.tigera.io reference/resources/globalnetworkpolicy (EntityRule); docs.cilium.io security/policy/language
(Layer 3); antrea.io docs/antrea-network-policy; sigs.k8s.io/network-policy-api v0.1.7 apis/v1alpha1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.open_peers import STRANGER, wide_network
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

Judge = Callable[[str, dict[str, Any], bool, bool], Iterator[Finding]]
"""From path and content of a rule, whether it is for ingress and whether its policy is of the whole cluster."""

_DIRECTIONS = {"ingress": True, "egress": False}
_EVERYBODY = "name whom it admits; it goes past the deny-all of the namespaces that the policy selects"
_CALICO_PEERS = ("nets", "selector", "namespaceSelector", "serviceAccounts", "services", "domains")
_CALICO_ALL = "all()"
_CILIUM_ENTITIES = ("all", "cluster", "world", "world-ipv4", "world-ipv6")
_CILIUM_NAMESPACE = {"k8s:io.kubernetes.pod.namespace": "-", "io.kubernetes.pod.namespace": "-"}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule that admits everybody."""
    kinds = POLICIES.get(api_group_of(manifest), {})
    judge = kinds.get(kind_of(manifest))
    if judge is None:
        return
    # Cilium alone has several specs in one policy.
    specs = [("spec", manifest.get("spec"))]
    specs += [(f"specs[{index}]", spec) for index, spec in enumerate(as_list(manifest.get("specs")))]
    is_global = kind_of(manifest) not in ("NetworkPolicy", "CiliumNetworkPolicy")
    for at, spec in specs:
        if as_map(spec).get("tier") == "Baseline":
            continue
        for direction, is_ingress in _DIRECTIONS.items():
            for index, rule in enumerate(as_list(as_map(spec).get(direction))):
                path = f"{at}.{direction}[{index}]"
                if rule is UNKNOWN:
                    yield finding(path, UNKNOWN, "give the rule plain values")
                else:
                    yield from judge(path, as_map(rule), is_ingress, is_global)


def _calico(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Pass", UNKNOWN):
        return
    field = "source" if is_ingress else "destination"
    peer = as_map(rule.get(field))
    named = [key for key in _CALICO_PEERS if peer.get(key) not in (None, "", [], {})]
    if rule.get(field) is UNKNOWN:
        yield finding(f"{path}.{field}", UNKNOWN, "give the peers plain values")
    elif not named:
        yield Finding(f"{path}.{field}", "everybody, since it names nobody", _EVERYBODY)
    elif "nets" not in named and peer.get("namespaceSelector") == _CALICO_ALL and _is_all(peer.get("selector")):
        yield finding(f"{path}.{field}.namespaceSelector", _CALICO_ALL, _EVERYBODY)
    elif named == ["selector"] and is_global and _is_all(peer.get("selector")):
        yield finding(f"{path}.{field}.selector", _CALICO_ALL, _EVERYBODY)
    for key in ("selector", "namespaceSelector"):
        if peer.get(key) is UNKNOWN and rule.get(field) is not UNKNOWN:
            yield finding(f"{path}.{field}.{key}", UNKNOWN, "give the selector as a plain value")
    for index, net in enumerate(as_list(peer.get("nets"))):
        yield from wide_network(f"{path}.{field}.nets[{index}]", net, peer.get("notNets"), is_ingress)


def _is_all(selector: Any) -> bool:
    return selector in (None, "", _CALICO_ALL)


def _cilium(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    prefix = "from" if is_ingress else "to"
    peers = [key for key in rule if str(key).startswith(prefix) and key != "toPorts" and rule.get(key) is not None]
    if not peers and as_list(rule.get("toPorts")):  # a rule without anything admits nobody
        yield Finding(path, "for everybody on its ports, since it names no peers", _EVERYBODY)
    for index, entity in enumerate(as_list(rule.get(f"{prefix}Entities"))):
        if entity is UNKNOWN or entity in _CILIUM_ENTITIES:
            yield finding(f"{path}.{prefix}Entities[{index}]", entity, _EVERYBODY)
    for index, selector in enumerate(as_list(rule.get(f"{prefix}Endpoints"))):
        if _is_anywhere(selector, is_global) and selects(selector, _CILIUM_NAMESPACE):
            yield finding(f"{path}.{prefix}Endpoints[{index}]", selector, _EVERYBODY)
    for index, cidr in enumerate(as_list(rule.get(f"{prefix}CIDR"))):
        yield from wide_network(f"{path}.{prefix}CIDR[{index}]", cidr, None, is_ingress)
    for index, block in enumerate(as_list(rule.get(f"{prefix}CIDRSet"))):
        at = f"{path}.{prefix}CIDRSet[{index}].cidr"
        yield from wide_network(at, as_map(block).get("cidr"), as_map(block).get("except"), is_ingress)


def _is_anywhere(selector: Any, is_global: bool) -> bool:
    """Whether a selector is about all namespaces: in a policy of one, it must speak of them, or else means its own."""
    keys = [as_map(item).get("key") for item in as_list(as_map(selector).get("matchExpressions"))]
    return is_global or any(key is UNKNOWN or key in tuple(_CILIUM_NAMESPACE) for key in keys)


def _antrea(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Pass", UNKNOWN):
        return
    field = "from" if is_ingress else "to"
    others = ("toServices", "l7Protocols")
    if not as_list(rule.get(field)) and not any(as_list(rule.get(key)) for key in others):
        yield Finding(path, "for everybody, since it names no peers", _EVERYBODY)
    for index, peer in enumerate(as_list(rule.get(field))):
        yield from _selectors(f"{path}.{field}[{index}]", as_map(peer), is_lone=True)
        at = f"{path}.{field}[{index}].ipBlock.cidr"
        block = as_map(as_map(peer).get("ipBlock"))
        yield from wide_network(at, block.get("cidr"), block.get("except"), is_ingress)


def _network_policy_api(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Accept", UNKNOWN):
        return
    field = "from" if is_ingress else "to"
    for index, peer in enumerate(as_list(rule.get(field))):
        at = f"{path}.{field}[{index}]"
        namespaces = as_map(peer).get("namespaces")
        if namespaces is not None and selects(namespaces, STRANGER):
            yield finding(f"{at}.namespaces", namespaces, _EVERYBODY)
        yield from _selectors(f"{at}.pods", as_map(as_map(peer).get("pods")), is_lone=False)
        for position, cidr in enumerate(as_list(as_map(peer).get("networks"))):
            yield from wide_network(f"{at}.networks[{position}]", cidr, None, is_ingress)


def _selectors(path: str, peer: dict[str, Any], *, is_lone: bool) -> Iterator[Finding]:
    """The selector of namespaces, when any matches and any pod in it; `is_lone`: it may stand without one of pods."""
    namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    is_any_pod = selects(pods, {}) or (is_lone and pods is None)
    if namespaces is not None and is_any_pod and selects(namespaces, STRANGER):
        yield finding(f"{path}.namespaceSelector", namespaces, _EVERYBODY)


POLICIES: dict[str, dict[str, Judge]] = {
    "cilium.io": dict.fromkeys(("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"), _cilium),
    "crd.antrea.io": dict.fromkeys(("NetworkPolicy", "ClusterNetworkPolicy"), _antrea),
    "crd.projectcalico.org": dict.fromkeys(("NetworkPolicy", "GlobalNetworkPolicy"), _calico),
    "policy.networking.k8s.io": dict.fromkeys(("AdminNetworkPolicy", "ClusterNetworkPolicy"), _network_policy_api),
    "projectcalico.org": dict.fromkeys(("NetworkPolicy", "GlobalNetworkPolicy"), _calico),
}
"""API group -> kind -> how its rules are judged."""

CONTROL = Control(
    id="cni-policy-open",
    requirement="Policies of a network plug-in must not open what a deny-all policy closes.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check=check,
)
