"""Policies of network plug-ins must not open what a deny-all NetworkPolicy closes.

Restricted: rules that allow (Calico: all that neither deny nor log, in any case of letters; Antrea: Allow and Pass;
network-policy-api: Allow and Accept, but not in the tier Baseline; Cilium: every rule outside of ingressDeny and
egressDeny) in the policies of POLICIES. Not allowed there: everybody as a peer, said by absence or by a selector or
entity that means it; networks that network-policy-open refuses; patterns of names that anybody can register. Calico's
selectors are everybody unless they ask for a label's value: `key == 'value'` or `key in {...}`, joined by && alone.
Calico, Antrea and network-policy-api decide before the NetworkPolicies of Kubernetes, Cilium adds to them, so such a
rule voids the deny-all of any namespace that the policy selects. Sets of networks that rules name belong to
cni-policy-sets.
Sources: github.com/projectcalico/calico v3.28.5 (controls/shared/calico_peers.py names the files);
github.com/cilium/cilium v1.20.2 pkg/policy/api/{entity,cidr,fqdn}.go, pkg/fqdn/matchpattern/matchpattern.go;
github.com/antrea-io/antrea at 006297f pkg/apis/crd/v1beta1/types.go (Rule, NetworkPolicyPeer),
docs/antrea-network-policy.md (a podSelector alone selects from all namespaces in a ClusterNetworkPolicy);
sigs.k8s.io/network-policy-api v0.1.7 apis/v1alpha1, v0.2.0 apis/v1alpha2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.calico_peers import is_allowing, open_calico_peers
from k8s_hardening.controls.shared.cilium_peers import is_open_endpoint_selector
from k8s_hardening.controls.shared.cni_rules import rules_of_plugin_policy
from k8s_hardening.controls.shared.open_peers import NAME_THEM, STRANGER, open_selector, wide_domain, wide_peer
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

Judge = Callable[[str, dict[str, Any], bool, bool], Iterator[Finding]]
"""From path and content of a rule, whether it is for ingress and whether its policy is of the whole cluster."""

_CILIUM_ENTITIES = ("all", "cluster", "cluster-mesh", "world", "world-ipv4", "world-ipv6")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule that admits everybody."""
    kinds = POLICIES.get(api_group_of(manifest), {})
    judge = kinds.get(kind_of(manifest))
    if judge is None:
        return
    is_global = kind_of(manifest) not in ("NetworkPolicy", "CiliumNetworkPolicy")
    for path, rule, is_ingress in rules_of_plugin_policy(manifest):
        if rule is UNKNOWN:
            yield finding(path, UNKNOWN, "give the rule plain values")
        else:
            yield from judge(path, as_map(rule), is_ingress, is_global)


def _calico(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if is_allowing(rule):
        field = "source" if is_ingress else "destination"
        peer = rule.get(field)
        yield from open_calico_peers(f"{path}.{field}", peer, is_ingress=is_ingress, is_global=is_global)


def _cilium(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    prefix = "from" if is_ingress else "to"
    peers = [key for key in rule if str(key).startswith(prefix) and key != "toPorts" and rule.get(key) is not None]
    # A rule without anything admits nobody.
    if not peers and any(as_list(rule.get(key)) for key in ("toPorts", "icmps")):
        yield Finding(path, "for everybody on its ports, since it names no peers", NAME_THEM)
    for index, entity in enumerate(as_list(rule.get(f"{prefix}Entities"))):
        if entity is UNKNOWN or entity in _CILIUM_ENTITIES:
            yield finding(f"{path}.{prefix}Entities[{index}]", entity, NAME_THEM)
    for index, selector in enumerate(as_list(rule.get(f"{prefix}Endpoints"))):
        if is_open_endpoint_selector(selector, is_global=is_global):
            yield finding(f"{path}.{prefix}Endpoints[{index}]", selector, NAME_THEM)
    for index, cidr in enumerate(as_list(rule.get(f"{prefix}CIDR"))):
        yield from wide_peer(f"{path}.{prefix}CIDR[{index}]", cidr, None, is_ingress)
    for index, block in enumerate(as_list(rule.get(f"{prefix}CIDRSet"))):
        cidr = as_map(block).get("cidr")
        if cidr is not None:  # else a group, which cni-policy-sets looks up
            at = f"{path}.{prefix}CIDRSet[{index}].cidr"
            yield from wide_peer(at, cidr, as_map(block).get("except"), is_ingress)
    for index, name in enumerate(as_list(rule.get("toFQDNs"))):
        pattern = as_map(name).get("matchPattern")
        if pattern is not None:
            yield from wide_domain(f"{path}.toFQDNs[{index}].matchPattern", pattern)


def _antrea(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Pass", UNKNOWN):
        return
    field = "from" if is_ingress else "to"
    if not as_list(rule.get(field)) and (is_ingress or not as_list(rule.get("toServices"))):
        yield Finding(path, "for everybody, since it names no peers", NAME_THEM)
    for index, peer in enumerate(as_list(rule.get(field))):
        at = f"{path}.{field}[{index}]"
        if peer == {}:
            yield Finding(at, "everybody, since it names nobody", NAME_THEM)
        if (key := open_selector(as_map(peer), is_lone=True, is_global=is_global)) is not None:
            yield finding(f"{at}.{key}", as_map(peer).get(key), NAME_THEM)
        block = as_map(as_map(peer).get("ipBlock"))
        if block.get("cidr") is not None:
            yield from wide_peer(f"{at}.ipBlock.cidr", block.get("cidr"), block.get("except"), is_ingress)
        if as_map(peer).get("fqdn") is not None:
            yield from wide_domain(f"{at}.fqdn", as_map(peer).get("fqdn"))


def _network_policy_api(path: str, rule: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Accept", UNKNOWN):
        return
    field = "from" if is_ingress else "to"
    for index, peer in enumerate(as_list(rule.get(field))):
        at = f"{path}.{field}[{index}]"
        namespaces = as_map(peer).get("namespaces")
        if namespaces is not None and selects(namespaces, STRANGER):
            yield finding(f"{at}.namespaces", namespaces, NAME_THEM)
        pods = as_map(as_map(peer).get("pods"))
        if (key := open_selector(pods, is_lone=False, is_global=False)) is not None:
            yield finding(f"{at}.pods.{key}", pods.get(key), NAME_THEM)
        for position, cidr in enumerate(as_list(as_map(peer).get("networks"))):
            yield from wide_peer(f"{at}.networks[{position}]", cidr, None, is_ingress)
        for position, name in enumerate(as_list(as_map(peer).get("domainNames"))):
            yield from wide_domain(f"{at}.domainNames[{position}]", name)


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
