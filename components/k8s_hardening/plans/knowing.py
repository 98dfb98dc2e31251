"""Everything that the judge knows of an environment: what its baseline says, and what its plan opens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from k8s_hardening.kube.manifest import Manifest, as_list, as_map, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy, port_text, rules_of
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.knowledge import Knowledge, NetworkFacts, OpeningFacts
from k8s_hardening.plans.baseline import plan_baseline


def full_knowledge_of(baseline: Baseline) -> Knowledge:
    """What `knowledge_of` says, and with it the flows: everything that any stack of the environment may open.

    It becomes a file of the policy pack, so it is small and sorted: a rule that stands alike in many namespaces, such
    as that about DNS, is there once.
    """
    network = network_facts(plan_baseline(baseline).manifests)
    return knowledge_of(baseline).model_copy(update={"network": network})


def network_facts(manifests: Iterable[Manifest]) -> NetworkFacts:
    """The namespaces that the NetworkPolicies of a plan close, and the rules by which they open them."""
    policies = [one for one in manifests if is_network_policy(one)]
    found: dict[str, tuple[OpeningFacts, set[str]]] = {}
    for policy in policies:
        for opening in _openings(policy):
            text = json.dumps(opening.model_dump(exclude={"namespaces"}), sort_keys=True)
            found.setdefault(text, (opening, set()))[1].update(opening.namespaces)
    return NetworkFacts(
        closed=tuple(sorted({namespace_of(policy) for policy in policies})),
        openings=tuple(
            opening.model_copy(update={"namespaces": tuple(sorted(namespaces))})
            for _, (opening, namespaces) in sorted(found.items())
        ),
    )


def _openings(policy: Manifest) -> Iterator[OpeningFacts]:
    for rule in rules_of(policy):
        yield OpeningFacts(
            namespaces=(namespace_of(policy),),
            direction="ingress" if rule.is_ingress else "egress",
            pods=as_map(as_map(policy.get("spec")).get("podSelector")),
            peers=tuple(as_list(rule.spec.get(rule.peers_field))),
            ports=tuple(port_text(port) for _, port in rule.ports()),
        )
