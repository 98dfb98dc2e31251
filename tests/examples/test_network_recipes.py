"""The recipes of examples/network: what each of them lets through, to the last pair, and nothing else.

Each is rendered and judged by two evaluators that share no code: kube/reach, and the naive one of tests/oracle.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import Manifest, as_map, kind_of, name_of, namespace_of
from k8s_hardening.kube.reach import World, allows
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.knowing import full_knowledge_of
from tests.oracle.network_policies import Cluster

FOLDER = Path(__file__).parents[2] / "examples" / "network"
INTERNET, METADATA = "198.51.100.7", "169.254.169.254"


def pod(name: str, namespace: str, labels: dict[str, str], **ports: int) -> Manifest:
    """A pod as the server keeps it; ports by name."""
    listed = [{"name": key, "protocol": "TCP", "containerPort": number} for key, number in ports.items()]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "ports": listed}]},
    }


DNS = pod("dns", "kube-system", {"k8s-app": "kube-dns"})
STRANGER = pod("stranger", "stranger", {"app": "web", "role": "api", "type": "monitoring"})
COMMON = (DNS, STRANGER)


@dataclass(frozen=True)
class Recipe:
    """Who is there, and what passes between them beside DNS."""

    pods: tuple[Manifest, ...]
    passes: tuple[str, ...] = ()
    """Each `source -> destination port[, port...]`."""
    addresses: tuple[str, ...] = ()
    more_ports: tuple[str, ...] = field(default=("TCP/80", "UDP/80"))
    dns_answers: tuple[str, ...] = ()
    """Who may ask the DNS beside pods of closed namespaces; only where its own namespace is closed."""


def shop(name: str, namespace: str = "shop-web", **ports: int) -> Manifest:
    return pod(name, namespace, {"app": name}, **ports)


BOOKSTORE = "bookstore"
API = pod("api", BOOKSTORE, {"app": "bookstore", "role": "api"})
DB = pod("db", BOOKSTORE, {"app": "bookstore", "role": "db"})
EVERY = "TCP/80, UDP/80, SCTP/7, TCP/53, UDP/53"
RECIPES: dict[str, Recipe] = {
    "deny-all": Recipe((shop("web"), shop("api"))),
    "limit-to-an-application": Recipe((API, DB, pod("web", BOOKSTORE, {"app": "bookstore"})), ("api -> db TCP/5432",)),
    "deny-from-other-namespaces": Recipe(
        (shop("web"), shop("api"), shop("cart", "shop-cart")),
        (f"web -> api {EVERY}", f"api -> web {EVERY}"),
        more_ports=("TCP/80", "UDP/80", "SCTP/7"),
    ),
    "allow-from-other-namespaces": Recipe(
        (shop("web"), shop("api"), shop("pay", "payments-api"), shop("batch", "payments-batch")),
        ("pay -> web TCP/8080", "batch -> web TCP/8080"),
    ),
    "allow-from-all-namespaces": Recipe(
        (shop("catalogue"), shop("web"), shop("pay", "payments-api"), shop("report", "reports")),
        ("stranger -> catalogue TCP/8080", "dns -> catalogue TCP/8080", "pay -> catalogue TCP/8080",
         "web -> catalogue TCP/8080"),
    ),
    "allow-from-a-namespace-by-label": Recipe(
        (shop("web"), shop("api"), shop("pay", "payments-api"), shop("play", "playground")), ("pay -> web TCP/8080",)
    ),
    "allow-from-pods-in-another-namespace": Recipe(
        (
            pod("scout", "shop-web", {"type": "monitoring"}),
            shop("web"),
            shop("cart", "shop-cart"),
            pod("neighbour", "shop-cart", {"type": "monitoring"}),
        ),
        ("scout -> cart TCP/8080",),
    ),
    "allow-external-clients": Recipe(
        (
            shop("web", http=8080),
            shop("api", http=8081),
            pod("edge", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
        ),
        ("edge -> web TCP/8080", f"{INTERNET} -> web TCP/8443"),
        (INTERNET, "10.244.3.4"),
        ("TCP/8081",),
    ),
    "allow-a-port-only": Recipe(
        (shop("api", metrics=8888), shop("web"), pod("prometheus", "monitoring", {"app": "prometheus"})),
        ("prometheus -> api TCP/5000, TCP/9100, TCP/9101, TCP/9102, TCP/8888",),
        more_ports=("TCP/9099", "TCP/9103", "UDP/5000", "TCP/80"),
    ),
    "allow-multiple-selectors": Recipe(
        (
            API,
            DB,
            pod("search", BOOKSTORE, {"app": "bookstore", "role": "search"}),
            pod("inventory", BOOKSTORE, {"app": "inventory"}),
            pod("catalogue", BOOKSTORE, {"app": "catalogue", "role": "web"}),
            pod("other", BOOKSTORE, {"app": "bookstore", "role": "web"}),
        ),
        tuple(f"{one} -> db TCP/6379" for one in ("api", "search", "inventory", "catalogue")),
    ),
    "deny-egress": Recipe((shop("web"), shop("vault")), ("web -> vault TCP/8200",), (INTERNET, METADATA)),
    "deny-external-egress": Recipe(
        (shop("web"), shop("cart", "shop-cart"), shop("pay", "payments-api")),
        (f"web -> cart {EVERY}", f"cart -> web {EVERY}"),
        (INTERNET, METADATA),
        ("TCP/80", "UDP/80", "SCTP/7"),
    ),
    "close-kube-system": Recipe(
        (
            shop("web"),
            pod("metrics", "kube-system", {"k8s-app": "metrics-server"}),
            pod("webhook", "kube-system", {"app": "image-policy"}),
            pod("autoscaler", "kube-system", {"k8s-app": "kube-dns-autoscaler"}),
            pod("prometheus", "monitoring", {"app": "prometheus"}),
        ),
        (
            *(f"{one} -> 10.20.0.10 TCP/6443, TCP/443" for one in ("dns", "metrics", "webhook", "autoscaler")),
            "dns -> 10.20.0.2 UDP/53, TCP/53",
            "10.20.0.10 -> metrics TCP/10250",
            "10.20.0.10 -> webhook TCP/8443",
            "10.20.0.2 -> dns UDP/53, TCP/53",  # it lies in the network of the nodes
            "10.20.0.10 -> dns UDP/53, TCP/53",
            "10.20.0.77 -> dns UDP/53, TCP/53",
            "metrics -> 10.20.0.77 TCP/10250",
            "metrics -> 10.20.0.10 TCP/10250",
            "metrics -> 10.20.0.2 TCP/10250",
            *(f"{one} -> 169.254.20.10 UDP/53, TCP/53" for one in ("web", "dns", "metrics", "webhook", "autoscaler")),
            "prometheus -> dns TCP/9153",
        ),
        ("10.20.0.10", "10.20.0.2", "10.20.0.77", "169.254.20.10", INTERNET, METADATA),
        ("TCP/80", "TCP/443"),
        ("stranger", "prometheus"),
    ),
}  # fmt: skip


def meant(recipe: Recipe, closed: set[str]) -> set[tuple[str, str, str]]:
    """Every connection that shall come about where at least one end is closed."""
    found = set()
    for line in recipe.passes:
        source, _, rest = line.partition(" -> ")
        destination, _, ports = rest.partition(" ")
        found |= {(source, destination, port) for port in ports.split(", ")}
    asking = {name_of(one) for one in recipe.pods if namespace_of(one) in closed} | set(recipe.dns_answers)
    return found | {(one, "dns", port) for one in asking - {"dns"} for port in ("UDP/53", "TCP/53")}


@dataclass(frozen=True)
class Rendered:
    """A recipe's objects, with the pods in them and the namespaces of nobody around."""

    recipe: Recipe
    manifests: tuple[Manifest, ...]

    @property
    def pods(self) -> dict[str, Manifest]:
        return {name_of(one): one for one in (*COMMON, *self.recipe.pods)}

    @property
    def closed(self) -> set[str]:
        return {namespace_of(one) for one in self.manifests if name_of(one) == "deny-all"}

    @property
    def objects(self) -> list[Manifest]:
        known = {name_of(one) for one in self.manifests if kind_of(one) == "Namespace"}
        others = sorted({namespace_of(one) for one in self.pods.values()} - known)
        made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in others]
        return [*made, *self.manifests, *self.pods.values()]

    def questions(self) -> Iterator[tuple[str, str, str]]:
        """Every pair of ends of which one is closed, with every port that the recipe is about."""
        ports = {port for _, _, port in meant(self.recipe, self.closed)} | set(self.recipe.more_ports)
        for source, destination in itertools.permutations((*self.pods, *self.recipe.addresses), 2):
            if any(namespace_of(self.pods[one]) in self.closed for one in (source, destination) if one in self.pods):
                yield from ((source, destination, port) for port in sorted(ports))


