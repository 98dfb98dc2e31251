"""A NetworkPolicy in a closed namespace must open no more than the declared flows of the environment.

Asked as soon as the judge knows the flows (the pack's own configuration does): every rule of a NetworkPolicy in a
namespace that the platform closes, for every pod there may ever be, must lie within what the flows open there in that
direction, DNS included. Each half of a way is judged by itself, since the other half may stand in another stack; if
all halves are declared, so is every connection. A rule may be narrower than a flow, or within several together. A port
with a name counts as declared only where the flow has that name, or every port. A network counts as declared only
where a flow has it, whoever has the addresses. Namespaces that nobody closed are open anyway, and nothing is asked
there. What network-policy-open, network-policy-peers or network-policy-labels find is left to them; where one of them
is disabled, an advice or exempt, the rule is held to the flows all the same. Policies that the server refuses belong
to network-policy-valid. Policies of a plug-in's own kinds are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls import network_policy_labels, network_policy_open, network_policy_peers
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.declared_flows import Beyond, beyond, is_declared, openings_in
from k8s_hardening.controls.shared.opening_texts import end_texts, port_texts_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, holds_unknown, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy, rules_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each peer that is let through without a flow."""
    if knowledge.network is None or not is_network_policy(manifest):
        return
    rules = list(rules_of(manifest))
    namespace = as_map(manifest.get("metadata")).get("namespace")
    if namespace is UNKNOWN and rules:
        yield finding("metadata.namespace", namespace, "give the policy a plain namespace")
        return
    openings = openings_in(namespace_of(manifest), knowledge)
    if openings is None or all(is_declared(rule, manifest, openings) for rule in rules):
        return
    spec = as_map(manifest.get("spec"))
    is_vague = holds_unknown([spec.get("podSelector"), spec.get("policyTypes")])
    undecided = {rule.path for rule in rules if is_vague or rule.is_vague}
    for one in beyond(manifest, openings, knowledge):
        yield _finding(one, namespace_of(manifest) or "default", unknown=one.rule in undecided)


def _finding(one: Beyond, namespace: str, *, unknown: bool) -> Finding:
    pods, peers = end_texts(one.left, namespace)
    source, destination = (peers, pods) if one.is_ingress else (pods, peers)
    return Finding(
        one.path,
        f"open from {source} to {destination} on {port_texts_of(one)}, which no flow of the environment declares",
        "remove it, or have the flow declared in the baseline with the consent of both ends",
        unknown=unknown,
    )


CONTROL = Control(
    id="network-flow-declared",
    requirement="A network policy must open no more than the declared flows of the environment.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2", "Kubernetes: Multi-tenancy, Network isolation"),
    check=check,
    concerns=is_network_policy,
    yields_to=tuple(one.CONTROL.id for one in (network_policy_open, network_policy_peers, network_policy_labels)),
)
