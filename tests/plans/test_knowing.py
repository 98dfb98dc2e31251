"""What the judge is told of flows: all that a plan opens, small, and enough to notice everything beyond."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.controls import network_flow_declared, network_policy_labels, network_policy_open
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.controls.shared.declared_flows import is_declared
from k8s_hardening.kube.manifest import Manifest, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy, rules_of
from k8s_hardening.kube.reach import Pods, World, differences
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.knowing import full_knowledge_of, network_facts
from tests.plans.environments import VERSIONS, environment

ROOT = Path(__file__).parents[2]
RECIPES = sorted(path.name.split(".")[1] for path in (ROOT / "examples/network").glob("Pulumi.*.yaml"))
ENVIRONMENTS = [*(("", one) for one in ("dev", "prod")), *(("examples/network", one) for one in RECIPES)]
NETWORK = tuple(one for one in CONTROLS if one.chapter == "network")
TRIES = 60


def read(folder: str, stack: str) -> Baseline:
    return baseline_of(ROOT / folder, stack)


def policies_of(baseline: Baseline) -> list[Manifest]:
    return [one for one in plan_baseline(baseline).manifests if is_network_policy(one)]


def texts(manifests: Sequence[Manifest], knowledge: Knowledge) -> list[str]:
    found = [one for manifest in manifests for one in judge(manifest, NETWORK, knowledge)]
    found += [one for _, one in judge_stack(manifests, NETWORK, knowledge)]
    return [f"{one.control.id}: {one.finding.message}" for one in found]


@pytest.mark.parametrize(("folder", "stack"), ENVIRONMENTS)
def test_every_rule_of_a_plan_is_declared_just_so(folder: str, stack: str) -> None:
    baseline = read(folder, stack)
    # As the pack reads it: from a file, in which a number may have become another kind of number.
    told = Knowledge.model_validate(json.loads(full_knowledge_of(baseline).model_dump_json()))
    assert told.network is not None
    asked = 0
    for policy in policies_of(baseline):
        openings = told.network.of_namespace[namespace_of(policy)]
        for rule in rules_of(policy):
            assert is_declared(rule, policy, openings), f"{policy['metadata']} {rule.path}"
            asked += 1
    assert asked
    assert texts(plan_baseline(baseline).manifests, told) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_so_in_every_version(version: str) -> None:
    baseline = environment(version)
    assert texts(plan_baseline(baseline).manifests, full_knowledge_of(baseline)) == []


def test_it_adds_the_network_alone_and_does_not_hang_on_the_order_of_tenants() -> None:
    baseline = read("", "dev")
    turned = baseline.model_copy(update={"tenants": tuple(reversed(baseline.tenants))})
    assert full_knowledge_of(turned) == full_knowledge_of(baseline)
    assert full_knowledge_of(baseline).model_copy(update={"network": None}) == knowledge_of(baseline)


def test_a_rule_that_stands_in_many_namespaces_is_told_once() -> None:
    network = full_knowledge_of(read("", "dev")).network
    assert network is not None
    dns = [one for one in network.openings if one.ports == ("UDP/53", "TCP/53")]
    assert len(dns) == 1
    tenants = {name for tenant in knowledge_of(read("", "dev")).tenants for name in tenant.namespaces}
    assert tenants <= set(dns[0].namespaces)
    assert tenants <= set(network.closed)


def test_a_closed_namespace_without_openings_is_known_as_such() -> None:
    deny = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "d", "namespace": "x"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}  # fmt: skip
    found = network_facts([deny])
    assert (found.closed, found.openings, found.of_namespace) == (("x",), (), {"x": ()})


class Drawn:
    """Policies that somebody could add in a closed namespace, some of which open more and some nothing."""

    def __init__(self, seed: str, world: World) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - the same policies each time
        closed = {one.namespace for one in world.policies if one.namespace}
        self._pods = sorted((one for one in world.pods if one.namespace in closed), key=str)
        self._everybody = sorted(world.pods, key=str)
        self._ports = sorted({(protocol, first) for policy in world.policies
                              for side in (policy.ingress, policy.egress) for grant in side.grants
                              for protocol, first, last in grant.ports if first == last})  # fmt: skip
        self._networks = [str(one) for one in world.regions.networks if one.prefixlen > 7] + ["198.51.100.0/24"]

    def policy(self) -> Manifest:
        draw, subject, is_ingress = (self._draw, self._draw.choice(self._pods), self._draw.random() < 0.5)
        peer: dict[str, Any]
        if draw.random() < 0.2:
            peer = {"ipBlock": {"cidr": draw.choice(self._networks)}}
        else:
            other = draw.choice(self._everybody)
            peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": other.namespace}}}
            if draw.random() < 0.7:
                peer["podSelector"] = _selector(other)
        protocol, number = draw.choice([*self._ports, ("TCP", 8080), ("UDP", 9)])
        ports = {"ports": [{"protocol": protocol, "port": number}]} if draw.random() < 0.9 else {}
        kind, peers = ("Ingress", "from") if is_ingress else ("Egress", "to")
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "added", "namespace": subject.namespace},
            "spec": {
                "podSelector": _selector(subject) if draw.random() < 0.7 else {},
                "policyTypes": [kind],
                kind.lower(): [{peers: [peer], **ports}],
            },
        }


def _selector(pods: Pods) -> dict[str, Any]:
    return {"matchLabels": dict(pods.labels)} if pods.labels else {}


@pytest.mark.thorough
@pytest.mark.parametrize(("folder", "stack"), ENVIRONMENTS)
def test_an_added_policy_that_opens_something_is_always_found(folder: str, stack: str) -> None:
    """Whatever the evaluator sees open that was not, some control of the chapter stops."""
    baseline = read(folder, stack)
    knowledge, planned = (full_knowledge_of(baseline), list(plan_baseline(baseline).manifests))
    before = World.of(planned, baseline.kubernetes, imagine=True)
    drawn = Drawn(stack, before)
    opening = 0
    for _ in range(TRIES):
        added = drawn.policy()
        after = World.of([*planned, added], baseline.kubernetes, imagine=True)
        if differences(before.with_ends(after.pods), after.with_ends(before.pods)):
            opening += 1
            stopping = [one for one in judge(added, NETWORK, knowledge) if one.control.level == "mandatory"]
            assert stopping, json.dumps(added)
    assert opening, "nothing that was drawn opened anything"


@pytest.mark.parametrize(("folder", "stack"), ENVIRONMENTS)
def test_less_than_a_flow_of_the_plan_is_never_found(folder: str, stack: str) -> None:
    baseline = read(folder, stack)
    knowledge = full_knowledge_of(baseline)
    for policy in policies_of(baseline):
        for rule in rules_of(policy):
            less = copy.deepcopy(policy)
            less["metadata"]["name"] = "less"
            kind, selector = (rule.path.split(".")[1].split("[")[0], less["spec"]["podSelector"])
            less["spec"]["podSelector"] = {
                **selector, "matchLabels": {**selector.get("matchLabels", {}), "shard": "7"}
            }  # fmt: skip
            less["spec"][kind] = [{**rule.spec, rule.peers_field: rule.spec[rule.peers_field][:1]}]
            if "ports" in rule.spec:
                less["spec"][kind][0]["ports"] = rule.spec["ports"][:1]
            assert list(judge(less, (network_flow_declared.CONTROL,), knowledge)) == []


def test_the_halves_that_open_nothing_yet_are_found_as_well() -> None:
    """Another stack may hold the other half, so no half passes because the other is closed today."""
    baseline = read("", "dev")
    knowledge = full_knowledge_of(baseline)
    for kind, peers in (("ingress", "from"), ("egress", "to")):
        half = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "half", "namespace": "shop-web"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "web"}},
                "policyTypes": [kind.capitalize()],
                kind: [
                    {peers: [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "payments-db"}}}]}
                ],
            },
        }
        (found,) = judge(half, NETWORK, knowledge)
        assert found.control.id == "network-flow-declared"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("control", "findings"), [(network_flow_declared, 2_001), (network_policy_labels, 0), (network_policy_open, 0)]
)
def test_a_large_hostile_policy_is_judged_in_time(control: Any, findings: int) -> None:
    excepted = [f"203.0.{number // 256}.{number % 256}/32" for number in range(5_000)]
    peers: list[dict[str, Any]] = [{"podSelector": {"matchLabels": {f"k{number}": "v"}}} for number in range(2_000)]
    ports = [{"protocol": "TCP", "port": f"n{number}"} for number in range(5_000)]
    large = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "large", "namespace": "payments-db"},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": peers, "ports": ports}],
            "egress": [{"to": [{"ipBlock": {"cidr": "203.0.0.0/16", "except": excepted}}]}],
        },
    }
    assert sum(1 for _ in control.check(large, full_knowledge_of(read("", "dev")))) == findings