@pytest.fixture(scope="module", params=RECIPES)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return Rendered(RECIPES[request.param], plan_baseline(baseline_of(FOLDER, request.param)).manifests)


def test_every_recipe_is_judged() -> None:
    assert {path.name.split(".")[1] for path in FOLDER.glob("Pulumi.*.yaml")} == set(RECIPES)


def test_exactly_what_is_meant_passes(rendered: Rendered) -> None:
    world = World.of(rendered.objects)
    names = {name: f"{namespace_of(one)}/{name}" for name, one in rendered.pods.items()}
    found = {
        (source, destination, port)
        for source, destination, port in rendered.questions()
        if allows(
            world,
            names.get(source, source),
            names.get(destination, destination),
            int(port.partition("/")[2]),
            port.partition("/")[0],
        ).allowed
    }
    assert found == meant(rendered.recipe, rendered.closed)


def test_the_naive_evaluator_says_the_same(rendered: Rendered) -> None:
    cluster = Cluster(rendered.objects)
    ends: dict[str, Any] = dict(rendered.pods)
    found = {
        (source, destination, port)
        for source, destination, port in rendered.questions()
        if cluster.permits(
            ends.get(source, source),
            ends.get(destination, destination),
            port.partition("/")[0],
            int(port.partition("/")[2]),
        )
    }
    assert found == meant(rendered.recipe, rendered.closed)


def test_no_control_has_anything_to_say(request: pytest.FixtureRequest, rendered: Rendered) -> None:
    stack = request.node.callspec.params["rendered"]
    knowledge = full_knowledge_of(baseline_of(FOLDER, stack))
    found = [judged for one in rendered.manifests for judged in judge(one, CONTROLS, knowledge)]
    found += [judged for _, judged in judge_stack(rendered.manifests, CONTROLS, knowledge)]
    assert [f"{one.control.id}: {one.finding.message}" for one in found] == []


def test_each_closed_namespace_has_its_pair(rendered: Rendered) -> None:
    policies = [one for one in rendered.manifests if kind_of(one) == "NetworkPolicy"]
    names = {namespace: {name_of(one) for one in policies if namespace_of(one) == namespace} for namespace in
             {namespace_of(one) for one in policies}}  # fmt: skip
    assert names.pop("default") == {"deny-all"}  # no pod can be made there
    assert all({"deny-all", "allow-dns"} <= found for found in names.values())
    assert all(as_map(one["spec"]).get("policyTypes") for one in policies)
