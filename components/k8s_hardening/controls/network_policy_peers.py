"""Selectors that are meant together must stand in one peer: two peers of a list are alternatives.

A list of peers with a namespaceSelector in one item and a podSelector in another admits every pod of those
namespaces, and those pods of the policy's own namespace. Tutorials describe it as "these pods of these namespaces",
which is one item with both. Where alternatives are meant, two rules say so. A podSelector without conditions is
left alone: together with a namespaceSelector it would change nothing, so nobody means it that way.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.network_policies import Rule, has_split_selectors, is_network_policy, rules_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each list of peers with the two selectors in separate items."""
    for rule in rules_of(manifest):
        if _is_unknown(rule):
            yield finding(rule.peers_path, UNKNOWN, "give the selectors plain values")
        elif has_split_selectors(rule):
            yield Finding(
                rule.peers_path,
                "a list of alternatives: a namespaceSelector in one item, a podSelector in another",
                "put both selectors into one item if those pods of those namespaces are meant, or else write two rules",
            )


def _is_unknown(rule: Rule) -> bool:
    if rule.spec.get(rule.peers_field) is UNKNOWN:
        return True
    selectors = [(peer.get("podSelector"), peer.get("namespaceSelector")) for _, peer in rule.peers()]
    # One peer alone cannot be split, whatever its selectors turn out to be.
    return len(selectors) > 1 and any(UNKNOWN in pair for pair in selectors)


CONTROL = Control(
    id="network-policy-peers",
    requirement="Selectors of a network policy that are meant together must stand in one peer.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2", "Kubernetes: Network Policies, Behavior of to and from selectors"),
    check=check,
    concerns=is_network_policy,
)
