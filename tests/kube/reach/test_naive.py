"""The evaluator against a second, naive one that was written from the API documentation."""

from __future__ import annotations

import copy
import ipaddress
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.reach import Matrix, Pods, Region, World, allows, differences, matrix
from k8s_hardening.kube.reach.ports import holds
from tests.kube.reach.worlds import ADDRESSES, NUMBERS, Object, small_worlds
from tests.oracle.network_policies import Cluster, End

pytestmark = pytest.mark.thorough

COMPARED = {"pair": 0, "matrix": 0, "unknown": 0}
many = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def ends_of(objects: list[Object]) -> list[End]:
    return [*(one for one in objects if one["kind"] == "Pod"), *ADDRESSES]


def questions(objects: list[Object]) -> Iterator[tuple[End, End, str, int]]:
    """Every pair of ends with every port; what passes outside, and of a pod with itself, is not asked."""
    ends = ends_of(objects)
    # An address that a pod has is the pod.
    taken = {one["status"]["podIP"] for one in ends if not isinstance(one, str) and "status" in one}
    ends = [one for one in ends if not (isinstance(one, str) and one in taken)]
    for source in ends:
        for destination in ends:
            if source is not destination and not (isinstance(source, str) and isinstance(destination, str)):
                for protocol in ("TCP", "UDP", "SCTP"):
                    for port in NUMBERS:
                        yield source, destination, protocol, port


def name_of(end: End) -> str:
    return end if isinstance(end, str) else f"{end['metadata']['namespace']}/{end['metadata']['name']}"


class Places:
    """Where the ends of some objects stand in their world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pods = {
            f"{pods.namespace}/{owner.name}": world.place_of[pods]
            for pods in world.pods
            for owner in world.owners[pods]
        }

    def of(self, end: End) -> int:
        if isinstance(end, str):
            return len(self._world.pods) + self._world.regions.place_of(ipaddress.ip_address(end))
        return self._pods[name_of(end)]


@many
@given(small_worlds())
def test_a_pair_is_judged_as_the_documentation_says(objects: list[Object]) -> None:
    world, cluster = World.of(objects), Cluster(objects)
    assert world.flaws == ()
    rest = random.Random(len(objects)).sample(list(questions(objects)), 20)  # noqa: S311 - which ones matters little
    for source, destination, protocol, port in rest:
        verdict = allows(world, name_of(source), name_of(destination), port, protocol)
        expected = cluster.permits(source, destination, protocol, port)
        assert (verdict.allowed, verdict.is_certain) == (expected, True), (source, destination, protocol, port)
        assert verdict.because or (isinstance(source, str) and isinstance(destination, str))
        COMPARED["pair"] += 1


@many
@given(small_worlds())
def test_the_matrix_says_what_the_documentation_says(objects: list[Object]) -> None:
    world, cluster = World.of(objects), Cluster(objects)
    found, places = matrix(world), Places(world)
    for source, destination, protocol, port in questions(objects):
        sure, may = found.ports(places.of(source), places.of(destination))
        assert sure == may
        expected = cluster.permits(source, destination, protocol, port)
        assert holds(may, protocol, port) == expected, (source, destination, protocol, port)
        COMPARED["matrix"] += 1


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths_in(item, (*path, key))


def hide(one: Object, path: tuple[Any, ...]) -> None:
    holder: Any = one
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = UNKNOWN


@many
@given(small_worlds(), st.data())
def test_what_is_not_known_yet_never_makes_an_answer_wrong(objects: list[Object], data: st.DataObject) -> None:
    hidden = copy.deepcopy(objects)
    for _ in range(data.draw(st.integers(1, 2))):
        one = data.draw(st.sampled_from(hidden))
        # The kind stays, and the names by which the pods are asked about.
        kept = ("name",) if one["kind"] == "NetworkPolicy" else ("name", "namespace")
        fields = ("metadata", "spec") if one["kind"] == "NetworkPolicy" else ("metadata",)
        paths = [(field, *path) for field in fields for path in paths_in(one[field])]
        if paths := [path for path in paths if not (path[0] == "metadata" and path[-1] in kept)]:
            hide(one, data.draw(st.sampled_from(paths)))
    world, cluster = World.of(hidden), Cluster(objects)
    found, places = matrix(world), Places(world)
    for source, destination, protocol, port in questions(objects):
        sure, may = found.ports(places.of(source), places.of(destination))
        expected = cluster.permits(source, destination, protocol, port)
        assert not holds(sure, protocol, port) or expected, (source, destination, protocol, port)
        assert holds(may, protocol, port) or not expected, (source, destination, protocol, port)
        COMPARED["unknown"] += 1


@many
@given(small_worlds(), st.randoms())
def test_the_order_of_objects_does_not_matter(objects: list[Object], order: random.Random) -> None:
    shuffled = list(objects)
    order.shuffle(shuffled)
    assert named(matrix(World.of(objects))) == named(matrix(World.of(shuffled)))
    assert differences(World.of(objects), World.of(shuffled)) == ()


def named(found: Matrix) -> dict[tuple[str, str], Any]:
    ends = found.world.ends
    return {
        (repr(source), repr(destination)): found.ports(here, there)
        for here, source in enumerate(ends)
        for there, destination in enumerate(ends)
    }


@many
@given(small_worlds(), st.data())
def test_a_difference_is_a_pair_whose_ports_changed(objects: list[Object], data: st.DataObject) -> None:
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    gone = data.draw(st.lists(st.sampled_from(policies), max_size=2)) if policies else []
    before = World.of(objects)
    after = World.of([one for one in objects if one not in gone])
    changed = {
        (source, destination): (change.before, change.after)
        for change in differences(before, after)
        for source in change.sources
        for destination in change.destinations
    }
    cut = before.with_ends(networks=after.regions.networks)
    old, new = matrix(cut), matrix(after.with_ends(networks=before.regions.networks))
    assert set(old.world.ends) == set(new.world.ends)
    for source in cut.ends:
        for destination in cut.ends:
            was = old.ports(old.world.place_of[source], old.world.place_of[destination])[1]
            now = new.ports(new.world.place_of[source], new.world.place_of[destination])[1]
            assert changed.get((source, destination), (was, was)) == (was, now)
            assert isinstance(source, Pods | Region)


def test_a_naive_evaluator_that_lies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is not blind: a union of rules that stops at the first policy does not go unseen."""
    monkeypatch.setattr(Cluster, "_lets_in", lambda *_: True)
    with pytest.raises(AssertionError):
        test_the_matrix_says_what_the_documentation_says()


def test_the_number_of_comparisons_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nreach: compared with the naive evaluator: {COMPARED}")
    assert COMPARED["matrix"] > 5_000
