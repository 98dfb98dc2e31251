"""What policies leave out is found, and nothing that may be covered is blamed."""

from __future__ import annotations

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.reach import World, idle_peers, idle_policies, peers_of, uncovered_pods
from tests.kube.reach.worlds import by, namespace, pod, policy

PODS = [namespace("shop", team="blue"), pod("shop/web", {"app": "web"}), pod("shop/db", {"app": "db"})]


def names(world: World, *, is_ingress: bool) -> list[str]:
    return [str(one) for one in uncovered_pods(world, is_ingress=is_ingress)]


def test_pods_that_no_policy_isolates_are_told_by_direction() -> None:
    world = World.of([*PODS, pod("shop/agent", hostNetwork=True), policy("shop/p", podSelector=by(app="web"))])
    assert names(world, is_ingress=True) == ["shop/app=db"]
    assert names(world, is_ingress=False) == ["shop/app=web", "shop/app=db"]


def test_what_covers_only_perhaps_does_not_cover() -> None:
    world = World.of([*PODS, policy("shop/p", podSelector={"matchLabels": {"app": UNKNOWN}})])
    assert names(world, is_ingress=True) == ["shop/app=web", "shop/app=db"]
    assert idle_policies(world) == ()


def test_policies_that_select_nobody_are_told() -> None:
    world = World.of([*PODS, policy("shop/idle", podSelector=by(app="api")), policy("shop/busy")])
    assert [one.name for one in idle_policies(world)] == ["idle"]


def test_peers_that_name_nobody_are_told_with_their_path() -> None:
    peers = [
        {"podSelector": by(app="api")},
        {"podSelector": by(app="web")},
        {"namespaceSelector": by(team="red")},
        {"ipBlock": {"cidr": "192.0.2.0/24"}},
    ]
    world = World.of([*PODS, policy("shop/p", ingress=[{}, {"from": peers}])])
    assert [one.path for one in idle_peers(world)] == ["spec.ingress[1].from[0]", "spec.ingress[1].from[2]"]


def test_the_labels_that_decide_over_namespaces_are_told() -> None:
    selector = {"matchLabels": {"team": "red"}, "matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}
    world = World.of([*PODS, policy("shop/p", egress=[{"to": [{"namespaceSelector": selector}, {"podSelector": {}}]}])])
    assert [(one.path, one.namespace_keys) for one in peers_of(world)] == [
        ("spec.egress[0].to[0]", ("team", "zone")),
        ("spec.egress[0].to[1]", ()),
    ]
