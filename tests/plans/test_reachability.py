"""What the policies of an environment mean: nothing enters, only DNS leaves, and the flows work, exactly."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

import pytest

from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.plans.environments import VERSIONS, environment, environment_data
from tests.plans.reachability import End, Host, Pod, World

API, WEB = Pod("payments-api", {"app": "api"}), Pod("shop-web", {"app": "web"})
OTHER = Pod("payments-api", {"app": "other"})
DNS, METRICS = Pod("kube-system", {"k8s-app": "kube-dns"}), Pod("kube-system", {"k8s-app": "metrics-server"})
EDGE, STRANGER = Pod("ingress-nginx", {"app": "nginx"}), Pod("stranger", {"app": "api", "k8s-app": "kube-dns"})
OFFICE, BANK, NODE_DNS = Host("2001:db8::7"), Host("203.0.113.5"), Host("169.254.20.10")
METADATA, METADATA_6 = Host("169.254.169.254"), Host("fd00:ec2::254")
TENANTS = ("payments-api", "shop-web")
ENDS: tuple[End, ...] = (
    API, WEB, OTHER, DNS, METRICS, EDGE, STRANGER, OFFICE, BANK, NODE_DNS, METADATA, METADATA_6,
)  # fmt: skip
PORTS = (("UDP", 53), ("TCP", 53), ("TCP", 443), ("TCP", 8443), ("UDP", 8443), ("SCTP", 9000), ("UDP", 7000),
         ("UDP", 7010), ("UDP", 7011), ("TCP", 80))  # fmt: skip


def world_of(baseline: Baseline) -> World:
    manifests = plan_baseline(baseline).manifests
    namespaces: dict[str, dict[str, str]] = {
        "kube-system": {"name": "kube-system"},
        "ingress-nginx": {},
        # Somebody's namespace that pretends to be others wherever its labels may be chosen.
        "stranger": {"name": "stranger", "app": "api"},
        **{one["metadata"]["name"]: one["metadata"]["labels"] for one in manifests if one["kind"] == "Namespace"},
    }
    if baseline.kubernetes >= NAMESPACES_NAMED_SINCE:
        namespaces = {name: {**labels, "kubernetes.io/metadata.name": name} for name, labels in namespaces.items()}
    return World(namespaces, [one for one in manifests if one["kind"] == "NetworkPolicy"], baseline.kubernetes)


def is_end(described: dict[str, Any], end: End) -> bool:
    if isinstance(end, Host):
        network = described.get("cidr")
        metadata = end in (METADATA, METADATA_6)
        return (
            network is not None and not metadata and ipaddress.ip_address(end.address) in ipaddress.ip_network(network)
        )
    if described.get("end") == "ingress_controller":
        return end.namespace == "ingress-nginx"
    return described.get("namespace") == end.namespace and described.get("pods", {}).items() <= dict(end.labels).items()


def is_meant(data: dict[str, Any], source: End, destination: End, protocol: str, port: int) -> bool:
    """Whether the environment, read as a person reads it, wants a connection."""
    if not any(isinstance(end, Pod) and end.namespace in TENANTS for end in (source, destination)):
        return True  # not between tenants: none of our business
    if isinstance(source, Pod) and port == 53 and protocol in ("UDP", "TCP") and destination in (DNS, NODE_DNS):
        return True
    for flow in (flow for tenant in data["tenants"] for flow in tenant["flows"]):
        for text in flow["ports"]:
            kind, _, numbers = text.partition("/")
            first, _, last = numbers.partition("-")
            opened = kind == protocol and int(first) <= port <= int(last or first)
            if opened and is_end(flow["source"], source) and is_end(flow["destination"], destination):
                return True
    return False


@pytest.mark.parametrize("version", VERSIONS)
def test_exactly_what_is_meant_comes_about(version: str) -> None:
    world, data = world_of(environment(version)), environment_data(version)
    wrong = [
        (source, destination, port)
        for source, destination in itertools.permutations(ENDS, 2)
        for port in PORTS
        if world.reaches(source, destination, *port) != is_meant(data, source, destination, *port)
    ]
    assert wrong == []


def test_some_examples_by_name() -> None:
    world = world_of(environment("1.36"))
    assert world.reaches(API, DNS, "UDP", 53)
    assert world.reaches(API, NODE_DNS, "TCP", 53)
    assert world.reaches(WEB, API, "TCP", 8443)
    assert world.reaches(EDGE, API, "TCP", 8443)
    assert world.reaches(OFFICE, API, "SCTP", 9000)
    assert world.reaches(API, BANK, "TCP", 443)
    assert world.reaches(Pod("payments-api", {"app": "api", "n": "1"}), API, "UDP", 7005)
    assert not world.reaches(API, METADATA, "TCP", 443)
    assert not world.reaches(API, METRICS, "UDP", 53)
    assert not world.reaches(API, STRANGER, "UDP", 53)
    assert not world.reaches(API, WEB, "TCP", 8443)
    assert not world.reaches(WEB, OTHER, "TCP", 8443)
    assert not world.reaches(STRANGER, API, "TCP", 8443)
    assert not world.reaches(DNS, API, "UDP", 53)


def test_a_tenant_without_flows_reaches_dns_and_nothing_else() -> None:
    data = environment_data("1.36")
    for tenant in data["tenants"]:
        tenant.update(flows=[], accepts=[])
    world = world_of(Baseline.model_validate(data))
    reached = [
        (destination, port)
        for destination in ENDS
        for port in PORTS
        if destination is not API and world.reaches(API, destination, *port)
    ]
    assert reached == [(DNS, ("UDP", 53)), (DNS, ("TCP", 53)), (NODE_DNS, ("UDP", 53)), (NODE_DNS, ("TCP", 53))]
    assert not any(world.reaches(source, API, *port) for source in ENDS if source is not API for port in PORTS)


def test_the_evaluator_sees_an_open_namespace() -> None:
    """The judge of these tests is no yes-man: without policies everything comes about."""
    closed = world_of(environment("1.36"))
    world = World(closed.namespaces, [], closed.version)
    assert all(world.reaches(one, other, *port) for one, other in itertools.permutations(ENDS, 2) for port in PORTS)
