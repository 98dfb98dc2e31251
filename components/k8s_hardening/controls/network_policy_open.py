"""A rule of a NetworkPolicy must say whom it admits.

Restricted: a rule without peers (absent and empty both mean everybody); a peer that selects every pod of every
namespace, or all but those that it names; ingress from the whole address space, or a large part of it, without an
except that could be the cluster's networks; egress to a network that holds the address where
clouds serve the node's credentials, without an except for it. Ports do not matter: a rule that is open on one port
is open to everybody there. Only the cluster's DNS, where the judge knows that its namespace is closed, may be asked
by every namespace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.open_peers import STRANGER, wide_network
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, holds_unknown, namespace_of
from k8s_hardening.kube.network_policies import (
    Rule,
    has_split_selectors,
    is_network_policy,
    rules_of,
    selects_everything,
)
from k8s_hardening.model.knowledge import Knowledge

_DNS_PORT = 53


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule without peers, and each peer that is everybody."""
    answers_all = _is_dns(manifest, knowledge)
    for rule in rules_of(manifest):
        peers = rule.spec.get(rule.peers_field)
        if peers is UNKNOWN:
            yield finding(rule.peers_path, peers, "give the peers plain values")
        elif not as_list(peers):
            yield _without_peers(rule)
        else:
            is_split = has_split_selectors(rule)
            for path, peer in rule.peers():
                if not (answers_all and rule.is_ingress and _is_query(rule)):
                    yield from _every_pod(path, peer, is_split=is_split)
                block = as_map(peer.get("ipBlock"))
                yield from wide_network(f"{path}.ipBlock.cidr", block.get("cidr"), block.get("except"), rule.is_ingress)


def _is_dns(manifest: Manifest, knowledge: Knowledge) -> bool:
    """Whether a policy is about the DNS pods, or some of them, and no others."""
    dns = knowledge.dns
    wanted = as_map(as_map(as_map(manifest.get("spec")).get("podSelector")).get("matchLabels"))
    return (
        dns is not None
        and namespace_of(manifest) == dns.namespace
        and all(key in wanted and wanted[key] == value for key, value in dns.pods.items())
    )


def _is_query(rule: Rule) -> bool:
    ports = [port for _, port in rule.ports()]
    return bool(ports) and all(
        port.get("port") == _DNS_PORT and port.get("endPort") in (None, _DNS_PORT) for port in ports
    )


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
    elif not holds_unknown(namespaces) and selects(namespaces, STRANGER) and not is_split:
        # network-policy-peers speaks about split selectors
        which = "without conditions" if selects_everything(namespaces) else "with conditions that any other meets"
        yield Finding(
            f"{path}.namespaceSelector",
            f"{which}, which selects every pod of every namespace",
            "select namespaces by label, and pods with a podSelector in the same item",
        )


CONTROL = Control(
    id="network-policy-open",
    requirement="Rules of a network policy must say whom they admit.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check=check,
    concerns=is_network_policy,
)
