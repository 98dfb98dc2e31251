"""Sets of networks that policies of a network plug-in admit must be in the stack, and no wider than networks in a rule.

Judged over a whole stack. Restricted, in rules that allow: groups that Cilium's cidrGroupRef names, and Antrea's group
(of the cluster, or for a NetworkPolicy of its namespace) with its child groups: a set that the stack does not hold may
hold anything, and so is a finding; so are Cilium's cidrGroupSelector and groups of clouds, which take in sets to come.
Calico's selectors take in every NetworkSet and GlobalNetworkSet with the labels: those of the stack are judged, and
`global()` needs one there. Networks are too wide as in network-policy-open.
Sources: github.com/cilium/cilium v1.20.2 pkg/policy/api/{cidr,groups}.go,
pkg/k8s/apis/cilium.io/v2/cidrgroups_types.go;
github.com/antrea-io/antrea at 006297f pkg/apis/crd/v1beta1/types.go (NetworkPolicyPeer, GroupSpec);
github.com/projectcalico/calico v3.28.5 libcalico-go/lib/backend/syncersv1/updateprocessors/{rules,networksetprocessor,
globalnetworksetprocessor}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from k8s_hardening.controls.cni_policy_open import POLICIES
from k8s_hardening.controls.control import Control, Finding, Severity, describe, finding
from k8s_hardening.controls.shared.calico_peers import is_allowing
from k8s_hardening.controls.shared.cni_rules import rules_of_plugin_policy
from k8s_hardening.controls.shared.open_peers import open_selector, wide_peer
from k8s_hardening.controls.shared.stack_namespaces import labels_of
from k8s_hardening.kube.calico_selectors import required_labels
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_list,
    as_map,
    as_str,
    holds_unknown,
    kind_of,
    name_of,
    namespace_of,
)
from k8s_hardening.model.knowledge import Knowledge

_IN_RULE = "write the networks into the rule itself"
_ADD = f"add the set to the stack, or {_IN_RULE}"
_CALICO_GROUPS = ("projectcalico.org", "crd.projectcalico.org")
_OF_NAMESPACES = ("projectcalico.org/", "pcns.", "pcsa.")  # labels that Calico gives a set unasked
_SETS = frozenset({"CiliumCIDRGroup", "ClusterGroup", "Group", "GlobalNetworkSet", "NetworkSet"})
_Stack = Sequence[Manifest]
Judge = Callable[[str, dict[str, Any], bool, Manifest, _Stack], Iterator[Finding]]
"""From path and content of a rule, whether it is for ingress, its policy, and the sets of the stack."""


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each reference to a set that is not there, or too wide."""
    sets = [one for one in manifests if kind_of(one) in _SETS]
    for index, manifest in enumerate(manifests):
        group = api_group_of(manifest)
        judge = _JUDGES.get(group)
        if judge is None or kind_of(manifest) not in POLICIES[group]:
            continue
        for path, rule, is_ingress in rules_of_plugin_policy(manifest):
            for found in judge(path, as_map(rule), is_ingress, manifest, sets):
                yield index, found


def _cilium(path: str, rule: dict[str, Any], is_ingress: bool, policy: Manifest, stack: _Stack) -> Iterator[Finding]:
    prefix = "from" if is_ingress else "to"
    for index, block in enumerate(as_list(rule.get(f"{prefix}CIDRSet"))):
        at = f"{path}.{prefix}CIDRSet[{index}]"
        name, selector = as_map(block).get("cidrGroupRef"), as_map(block).get("cidrGroupSelector")
        if selector is not None:
            yield finding(f"{at}.cidrGroupSelector", selector, f"name one group in cidrGroupRef, or {_IN_RULE}")
        if name is not None:
            groups = _named(stack, "cilium.io", "CiliumCIDRGroup", name, "")
            wide = next((one for group in groups for one in _wide_group(group, block, is_ingress)), None)
            yield from _verdict(f"{at}.cidrGroupRef", name, groups, wide)
    for index, group in enumerate(as_list(rule.get(f"{prefix}Groups"))):
        yield finding(f"{path}.{prefix}Groups[{index}]", group, _IN_RULE)


def _wide_group(group: Manifest, block: Any, is_ingress: bool) -> Iterator[Finding]:
    for cidr in as_list(as_map(group.get("spec")).get("externalCIDRs")):
        yield from wide_peer("", cidr, as_map(block).get("except"), is_ingress)


