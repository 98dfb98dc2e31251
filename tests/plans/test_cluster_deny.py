"""Denials for the whole cluster, as each kind of each plug-in says them."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.people import AccessSpec
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.cluster_deny import cluster_deny_advice, plan_cluster_deny
from k8s_hardening.plans.tenant_roles import rules_of
from tests.model.sample import sample

REASON = "The controllers of the cloud read it."
CALICO_OLD, CALICO_TIERED, CALICO_NEW = ({"name": "calico", "version": one} for one in ("3.28", "3.30", "3.32"))
CILIUM_OLD, CILIUM = {"name": "cilium", "version": "1.15"}, {"name": "cilium", "version": "1.18"}
OVN = {"name": "ovn-kubernetes"}
LABELS = {"app.kubernetes.io/managed-by": "k8s-hardening"}


def inputs(cni: dict[str, Any], **changes: Any) -> ClusterDenyInputs:
    return ClusterDenyInputs.model_validate(
        {
            "networks": ["169.254.169.254/32", "fd00:ec2::254/128"],
            "kubernetes": "1.36",
            "cni": cni,
            "closed_namespaces": ["shop-web", "payments-api"],
            **changes,
        }
    )


def planned(cni: dict[str, Any], **changes: Any) -> dict[str, Any]:
    (made,) = plan_cluster_deny(inputs(cni, **changes))
    return made


def test_calico_denies_by_order_in_the_closed_namespaces_only() -> None:
    assert planned(CALICO_OLD, except_namespaces={"shop-web": REASON}, environment="dev") == {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "k8s-hardening-dev-cluster-deny", "labels": LABELS},
        "spec": {
            "order": 10,
            "selector": 'projectcalico.org/namespace in { "payments-api" }',
            "types": ["Egress"],
            "egress": [
                {"action": "Deny", "destination": {"nets": ["169.254.169.254/32"]}},
                {"action": "Deny", "destination": {"nets": ["fd00:ec2::254/128"]}},
            ],
        },
    }


def test_calico_without_its_api_server_is_written_as_it_stores_it() -> None:
    made = planned(CALICO_OLD, calico_api="crd.projectcalico.org/v1", priority=0)
    assert made["apiVersion"] == "crd.projectcalico.org/v1"
    assert made["spec"]["order"] == 0
    assert made["spec"]["selector"] == 'projectcalico.org/namespace in { "payments-api", "shop-web" }'


def test_no_rule_of_calico_holds_both_address_families() -> None:
    rules = planned(CALICO_OLD)["spec"]["egress"]
    assert [{":" in net for net in rule["destination"]["nets"]} for rule in rules] == [{False}, {True}]


def test_cilium_denies_without_isolating() -> None:
    assert planned(CILIUM, except_namespaces={"kube-system": REASON}) == {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumClusterwideNetworkPolicy",
        "metadata": {"name": "k8s-hardening-cluster-deny", "labels": LABELS},
        "spec": {
            "endpointSelector": {
                "matchExpressions": [
                    {"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"},
                    {"key": "k8s:io.kubernetes.pod.namespace", "operator": "NotIn", "values": ["kube-system"]},
                ]
            },
            "enableDefaultDeny": {"egress": False, "ingress": False},
            "egressDeny": [{"toCIDR": ["169.254.169.254/32", "fd00:ec2::254/128"]}],
        },
    }


def test_an_old_cilium_reaches_the_closed_namespaces_only() -> None:
    spec = planned(CILIUM_OLD)["spec"]
    assert "enableDefaultDeny" not in spec
    assert spec["endpointSelector"]["matchExpressions"] == [
        {"key": "k8s:io.kubernetes.pod.namespace", "operator": "In", "values": ["payments-api", "shop-web"]}
    ]


@pytest.mark.parametrize("cni", [CALICO_TIERED, OVN])
def test_admin_network_policies_come_before_those_of_namespaces(cni: dict[str, Any]) -> None:
    assert planned(cni, except_namespaces={"kube-system": REASON, "ci": REASON}, priority=3) == {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "k8s-hardening-cluster-deny", "labels": LABELS},
        "spec": {
            "priority": 3,
            "subject": {
                "namespaces": {
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["ci", "kube-system"]}
                    ]
                }
            },
            "egress": [
                {
                    "name": "deny",
                    "action": "Deny",
                    "to": [{"networks": ["169.254.169.254/32", "fd00:ec2::254/128"]}],
                }
            ],
        },
    }


def test_cluster_network_policies_have_a_tier_for_each_strength() -> None:
    both = plan_cluster_deny(inputs(CALICO_NEW, by_default=["169.254.0.0/16"], environment="dev"))
    found = {made["metadata"]["name"]: made for made in both}
    assert {made["apiVersion"] for made in both} == {"policy.networking.k8s.io/v1alpha2"}
    assert {name: made["spec"]["tier"] for name, made in found.items()} == {
        "k8s-hardening-dev-cluster-deny": "Admin",
        "k8s-hardening-dev-cluster-defaults": "Baseline",
    }
    defaults = found["k8s-hardening-dev-cluster-defaults"]["spec"]
    assert defaults["subject"] == {"namespaces": {}}
    assert defaults["egress"][0]["to"] == [{"networks": ["169.254.0.0/16"]}]


def test_the_baseline_of_admin_network_policies_has_the_one_name_that_it_may_have() -> None:
    made = {one["kind"]: one for one in plan_cluster_deny(inputs(OVN, by_default=["169.254.0.0/16"], environment="x"))}
    assert made["BaselineAdminNetworkPolicy"]["metadata"]["name"] == "default"
    assert "priority" not in made["BaselineAdminNetworkPolicy"]["spec"]
    assert made["AdminNetworkPolicy"]["metadata"]["name"] == "k8s-hardening-x-cluster-deny"


def test_a_peer_holds_no_more_networks_than_its_definition_takes() -> None:
    made = planned(CALICO_NEW, networks=["10.10.0.0/16"], keep=["10.10.1.1/32", "10.10.2.2/32", "10.10.3.3/32"])
    peers = made["spec"]["egress"][0]["to"]
    assert [len(peer["networks"]) for peer in peers] == [25, len(peers[-1]["networks"])]
    assert all(len(peer["networks"]) <= 25 for peer in peers)


@pytest.mark.parametrize("cni", [CALICO_OLD, CALICO_TIERED, CALICO_NEW, CILIUM_OLD, CILIUM, OVN])
def test_what_stays_reachable_is_in_no_denied_network(cni: dict[str, Any]) -> None:
    made = inputs(cni, networks=["10.10.0.0/24"], keep=["10.10.0.10/32"], dns={"node_local_cidr": "10.10.0.11/32"})
    assert not any(one.overlaps(other) for one in made.left(made.networks) for other in made.left(["10.10.0.10/31"]))
    assert made.left(["10.10.0.10/31"]) == ()
    assert sum(one.num_addresses for one in made.left(made.networks)) == 254


@pytest.mark.parametrize("cni", [CALICO_OLD, CALICO_TIERED, CALICO_NEW, CILIUM_OLD, CILIUM, OVN])
def test_no_control_has_a_word_against_them(cni: dict[str, Any]) -> None:
    knowledge = Knowledge.model_validate(
        {
            "kubernetes": "1.36",
            "cluster_deny": {"kind": "GlobalNetworkPolicy", "networks": ["169.254.169.254/32"], "priority": 10},
        }
    )
    for made in plan_cluster_deny(inputs(cni)):
        assert list(judge(made, CONTROLS, knowledge)) == []


@pytest.mark.parametrize(
    ("cni", "words"),
    [
        (CALICO_OLD, ["host network", "isolates what it selects", "API server, or from 3.32"]),
        (CALICO_TIERED, ["host network", "v0.1.7 config/crd/standard"]),
        (CALICO_NEW, ["host network", "v0.2.0 config/crd/standard"]),
        (CILIUM_OLD, ["host network", "isolates what it selects", "policyCIDRMatchMode"]),
        (CILIUM, ["host network", "policyCIDRMatchMode"]),
        ({**CILIUM, "switches": ["policyCIDRMatchMode"]}, ["host network"]),
    ],
)
def test_what_the_denial_does_not_do_is_said(cni: dict[str, Any], words: list[str]) -> None:
    advice = list(cluster_deny_advice(inputs(cni)))
    assert len(advice) == len(words)
    assert all(word in line for word, line in zip(words, advice, strict=True))


def test_it_is_part_of_the_plan_of_its_environment() -> None:
    changes = {"cni": CALICO_NEW, "cluster_deny": {"networks": ["169.254.169.254/32"]}}
    plan, without = plan_baseline(read_baseline(sample(changes))), plan_baseline(read_baseline(sample()))
    (extra,) = [one for one in plan.manifests if one["kind"] == "ClusterNetworkPolicy"]
    assert extra["metadata"]["name"] == "k8s-hardening-dev-cluster-deny"
    assert len(plan.manifests) == len(without.manifests) + 1
    assert [line for line in plan.notes.advice if line.startswith("cluster_deny: ")]
    assert not [line for line in without.notes.advice if line.startswith("cluster_deny: ")]


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_nobody_of_a_tenant_may_touch_these_kinds(role: str) -> None:
    groups = {group for rule in rules_of(role, AccessSpec()) for group in rule["apiGroups"]}
    assert groups
    own = {"projectcalico.org", "crd.projectcalico.org", "cilium.io", "policy.networking.k8s.io"}
    assert groups.isdisjoint({*own, "*"})
