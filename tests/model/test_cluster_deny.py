"""What a baseline denies for the whole cluster: what it must not say beside tests/model/bad_input.yaml."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny import MOST_NETWORKS, ClusterDenyInputs
from k8s_hardening.model.cluster_deny_inputs import cluster_deny_inputs
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from tests.model.sample import sample

METADATA = "169.254.169.254/32"


def problems_of(cni: dict[str, Any], **deny: Any) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        read_baseline(sample({"cni": cni, "cluster_deny": {"networks": [METADATA], **deny}}))
    return [line.removeprefix(f"{ROOT}.cluster_deny.") for line in caught.value.problems]


def made(**changes: Any) -> ClusterDenyInputs:
    baseline = read_baseline(sample(changes))
    inputs = cluster_deny_inputs(baseline)
    assert inputs is not None
    return inputs


@pytest.mark.parametrize(
    ("cni", "deny", "problem"),
    [
        (
            {"name": "calico", "version": "3.32"},
            {"kind": "GlobalNetworkPolicy", "by_default": [METADATA]},
            (
                'by_default: ["169.254.169.254/32"] has no form in calico as GlobalNetworkPolicy: only '
                "ClusterNetworkPolicy and BaselineAdminNetworkPolicy let NetworkPolicies decide; remove it"
            ),
        ),
        (
            {"name": "calico", "version": "3.32"},
            {"calico_api": "crd.projectcalico.org/v1"},
            'calico_api: "crd.projectcalico.org/v1" is about GlobalNetworkPolicy, not ClusterNetworkPolicy; remove it',
        ),
        (
            {"name": "calico", "version": "3.32"},
            {"keep": ["169.254.0.0/16", "fd00::/8"]},
            f'networks[0]: "{METADATA}" stays reachable as a whole (keep, or NodeLocal DNS); remove it',
        ),
        (
            {"name": "cilium", "version": "1.18"},
            {"priority": 10},
            "priority: 10 has no meaning in Cilium, where a denial always wins; remove it",
        ),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(cni: dict[str, Any], deny: dict[str, Any], problem: str) -> None:
    assert problems_of(cni, **deny) == [problem]


def test_more_networks_than_a_policy_holds_are_refused() -> None:
    networks = [f"169.254.{high}.{low}/32" for high in range(3) for low in range(1, 255, 2)]
    kept = [f"10.{part}.0.1/32" for part in range(40)]
    assert len(networks) <= MOST_NETWORKS
    (line,) = problems_of({"name": "calico"}, networks=["10.0.0.0/8"], keep=kept)
    assert line.endswith(f'comes to more than {MOST_NETWORKS} networks; for example ["{METADATA}"]')
    assert made(cluster_deny={"networks": networks}).left(networks)


def test_what_other_parts_need_stays_reachable() -> None:
    loader = {
        "image": f"registry.example.com/platform/apparmor-loader@sha256:{'0' * 64}",
        "api_server": ["10.10.0.10/32"],
        "exemption": {"owner": "platform-team", "expires": "2027-06-30"},
    }
    profile = {"name": "web", "read_only": ["/etc/**"]}
    inputs = made(
        cluster_deny={"networks": ["169.254.20.8/30", "10.10.0.8/30"], "keep": ["10.96.0.0/12"]},
        dns={"node_local_cidr": "169.254.20.10/32"},
        apparmor={"profiles": [profile], "loader": loader},
    )
    assert [str(one) for one in inputs.left(inputs.networks)] == [
        "10.10.0.8/31", "10.10.0.11/32", "169.254.20.8/31", "169.254.20.11/32",
    ]  # fmt: skip


def test_the_judge_knows_what_is_denied() -> None:
    changes = {"cni": {"name": "calico", "version": "3.32"}, "cluster_deny": {"networks": ["169.254.169.252/30"]}}
    facts = knowledge_of(read_baseline(sample(changes)))
    assert facts.cluster_deny is not None
    assert facts.cluster_deny.model_dump() == {
        "kind": "ClusterNetworkPolicy", "networks": ("169.254.169.252/30",), "priority": 10,
    }  # fmt: skip
    assert (facts.cni, facts.cni_version, facts.cni_switches) == ("calico", "3.32", ())
    assert knowledge_of(read_baseline(sample())).cluster_deny is None


def test_every_problem_of_every_part_shows_at_once() -> None:
    denial = {"networks": ["10.10.0.0/24"]}
    bad = sample({"cluster_deny": denial, "tenants/0/name": "Team_A", "cni": {"name": "flannel"}})
    with pytest.raises(BadInputError) as caught:
        read_baseline(bad)
    paths = [line.removeprefix(f"{ROOT}.").partition(": ")[0] for line in caught.value.problems]
    assert paths == ["cluster_deny.keep", "cni.name", "tenants[0].name"]


def test_a_baseline_without_it_denies_nothing() -> None:
    baseline = Baseline.model_validate(sample())
    assert cluster_deny_inputs(baseline) is None


def test_inputs_that_nobody_checked_name_the_plug_in() -> None:
    inputs = made(cluster_deny={"networks": [METADATA]})
    unchecked = inputs.model_copy(update={"cni": inputs.cni.model_copy(update={"name": "kube-router"})})
    with pytest.raises(ValueError, match="kube-router has no kind"):
        unchecked.chosen_kind()
