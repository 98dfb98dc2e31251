"""Denials for the whole cluster on a real API server, by the plug-ins' own definitions: created, dry and for good."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.plans.cluster_deny import plan_cluster_deny
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.definitions import create, install, path_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

REASON = "The controllers of the cloud read it."
# Denied networks of both families, more than one peer takes, after what must stay reachable is taken out.
DENIED = {
    "networks": ["169.254.0.0/16", "fd00:ec2::254/128", "10.10.0.0/16"],
    "keep": ["10.10.0.10/32", "10.10.7.7/32", "10.96.0.0/12"],
    "except_namespaces": {"kube-system": REASON, "cloud-controllers": REASON},
    "dns": {"node_local_cidr": "169.254.20.10/32"},
    "closed_namespaces": ["payments-api", "payments-db"],
    "kubernetes": "1.37",
}
CASES: dict[str, dict[str, Any]] = {
    "calico-stored": {"cni": {"name": "calico", "version": "3.28"}, "calico_api": "crd.projectcalico.org/v1"},
    "calico-served": {"cni": {"name": "calico", "version": "3.28"}, "priority": 0},
    "calico-admin": {"cni": {"name": "calico", "version": "3.31"}, "priority": 1000},
    "calico-cluster": {"cni": {"name": "calico", "version": "3.32"}, "by_default": ["10.30.0.0/16"]},
    "canal": {"cni": {"name": "canal"}},
    "cilium": {"cni": {"name": "cilium", "version": "1.20"}},
    "cilium-isolating": {"cni": {"name": "cilium", "version": "1.15"}},
    "cilium-cluster": {
        "cni": {"name": "cilium", "version": "1.20", "switches": ["k8sClusterNetworkPolicy.enabled"]},
        "kind": "ClusterNetworkPolicy",
    },
    "ovn-admin": {"cni": {"name": "ovn-kubernetes"}, "by_default": ["10.30.0.0/16", "2001:db8::/32"]},
    "antrea": {"cni": {"name": "antrea", "version": "2.7"}},
}
KINDS = {
    "GlobalNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
}


@pytest.fixture(scope="module")
def defined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server that knows the plug-ins' kinds."""
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("defined")) as made:
        made.start_api_server(made.plain_flags())
        install(made)
        yield made


def planned(case: str) -> tuple[dict[str, Any], ...]:
    environment = f"{case}-{'x' * 20}"  # so that no name meets another's, and each is as long as people make them
    return plan_cluster_deny(ClusterDenyInputs.model_validate({**DENIED, **CASES[case], "environment": environment}))


@pytest.mark.parametrize("case", CASES)
def test_the_server_takes_every_field(defined: Cluster, case: str) -> None:
    for manifest in planned(case):
        for dry_run in (True, False):
            answer = create(defined, manifest, dry_run=dry_run)
            assert answer.status == 201, (case, answer.body)
            assert answer.warnings == ()
        stored = defined.request("GET", f"{path_for(manifest)}/{manifest['metadata']['name']}").body
        assert stored["spec"] == manifest["spec"]


def test_every_kind_is_among_the_cases() -> None:
    assert {manifest["kind"] for case in CASES for manifest in planned(case)} == KINDS


def changed(case: str, change: dict[str, Any], index: int = 0) -> dict[str, Any]:
    made = copy.deepcopy(planned(case)[index])
    made["metadata"]["name"] = "changed"
    for path, value in change.items():
        holder: Any = made
        *steps, last = path.split("/")
        for step in steps:
            holder = holder[int(step)] if step.isdigit() else holder[step]
        holder[last] = value
    return made


@pytest.mark.parametrize(
    ("case", "change", "words"),
    [
        ("calico-stored", {"spec/orders": 1}, 'unknown field "spec.orders"'),
        ("calico-stored", {"spec/egress/0/destination/net": []}, "unknown field"),
        ("cilium", {"spec/egressDeny/0/toCidr": []}, "unknown field"),
        ("cilium", {"spec/egressDeny/0/toCIDR": ["not-a-network"]}, "toCIDR"),
        ("calico-admin", {"spec/priority": 1001}, "less than or equal to 1000"),
        ("calico-admin", {"spec/egress/0/action": "Drop"}, "Unsupported value"),
        ("calico-admin", {"spec/egress/0/to/0/networks": [f"10.0.{one}.0/24" for one in range(26)]}, "at most 25"),
        ("calico-cluster", {"spec/egress/0/to/0/networks": ["10.0.0.0"]}, "Invalid CIDR"),
        ("calico-cluster", {"spec/tier": "Security"}, "Unsupported value"),
    ],
)
def test_the_definitions_do_judge(defined: Cluster, case: str, change: dict[str, Any], words: str) -> None:
    answer = create(defined, changed(case, change), dry_run=True)
    assert answer.status in (400, 422), answer.body
    assert words in answer.body["message"]


def test_a_baseline_of_admin_network_policies_has_one_name_only(defined: Cluster) -> None:
    index = next(index for index, one in enumerate(planned("ovn-admin")) if one["kind"] == "BaselineAdminNetworkPolicy")
    answer = create(defined, changed("ovn-admin", {}, index), dry_run=True)
    assert answer.status == 422
    assert 'metadata.name="default"' in answer.body["message"]
