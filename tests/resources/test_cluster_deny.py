"""The component `ClusterDeny`: its token, children, outputs and errors, alone and within a baseline."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import ClusterDeny, ClusterDenyArgs, HardenedBaseline
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.plans.cluster_deny import plan_cluster_deny
from tests.resources.monitor import record
from tests.resources.test_baseline import args

ARGS: ClusterDenyArgs = {
    "networks": ["169.254.169.254/32"],
    "kubernetes": "1.36",
    "cni": {"name": "calico", "version": "3.32"},
    "by_default": ["169.254.0.0/16"],
}
API = "kubernetes:policy.networking.k8s.io/v1alpha2:ClusterNetworkPolicy"


def test_children_and_their_tokens_are_public() -> None:
    recording = record(lambda: ClusterDeny("deny", ARGS))
    assert {resource.name: (resource.type, resource.parent) for resource in recording.resources} == {
        "deny": ("k8s-hardening:index:ClusterDeny", "k8s-hardening-dev"),
        "deny/ClusterNetworkPolicy/k8s-hardening-cluster-deny": (API, "deny"),
        "deny/ClusterNetworkPolicy/k8s-hardening-cluster-defaults": (API, "deny"),
    }


def test_objects_reach_the_engine_exactly_as_planned() -> None:
    planned = plan_cluster_deny(ClusterDenyInputs.model_validate(ARGS))
    recording = record(lambda: ClusterDeny("deny", ARGS))
    found = [resource.inputs for resource in recording.objects()]
    assert sorted(found, key=str) == sorted(planned, key=str)


def test_outputs_name_the_kind_the_policies_and_what_is_left_to_do() -> None:
    outputs = record(lambda: ClusterDeny("deny", ARGS)).component_outputs["deny"]
    assert outputs["kind"] == "ClusterNetworkPolicy"
    assert outputs["policies"] == ["k8s-hardening-cluster-defaults", "k8s-hardening-cluster-deny"]
    assert any("config/crd/standard" in line for line in outputs["advice"])


def test_a_mistake_is_one_readable_error() -> None:
    wrong: Any = {**ARGS, "cni": {"name": "kube-router"}}
    with pytest.raises(pulumi.RunError) as error:
        record(lambda: ClusterDeny("deny", wrong))
    assert str(error.value).startswith("deny.kind: (absent) cannot be chosen: kube-router is not known to have")


def test_a_baseline_denies_after_its_tenants_can_resolve_names() -> None:
    denial = {"networks": ["169.254.169.254/32"]}
    recording = record(lambda: HardenedBaseline("baseline", args(cluster_deny=denial)))
    made = recording.named("baseline/cluster-deny/GlobalNetworkPolicy/k8s-hardening-dev-cluster-deny")
    assert made.parent == "baseline/cluster-deny"
    assert made.type == "kubernetes:projectcalico.org/v3:GlobalNetworkPolicy"
    selector = 'projectcalico.org/namespace in { "payments-api", "shop-cart", "shop-web" }'
    assert made.inputs["spec"]["selector"] == selector
    before = recording.named("baseline/cluster-deny").dependencies
    assert "baseline/payments/NetworkPolicy/payments-api/allow-dns" in before


def test_a_baseline_without_it_has_no_such_component() -> None:
    recording = record(lambda: HardenedBaseline("baseline", args()))
    assert not [resource for resource in recording.resources if resource.type.endswith(":ClusterDeny")]
