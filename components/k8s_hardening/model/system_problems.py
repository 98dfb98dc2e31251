"""Closing what the system needs: what only whoever runs the cluster knows must be declared, or nothing is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8s_hardening.kube.names import SYSTEM_NAMESPACES
from k8s_hardening.kube.networks import BLIND_TO_NODES, NODES_SELECTABLE
from k8s_hardening.model.flow_problems import Known
from k8s_hardening.model.parts import Party, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem

_NEEDED = {
    "api_server": (
        "every part of the system talks to it",
        '{cidrs: ["10.20.0.10/32", "10.96.0.1/32"], ports: ["TCP/6443", "TCP/443"]}',
    ),
    "nodes": (
        "what runs on their network asks the DNS, too, and metrics come from kubelets",
        '{cidrs: ["10.20.0.0/24"], ports: ["TCP/10250"]}',
    ),
    "dns_upstreams": (
        "the DNS hands on the names that it does not know",
        '{cidrs: ["10.20.0.2/32"], ports: ["UDP/53", "TCP/53"]}',
    ),
}
ENDS_OF_DNS = frozenset({"nodes", "dns_upstreams"})
"""Named ends that a closed namespace with the DNS pods needs."""


def system_problems(
    data: dict[str, Any], systems: Sequence[Party], tenants: Sequence[Party], known: Known
) -> Iterator[Problem]:
    """Closed system namespaces: whose they are, and what they need."""
    names = {tenant.name for tenant in tenants}
    seen: set[str] = set()
    for system in systems:
        where: Loc = (*system.loc, "name")
        owner = known.owners.get(system.name)
        if system.name and system.name in seen:
            yield where, system.name, 'is closed already by an item before; for example "monitoring"'
        elif system.name in names:
            yield (
                where,
                system.name,
                'is the name of a tenant, so policies of both would be called alike; for example "monitoring"',
            )
        elif owner is not None and owner.is_tenant:
            yield (
                where,
                system.name,
                f'is a namespace of {owner.title}, which is closed anyway; for example "kube-system"',
            )
        seen.add(system.name)
        needed = {"api_server"} | (ENDS_OF_DNS if system.name == dns_namespace(data) else set())
        calls = [plain_map(one) for one in plain_list(system.fields.get("called_by_api_server"))]
        if any(one.get("what") == "metrics" for one in calls):
            needed.add("nodes")
        yield from missing_ends(("network", "ends"), system.label, needed, known)


def missing_ends(loc: Loc, label: str, needed: Iterable[str], known: Known) -> Iterator[Problem]:
    """Named ends without which a namespace cannot be closed."""
    for name in sorted(needed):
        why, example = _NEEDED[name]
        end = known.named.get(name)
        if end is None:
            yield (*loc, name), None, f"is needed to close {label}, since {why}; for example {example}"
        elif name == "nodes" and not plain_list(end.get("cidrs")):
            yield (*loc, name, "cidrs"), end.get("cidrs"), f"is needed, since nodes are no pods; for example {example}"
        elif name == "api_server" and not plain_list(end.get("ports")):
            yield (*loc, name, "ports"), end.get("ports"), f"is needed to close {label}; for example {example}"


def dns_namespace(data: dict[str, Any]) -> str:
    """Where the DNS pods are."""
    return plain_text(plain_map(data.get("dns")).get("namespace")) or "kube-system"


def dns_of_tenants(data: dict[str, Any], owners: Mapping[str, Party]) -> Iterator[Problem]:
    """DNS pods in a tenant's namespace, whose deny-all keeps everybody from them."""
    dns = dns_namespace(data)
    owner = owners.get(dns)
    if owner is not None and owner.is_tenant and dns not in SYSTEM_NAMESPACES:
        yield (
            ("dns", "namespace"),
            dns,
            f'is a namespace of {owner.title}, whose deny-all would keep everybody from DNS; for example "kube-system"',
        )


def unseen_nodes(data: dict[str, Any], known: Known) -> Iterator[Problem]:
    """Addresses of nodes as an end, where the network plug-in does not match them."""
    name = plain_text(plain_map(data.get("cni")).get("name"))
    switched_on = name == NODES_SELECTABLE and plain_map(data.get("network")).get("nodes_by_cidr") is True
    cidrs = known.named.get("nodes", {}).get("cidrs")
    if name in BLIND_TO_NODES and cidrs and not switched_on:
        remedy = (
            "run it with policyCIDRMatchMode: nodes and say so; for example network: {nodes_by_cidr: true}"
            if name == NODES_SELECTABLE
            else "leave the end out and system namespaces open; for example system_namespaces: []"
        )
        yield (
            ("network", "ends", "nodes", "cidrs"),
            cidrs,
            f"names nodes, and with {name} {BLIND_TO_NODES[name]}; {remedy}",
        )
