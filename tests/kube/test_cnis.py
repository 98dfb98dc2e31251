"""What is known of network plug-ins, and that each fact has its source."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.cni_facts import Cni, Fact, PolicyKind, State
from k8s_hardening.kube.cnis import CNIS

FACTS = ("network_policy", "egress", "end_port", "sctp_ports", "host_network")


def test_every_plug_in_that_people_meet_is_listed() -> None:
    assert set(CNIS) == {
        "antrea", "aws-vpc-cni", "azure-cni", "azure-cni-calico", "azure-cni-cilium", "azure-npm", "calico", "canal",
        "cilium", "contiv", "eks-auto-mode", "flannel", "flannel-netpol", "gke-dataplane-v2", "k3s", "kindnet",
        "kube-ovn", "kube-router", "ovn-kubernetes", "romana", "weave",
    }  # fmt: skip


def test_those_that_enforce_nothing_name_what_does() -> None:
    idle = {name: cni for name, cni in CNIS.items() if not cni.enforces}
    assert set(idle) == {"azure-cni", "contiv", "flannel", "romana"}
    assert all(cni.remedy for cni in idle.values())
    assert not any(cni.remedy for name, cni in CNIS.items() if name not in idle)
    assert {name for name, cni in idle.items() if cni.network_policy.holds is None} == {"contiv", "romana"}
    assert "canal" in CNIS["flannel"].remedy
    assert CNIS["canal"].enforces


def test_those_whose_version_matters() -> None:
    assert {name: cni.first_version for name, cni in CNIS.items() if cni.first_version} == {
        "aws-vpc-cni": (1, 14),
        "flannel-netpol": (0, 26),
        "kindnet": (0, 24),
    }
    assert {name: cni.port_ranges_since for name, cni in CNIS.items() if cni.port_ranges_since} == {"cilium": (1, 16)}


def test_those_that_must_be_switched_on() -> None:
    assert {name: cni.required_switches for name, cni in CNIS.items() if cni.required_switches} == {
        "aws-vpc-cni": ("enable-network-policy",),
        "eks-auto-mode": ("controller", "node-class"),
    }


def test_those_whose_rules_about_sctp_are_heeded() -> None:
    assert {name for name, cni in CNIS.items() if cni.sctp} == {
        "aws-vpc-cni", "calico", "canal", "cilium", "eks-auto-mode", "flannel-netpol", "gke-dataplane-v2", "kindnet",
        "ovn-kubernetes",
    }  # fmt: skip
    assert {name for name, cni in CNIS.items() if cni.sctp is False} == {"azure-cni", "flannel"}


def test_those_that_nobody_mends_say_what_to_move_to() -> None:
    states = {name: cni.upkeep.state for name, cni in CNIS.items()}
    assert {name for name, state in states.items() if state is State.UNVERIFIED} == {"contiv", "kube-router", "romana"}
    leaving = {name: CNIS[name].upkeep for name, state in states.items() if state in (State.ARCHIVED, State.ENDING)}
    assert set(leaving) == {"azure-npm", "weave"}
    assert all(upkeep.instead for upkeep in leaving.values())
    assert {name for name, upkeep in leaving.items() if upkeep.ends is not None} == {"azure-npm"}


@pytest.mark.parametrize("name", CNIS)
def test_each_fact_has_its_source(name: str) -> None:
    cni = CNIS[name]
    facts: list[Fact] = [getattr(cni, field) for field in FACTS]
    sources = [fact.source for fact in facts] + [one.source for one in cni.policies] + [cni.upkeep.source]
    assert all(sources)
    assert all(switch.source and switch.how for _, switch in cni.switches)
    assert cni.evidence == cni.network_policy.source


@pytest.mark.parametrize("name", CNIS)
def test_each_switch_that_something_needs_is_explained(name: str) -> None:
    cni = CNIS[name]
    named = {getattr(cni, field).switch for field in FACTS} | {one.switch for one in cni.policies}
    assert {switch for switch in named if switch is not None and cni.switch(switch) is None} == set()


def test_nothing_is_claimed_without_evidence() -> None:
    assert all(getattr(CNIS[name], field).holds is None for name in ("contiv", "romana") for field in FACTS)


@pytest.mark.parametrize(
    ("version", "newer"),
    [("1.16", True), ("v1.16.0", True), ("1.100", True), ("2.0", True), ("1.15.99", False), ("1.9", False),
     ("v0.99", False), ("", False), ("1", False), ("latest", False), ("1.x", False)],
)  # fmt: skip
def test_versions_compare_by_number(version: str, newer: bool) -> None:
    assert Cni.is_at_least(version, (1, 16)) is newer


@pytest.mark.parametrize(
    ("version", "switches", "given"),
    [("1.16", ["on"], True), ("1.18.3", ["on"], True), ("1.15", ["on"], False), ("1.19", ["on"], False),
     ("1.16", [], False), (None, ["on"], False)],
)  # fmt: skip
def test_a_kind_is_given_by_version_and_switch(version: str | None, switches: list[str], given: bool) -> None:
    kind = PolicyKind("K", ("v1",), "source", since=(1, 16), until=(1, 18), switch="on")
    assert kind.is_given(version, switches) is given
    fact = Fact(True, "source", since=(1, 16), switch="on")
    assert fact.is_given(version, switches) is (given or version == "1.19")


def test_a_kind_that_ended_is_not_given_to_an_undeclared_version_of_the_newest() -> None:
    kind = PolicyKind("K", ("v1",), "source", until=(3, 31))
    assert kind.is_given("3.31", [])
    assert not kind.is_given("3.32", [])
