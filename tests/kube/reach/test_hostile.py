"""Objects of any shape are read without a crash, and an answer comes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.reach import World, allows, differences, end_text, matrix
from tests.kube.reach.worlds import Object, pod, policy, small_worlds
from tests.kube.test_manifest import ANYTHING

pytestmark = pytest.mark.thorough

_FIELDS = (
    "name",
    "labels",
    "spec",
    "podSelector",
    "matchExpressions",
    "policyTypes",
    "ingress",
    "from",
    "ports",
    "port",
)


@st.composite
def spoiled(draw: st.DrawFn) -> list[Object]:
    """A small world of which some values were replaced by anything, and fields put where they do not belong."""
    objects = draw(small_worlds())
    for _ in range(draw(st.integers(1, 4))):
        holder: Any = draw(st.sampled_from(objects))
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and draw(st.booleans()):
                holder = holder[key]
                continue
            holder[key] = draw(ANYTHING)
            break
        if isinstance(holder, dict):
            holder[draw(st.sampled_from(_FIELDS))] = draw(ANYTHING)
    return objects


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(spoiled())
def test_nothing_crashes_it(objects: list[Object]) -> None:
    for imagine in (False, True):
        world = World.of(objects, imagine=imagine)
        found = matrix(world)
        assert all(row.sources and row.cells for row in found.rows)
        assert all(map(str, world.flaws))
        assert all(end_text(world, end) for end in world.ends)
        assert differences(world, world) == ()
        for namespace in world.namespaces:
            if namespace in ("one", "two"):
                assert allows(world, namespace, "192.0.2.1", 80).because


@given(ANYTHING)
def test_a_policy_and_a_pod_may_be_anything(value: Any) -> None:
    objects = [policy("a/p"), pod("a/x")]
    for one in objects:
        one["spec"] = value
    assert matrix(World.of(objects)).world.ends


def test_what_holds_itself_ends() -> None:
    selector: dict[str, Any] = {"matchLabels": {}}
    selector["matchLabels"]["a"] = selector
    rules: list[Any] = []
    rules.append({"from": rules, "ports": rules})
    looped = policy("a/p", podSelector=selector, ingress=rules)
    world = World.of([looped, pod("a/x")])
    assert world.flaws
    assert matrix(world).rows


def test_thousands_of_networks_and_ranges_do_not_hang_it() -> None:
    peers = [{"ipBlock": {"cidr": f"10.{number // 250}.{number % 250}.0/24"}} for number in range(1500)]
    ports = [{"port": number, "endPort": number + 1} for number in range(1, 4501, 3)]
    rules = [(peers[number], ports[number]) for number in range(1500)]
    world = World.of(
        [
            pod("a/x"),
            policy("a/in", ingress=[{"from": [peer], "ports": [port]} for peer, port in rules]),
            policy("a/out", egress=[{"to": [peer], "ports": [port]} for peer, port in rules], policyTypes=["Egress"]),
            policy("a/both", ingress=[{"from": peers[:2], "ports": ports}], policyTypes=["Ingress"]),
        ]
    )
    before = time.process_time()
    found = matrix(world)
    assert time.process_time() - before < 20
    assert len(found.rows) == 1500
    assert len(found.rows[0].cells) == 1500
