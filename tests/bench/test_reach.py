"""The large cluster of the benchmark is what it is said to be, and its answers are right."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from k8s_hardening.kube.manifest import Manifest, kind_of
from k8s_hardening.kube.masks import places_of
from k8s_hardening.kube.reach import Matrix, World, matrix
from k8s_hardening.kube.reach.ports import holds
from tests.bench.reach_cost import PROMISED, cluster
from tests.oracle.network_policies import Cluster, End

pytestmark = pytest.mark.thorough

_PAIRS = 120_000
_PORTS = (53, 80, 443, 5432, 5433, 6379, 8080, 8081, 8443, 9000, 9001, 9005, 9010, 9100)


@pytest.fixture(scope="module")
def objects() -> list[Manifest]:
    return cluster(PROMISED)


@pytest.fixture(scope="module")
def found(objects: list[Manifest]) -> Matrix:
    return matrix(World.of(objects))


def test_the_cluster_is_as_large_as_promised(objects: list[Manifest], found: Matrix) -> None:
    kinds = Counter(map(kind_of, objects))
    assert kinds == {"Namespace": 1000, "Pod": 5000, "NetworkPolicy": 3000}
    assert found.world.flaws == ()
    assert len({(pods.namespace, pods.labels) for pods in found.world.pods}) >= 1000
    text = repr(objects)
    assert all(word in text for word in ("ipBlock", "except", "'port': 'serve'", "endPort", "matchExpressions"))
    assert sum(1 for pods in found.world.pods if pods.ports) == len(found.world.pods)


def test_the_whole_matrix_is_worked_out_in_time(objects: list[Manifest]) -> None:
    before = time.process_time()
    assert matrix(World.of(objects)).rows
    assert time.process_time() - before < 10


def test_its_answers_are_those_of_the_naive_evaluator(
    objects: list[Manifest], found: Matrix, capsys: pytest.CaptureFixture[str]
) -> None:
    naive, draw = Cluster(objects), random.Random(4)  # noqa: S311 - the same pairs each time
    pods = [one for one in objects if one["kind"] == "Pod"]
    place_of = {
        (of.namespace, owner.name): found.world.place_of[of]
        for of in found.world.pods
        for owner in found.world.owners[of]
    }
    pod_at = {place_of[one["metadata"]["namespace"], one["metadata"]["name"]]: one for one in pods}
    outside = {
        len(found.world.pods) + number: str(region.example) for number, region in enumerate(found.world.regions.all)
    }
    end_at: dict[int, End] = {**pod_at, **outside}
    places = list(end_at)
    answers: Counter[bool] = Counter()
    opened = {
        next(places_of(row.sources)): [(list(places_of(cell.destinations)), cell.may) for cell in row.cells]
        for row in found.rows
    }
    for number in range(_PAIRS):
        # Pairs drawn at random are nearly all denied; every other one is such that something is said to be open.
        source, destination = draw.choice(places), draw.choice(places)
        protocol, port = draw.choice(("TCP", "TCP", "UDP")), draw.choice(_PORTS)
        if number % 2:
            source = draw.choice(list(opened))
            destinations, ports = draw.choice(opened[source])
            destination = draw.choice(destinations)
            protocol, first, last = draw.choice(ports)
            port = draw.choice((first, last))
        if source in outside and destination in outside:
            continue
        expected = naive.permits(end_at[source], end_at[destination], protocol, port)
        sure, may = found.ports(source, destination)
        assert holds(may, protocol, port) == holds(sure, protocol, port) == expected, (source, destination, port)
        answers[expected] += 1
    with capsys.disabled():
        print(f"\nreach: {answers.total():,} pairs of a large cluster compared, {answers[True]:,} of them open")
    assert answers.total() >= 100_000
    assert answers[True] > 10_000
