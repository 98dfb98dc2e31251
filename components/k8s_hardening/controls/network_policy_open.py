"""A rule of a NetworkPolicy must say whom it admits.

Restricted: a rule without peers (absent and empty both mean everybody); a peer that selects every pod of every
namespace, or all but those that it names; ingress from the whole address space, or a large part of it, without an
except that could be the cluster's networks; egress to a network that holds the address where
clouds serve the node's credentials, without an except for it. Ports do not matter: a rule that is open on one port
is open to everybody there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, holds_unknown
from k8s_hardening.kube.network_policies import (
    Rule,
    has_split_selectors,
    network_of,
    rules_of,
    selects_everything,
)
from k8s_hardening.kube.networks import Network, metadata_within
from k8s_hardening.model.knowledge import Knowledge

# The labels of a namespace that nobody has named in a policy: the server gives each its own name as a label.
_STRANGER = {"kubernetes.io/metadata.name": "-"}
# Prefix lengths by IP version. No owner's network is wider, so anything wider holds strangers; two halves of
# everything are everything.
_WIDEST_CLIENT = {4: 8, 6: 7}
# An except smaller than this leaves out no cluster.
_SMALLEST_CLUSTER = {4: 24, 6: 112}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule without peers, and each peer that is everybody."""
    for rule in rules_of(manifest):
        peers = rule.spec.get(rule.peers_field)
        if peers is UNKNOWN:
            yield finding(rule.peers_path, peers, "give the peers plain values")
        elif not as_list(peers):
            yield _without_peers(rule)
        else:
            is_split = has_split_selectors(rule)
            for path, peer in rule.peers():
                yield from _every_pod(path, peer, is_split=is_split)
                yield from _wide_network(f"{path}.ipBlock", as_map(peer.get("ipBlock")), rule)


def _without_peers(rule: Rule) -> Finding:
    whom = "a source" if rule.is_ingress else "a destination"
    where = "on its ports" if as_list(rule.spec.get("ports")) else "on every port"
    return Finding(
        rule.path,
        f"without {whom} and so open to everybody {where}",
        f"name the peers in {rule.peers_field}, or remove it",
    )


def _every_pod(path: str, peer: dict[str, Any], *, is_split: bool) -> Iterator[Finding]:
    namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    if namespaces is None or (pods is not None and not selects(pods, {})):
        return
    conditions = [as_map(namespaces).get(field) for field in ("matchLabels", "matchExpressions")]
    if UNKNOWN in conditions:
        yield finding(f"{path}.namespaceSelector", UNKNOWN, "give the selector plain values")
    elif not holds_unknown(namespaces) and selects(namespaces, _STRANGER) and not is_split:
        # network-policy-peers speaks about split selectors
        which = "without conditions" if selects_everything(namespaces) else "with conditions that any other meets"
        yield Finding(
            f"{path}.namespaceSelector",
            f"{which}, which selects every pod of every namespace",
            "select namespaces by label, and pods with a podSelector in the same item",
        )


def _wide_network(path: str, block: dict[str, Any], rule: Rule) -> Iterator[Finding]:
    cidr, exceptions = block.get("cidr"), [network_of(as_str(item)) for item in as_list(block.get("except"))]
    if cidr is UNKNOWN:
        yield finding(f"{path}.cidr", cidr, "give the network as a plain value")
        return
    network = network_of(as_str(cidr))
    if network is None:
        return
    if rule.is_ingress:
        is_narrowed = any(item is not None and item.prefixlen <= _SMALLEST_CLUSTER[item.version] for item in exceptions)
        if network.prefixlen < _WIDEST_CLIENT[network.version] and not is_narrowed:
            yield finding(f"{path}.cidr", cidr, "name the clients' networks, or take the cluster's own out with except")
        return
    address = metadata_within(network)
    if address is not None and not any(_holds(item, address) for item in exceptions):
        fix = "remove it" if address == network else f"add {address} to except"
        yield finding(f"{path}.cidr", cidr, f"{fix}: there clouds serve the node's credentials")


def _holds(network: Network | None, address: Network) -> bool:
    return network is not None and metadata_within(network) == address


CONTROL = Control(
    id="network-policy-open",
    requirement="Rules of a network policy must say whom they admit.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check=check,
)