def _antrea(path: str, rule: dict[str, Any], is_ingress: bool, policy: Manifest, stack: _Stack) -> Iterator[Finding]:
    if rule.get("action") not in ("Allow", "Pass", UNKNOWN):
        return
    is_global = kind_of(policy) == "ClusterNetworkPolicy"
    kind, namespace = ("ClusterGroup", "") if is_global else ("Group", namespace_of(policy))
    field = "from" if is_ingress else "to"
    for index, peer in enumerate(as_list(rule.get(field))):
        name = as_map(peer).get("group")
        if name is not None:
            groups = _named(stack, "crd.antrea.io", kind, name, namespace)
            specs = [as_map(group.get("spec")) for group in groups]
            for child in [one for spec in specs for one in as_list(spec.get("childGroups"))]:  # children have none
                children = _named(stack, "crd.antrea.io", kind, child, namespace)
                specs += [as_map(one.get("spec")) for one in children]
                groups = groups if children else []
            wide = next((one for spec in specs for one in _wide_spec(spec, is_ingress, is_global)), None)
            yield from _verdict(f"{path}.{field}[{index}].group", name, groups, wide)


def _wide_spec(spec: dict[str, Any], is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    blocks = as_list(spec.get("ipBlocks"))
    if spec.get("ipBlock") is not None:  # v1alpha2
        blocks = [*blocks, spec.get("ipBlock")]
    for block in blocks:
        yield from wide_peer("", as_map(block).get("cidr"), as_map(block).get("except"), is_ingress)
    if (key := open_selector(spec, is_lone=True, is_global=is_global)) is not None:
        yield finding("", spec.get(key), "")


def _named(stack: _Stack, group: str, kind: str, name: Any, namespace: str) -> list[Manifest]:
    """The sets of a name in the stack, which it may hold twice; none of an unknown name."""
    return [
        one
        for one in stack
        if (api_group_of(one), kind_of(one)) == (group, kind)
        and name_of(one) == name
        and (not namespace or namespace_of(one) == namespace)
    ]


def _verdict(path: str, name: Any, sets: Sequence[Manifest], wide: Finding | None) -> Iterator[Finding]:
    if name is UNKNOWN or not sets:
        found = f"{describe(name)}, which this stack does not hold, so that nobody knows its networks"
        yield Finding(path, found, _ADD, unknown=name is UNKNOWN)
    elif wide is not None:
        yield _too_wide(path, describe(name), wide)


def _too_wide(path: str, name: str, wide: Finding) -> Finding:
    return Finding(path, f"{name}, a set with {wide.found}", "name narrower networks in the set", unknown=wide.unknown)


def _calico(path: str, rule: dict[str, Any], is_ingress: bool, policy: Manifest, stack: _Stack) -> Iterator[Finding]:
    field = "source" if is_ingress else "destination"
    peer = as_map(rule.get(field))
    selector, namespaces = peer.get("selector"), peer.get("namespaceSelector")
    if not is_allowing(rule) or (selector in (None, "") and namespaces in (None, "")):
        return
    at = f"{path}.{field}.{'selector' if selector not in (None, '') else 'namespaceSelector'}"
    is_own = kind_of(policy) == "NetworkPolicy" and namespaces in (None, "")
    wanted = required_labels(as_str(selector)) or {}
    met = [one for one in stack if _is_met(one, wanted, namespace_of(policy) if is_own else None)]
    wide = ((one, found) for one in met for found in _wide_set(one, peer, is_ingress))
    first = next(wide, None)
    if first is not None:
        one, found = first
        shown = _too_wide(at, f"met by {describe(name_of(one))}", found)
        yield finding(at, UNKNOWN, shown.fix) if holds_unknown(selector) else shown
    elif wanted and not met and "global(" in as_str(namespaces):
        yield Finding(at, "met by no GlobalNetworkSet of this stack, so that nobody knows its networks", _ADD)


def _is_met(one: Manifest, wanted: Any, namespace: str | None) -> bool:
    """Whether an object is a set whose labels a selector wants, or may be once they are known."""
    labels, kind = labels_of(one), kind_of(one)
    if namespace is not None and (kind != "NetworkSet" or namespace_of(one) != namespace):
        return False
    is_set = kind in ("NetworkSet", "GlobalNetworkSet") and api_group_of(one) in _CALICO_GROUPS
    return is_set and all(
        key.startswith(_OF_NAMESPACES) or labels.get(key) is UNKNOWN or as_str(labels.get(key)) in values
        for key, values in wanted.items()
    )


def _wide_set(one: Manifest, peer: dict[str, Any], is_ingress: bool) -> Iterator[Finding]:
    for net in as_list(as_map(one.get("spec")).get("nets")):
        yield from wide_peer("", net, peer.get("notNets"), is_ingress)


_JUDGES: dict[str, Judge] = {
    "cilium.io": _cilium,
    "crd.antrea.io": _antrea,
    **dict.fromkeys(_CALICO_GROUPS, _calico),
}

CONTROL = Control(
    id="cni-policy-sets",
    requirement="Sets of networks that policies of a network plug-in admit must be known, and not hold everybody.",
    severity=Severity.HIGH,
    chapter="network",
    references=("CIS 5.3.2",),
    check_stack=check_stack,
)
