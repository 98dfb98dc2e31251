"""One allowance more than the flows declare: the real engine stops, in the platform's stack and in a team's own."""

from __future__ import annotations

import pytest

from tests.e2e.checkout import Checkout, Ran

pytestmark = pytest.mark.e2e

TEAM = ("--project", "examples/team-stack", "--pack-config", "examples/team-stack/pack.dev.json")
ADDED = """
    from pulumi_kubernetes.networking.v1 import {kind}

    {kind}(
        "added",
        metadata={{"name": "added", "namespace": "payments-db"}},
        spec={{
            "pod_selector": {{"match_labels": {{"app": "postgres"}}}},
            "policy_types": ["Ingress"],
            "ingress": [
                {{
                    "from_": [
                        {{"namespace_selector": {{"match_labels": {{"kubernetes.io/metadata.name": "shop-web"}}}}}}
                    ],
                    "ports": [{{"protocol": "TCP", "port": 5432}}],
                }}
            ],
        }},
        opts=pulumi.ResourceOptions(provider=provider),
    )

    pulumi.export("environment","""
OF_A_TEAM = """
kubernetes.networking.v1.NetworkPolicy(
    "added",
    metadata={{"name": "added", "namespace": "storefront-web"}},
    spec={{
        "pod_selector": {{"match_labels": {{"app": "web", "tier": "front"}}}},
        "policy_types": ["Egress"],
        "egress": [
            {{
                "to": [
                    {{
                        "namespace_selector": {{
                            "match_labels": {{"kubernetes.io/metadata.name": "storefront-legacy"}}
                        }},
                        "pod_selector": {{"match_labels": {{"app": "{peer}"}}}},
                    }}
                ],
                "ports": [{{"protocol": "TCP", "port": 8080}}],
            }}
        ],
    }},
    opts=on_cluster,
)

pulumi.export("namespace","""


@pytest.mark.parametrize(
    ("kind", "others"), [("NetworkPolicy", set()), ("NetworkPolicyPatch", {("patched-guard-rail", "mandatory")})]
)
def test_one_open_policy_beside_the_environment_stops_its_preview(
    project: Checkout, kind: str, others: set[tuple[str, str]]
) -> None:
    project.edit("__main__.py", '\n    pulumi.export("environment",', ADDED.format(kind=kind))
    ran = project.preview()
    assert ran.status == 1, ran.log
    assert ran.controls == {("network-flow-declared", "mandatory"), *others}
    (found,) = (one for one in ran.summary["findings"] if one["control"] == "network-flow-declared")
    said = "open from any pod of shop-web to pods with app=postgres of payments-db on TCP/5432"
    assert said in found["message"], found


def with_policy(project: Checkout, peer: str) -> Ran:
    project.edit("examples/team-stack/__main__.py", '\npulumi.export("namespace",', OF_A_TEAM.format(peer=peer))
    return project.preview(*TEAM)


def test_a_policy_of_a_team_within_its_flows_passes_though_the_deny_all_stands_elsewhere(project: Checkout) -> None:
    ran = with_policy(project, "catalogue")
    assert ran.status == 0, ran.log
    assert not [one for one in ran.summary["findings"] if one["level"] == "mandatory"]


def test_a_policy_of_a_team_beyond_its_flows_is_stopped(project: Checkout) -> None:
    ran = with_policy(project, "accounts")
    assert ran.status == 1
    assert ("network-flow-declared", "mandatory") in ran.controls
    assert "open from pods with app=web and tier=front of storefront-web" in ran.log
