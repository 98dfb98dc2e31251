"""A control that leaves a place to others does so only where these really say something about it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.enforcement.verdict import Bench, Resource
from k8s_hardening.model.enforcement import Level, PackConfiguration
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE

FLOWS = "network-flow-declared"
OPEN, PEERS, LABELS = "network-policy-open", "network-policy-peers", "network-policy-labels"
INSIDE = {"direction": "ingress", "namespaces": ["shop-web"], "peers": [{"podSelector": {}}], "ports": ["TCP/80"]}
EVERYBODY = {"direction": "ingress", "namespaces": ["shop-web"], "pods": {"matchLabels": {"app": "web"}},
             "peers": [{"namespaceSelector": {}}], "ports": ["TCP/443"]}  # fmt: skip
SPLIT = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ci"}}},
         {"podSelector": {"matchLabels": {"app": "x"}}}]  # fmt: skip
EXEMPTION = {"reason": "It is meant so.", "owner": "platform-team", "expires": "2026-12-31", "namespace": "shop-web"}


def policy(**rules: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": "shop-web"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress" if "ingress" in rules else "Egress"], **rules},
    }


def found(manifest: dict[str, Any], *, without: str = "", exempt: str = "", **exemption: Any) -> list[tuple[str, str]]:
    """Controls and paths of what is found while one control is disabled, and one is exempt for some objects."""
    network = {"closed": ["shop-web"], "openings": [INSIDE, EVERYBODY]}
    exemptions = [{**EXEMPTION, **exemption, "control": exempt}] if exempt else []
    knowledge = Knowledge.model_validate({**KNOWLEDGE, "network": network, "exemptions": exemptions})
    controls = [one for one in CONTROLS if one.id != without]
    return [(one.control.id, one.finding.path) for one in judge(manifest, controls, knowledge)]


CASES = {
    "ingress from everybody": (policy(ingress=[{}]), OPEN, "spec.ingress[0]", "spec.ingress[0]"),
    "egress to everything": (
        policy(egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
        OPEN,
        "spec.egress[0].to[0].ipBlock.cidr",
        "spec.egress[0].to[0]",
    ),
    "split selectors": (policy(ingress=[{"from": SPLIT}]), PEERS, "spec.ingress[0].from", "spec.ingress[0].from[0]"),
    "label of anybody": (
        policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}]),
        LABELS,
        "spec.ingress[0].from[0].namespaceSelector.matchLabels.team",
        "spec.ingress[0].from[0]",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_another_control_finds_is_left_to_it(case: str) -> None:
    manifest, control, path, _ = CASES[case]
    assert found(manifest) == [(control, path)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("how", ["without", "exempt"])
def test_what_another_control_is_kept_from_saying_is_said(case: str, how: str) -> None:
    manifest, control, _, path = CASES[case]
    assert (FLOWS, path) in found(manifest, **{how: control})


def test_an_exemption_of_another_object_or_of_yesterday_keeps_nothing_from_being_said() -> None:
    manifest, control, path, _ = CASES["ingress from everybody"]
    assert found(manifest, exempt=control, name="another") == [(control, path)]
    assert found(manifest, exempt=control, expires="2026-11-23") == [(control, path)]


def test_an_exempt_rule_within_the_declared_flows_passes() -> None:
    rule = {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 443}]}
    as_declared = policy(ingress=[rule])
    as_declared["spec"]["podSelector"] = {"matchLabels": {"app": "web"}}
    narrower = policy(ingress=[rule])
    narrower["spec"]["podSelector"] = {"matchLabels": {"app": "web", "tier": "front"}}
    assert found(as_declared, exempt=OPEN) == found(narrower, exempt=OPEN) == []
    assert found(policy(ingress=[rule]), exempt=OPEN) == [(FLOWS, "spec.ingress[0].from[0]")]


def test_labels_in_a_selector_that_everybody_meets_are_told_where_that_is_not() -> None:
    others = {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["x"]}]}
    manifest = policy(ingress=[{"from": [{"namespaceSelector": others}]}])
    path = "spec.ingress[0].from[0].namespaceSelector"
    assert found(manifest) == [(OPEN, path)]
    assert found(manifest, without=OPEN) == [(LABELS, f"{path}.matchExpressions[0].key")]


def test_advice_of_another_control_keeps_nothing_that_blocks_from_being_said() -> None:
    knowledge = Knowledge.model_validate({"network": {"closed": ["shop-web"], "openings": [INSIDE]}})
    bench = Bench(PackConfiguration(levels={OPEN: Level.ADVISORY}, knowledge=knowledge), datetime.date(2026, 1, 1))
    opened = Resource("kubernetes:networking.k8s.io/v1:NetworkPolicy", policy(ingress=[{}]), holds_unknown=False)
    (blocking,) = bench.about(opened, Level.MANDATORY)
    assert blocking.startswith(f"[{FLOWS}] ")


def test_controls_yield_to_controls_about_single_objects() -> None:
    about_objects = {one.id for one in CONTROLS if one.check is not None}
    yielding = [one for one in CONTROLS if one.yields_to]
    assert [one.id for one in yielding] == [FLOWS, LABELS]
    assert all(set(one.yields_to) <= about_objects for one in yielding)
