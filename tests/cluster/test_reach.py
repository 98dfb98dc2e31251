"""What is reachable, judged by a third evaluator: cyclonus, other people's code, on random worlds and on its recipes.

It wants policies as the server keeps them, with policyTypes, and takes one name of the destination's port.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from k8s_hardening.kube.reach import World, matrix
from k8s_hardening.kube.reach.ports import holds
from tests.cluster.binaries import program
from tests.kube.reach.test_naive import Places, questions
from tests.kube.reach.test_semantics import BASE, CASES
from tests.kube.reach.worlds import Object, namespace, pod, small_worlds
from tests.oracle.network_policies import Cluster, End, types

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

COMPARED = {"worlds": 0, "pairs": 0, "open": 0}


def stored(objects: list[Object]) -> list[Object]:
    """The objects as a server keeps them: defaults written down, and every pod with an address of its own."""
    made = copy.deepcopy(objects)
    free = (str(address) for address in ipaddress.ip_network("172.16.0.0/24").hosts())
    for one in made:
        if one["kind"] == "NetworkPolicy":
            one["spec"]["policyTypes"] = types(one)
        elif one["kind"] == "Pod":
            one["status"] = {"podIP": next(free)}
    return made


def name_of_port(end: End, protocol: str, port: int) -> str:
    """The name of a destination's port; empty when it has none."""
    if isinstance(end, str):
        return ""
    names = [
        one["name"]
        for one in end["spec"]["containers"][0]["ports"]
        if (one["protocol"], one["containerPort"]) == (protocol, port)
    ]
    return names[0] if names else ""


def has_one_name_for_each_port(one: Object) -> bool:
    """Whether no two names of a pod's ports are the same port."""
    ports = [(port["protocol"], port["containerPort"]) for port in one["spec"]["containers"][0]["ports"]]
    return len(ports) == len(set(ports))


def as_peer(end: End, labels: dict[str, dict[str, str]]) -> dict[str, Any]:
    if isinstance(end, str):
        return {"Internal": None, "IP": end}
    where = end["metadata"]["namespace"]
    inside = {"PodLabels": end["metadata"]["labels"], "NamespaceLabels": labels[where], "Namespace": where}
    return {"Internal": inside, "IP": end["status"]["podIP"]}


def asked(question: dict[str, Any]) -> list[bool]:
    done = subprocess.run(
        [program("check-reach")], input=json.dumps(question), capture_output=True, text=True, check=True, timeout=60
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def compare(objects: list[Object]) -> None:
    """Hold every pair of a world, on every port, against cyclonus."""
    world, cluster = World.of(objects), Cluster(objects)
    found, places = matrix(world), Places(world)
    every = list(questions(objects))
    traffic = [
        {
            "Source": as_peer(source, cluster.labels),
            "Destination": as_peer(destination, cluster.labels),
            "ResolvedPort": port,
            "ResolvedPortName": name_of_port(destination, protocol, port),
            "Protocol": protocol,
        }
        for source, destination, protocol, port in every
    ]
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    for (source, destination, protocol, port), expected in zip(
        every, asked({"policies": policies, "traffic": traffic}), strict=True
    ):
        _, may = found.ports(places.of(source), places.of(destination))
        assert holds(may, protocol, port) == expected, (source, destination, protocol, port)
        COMPARED["pairs"] += 1
        COMPARED["open"] += expected
    COMPARED["worlds"] += 1


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_worlds())
def test_random_worlds_are_judged_alike(objects: list[Object]) -> None:
    assume(all(has_one_name_for_each_port(one) for one in objects if one["kind"] == "Pod"))
    # To cyclonus (pkg/kube/labelselector.go) NotIn does not match where the label is absent; to the API server it does
    # (k8s.io/apimachinery v0.37.2 pkg/labels/selector.go, Requirement.Matches), as the naive evaluator has it.
    assume("NotIn" not in json.dumps(objects))
    compare(stored(objects))


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_point_of_the_documentation_is_judged_alike(case: Any) -> None:
    compare(stored([*BASE, *case.policies]))


def test_the_recipes_are_judged_alike() -> None:
    done = subprocess.run([program("check-reach"), "recipes"], capture_output=True, text=True, check=True, timeout=60)
    recipes = json.loads(done.stdout)
    assert len(recipes) == 15
    before = COMPARED["worlds"]
    for recipe in recipes:
        # Its policies may leave the namespace out, and have no name where that does not matter.
        policies = [
            one | {"metadata": {"namespace": "default", "name": f"policy-{number}", **_known(one["metadata"])}}
            for number, one in enumerate(recipe["policies"])
        ]
        pods = [pod(f"{one['namespace']}/{one['name']}", one["labels"]) for one in recipe["pods"]]
        compare(
            stored([*(namespace(name, **labels) for name, labels in recipe["namespaces"].items()), *pods, *policies])
        )
    assert COMPARED["worlds"] == before + 15


def _known(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key in ("name", "namespace") and value}


def test_the_number_of_comparisons_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nreach: compared with cyclonus: {COMPARED}")
    assert COMPARED["pairs"] > 10_000
    assert COMPARED["open"] > 1_000
