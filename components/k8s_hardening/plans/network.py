"""Deny-all for a namespace, paired with DNS, and the flows that it lets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.network_policies import port_of
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.model.ends import DnsSpec, EndSpec
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.network import DNS_UPSTREAMS, NODES, DenyAllInputs, FlowSpec
from k8s_hardening.plans.flows import Place, Surroundings, block, flow_policies, named, peers, policy
from k8s_hardening.plans.plan import hardened

DENY_ALL = "deny-all"
"""Name of the policy that closes a namespace."""
_DNS_PORTS = ("UDP/53", "TCP/53")


def plan_deny_all(inputs: DenyAllInputs) -> tuple[Manifest, ...]:
    """The policies of one namespace: nothing enters, nothing leaves but DNS and the allowed flows."""
    around = Surroundings(inputs.kubernetes, inputs.tenants, inputs.ends)
    place = Place(inputs.namespace, inputs.labels, around)
    knowledge = Knowledge(kubernetes=inputs.kubernetes)
    return hardened(deny_all(place, inputs.dns, inputs.flows), knowledge)


def deny_all(place: Place, dns: DnsSpec, flows: Iterable[FlowSpec]) -> Iterator[Manifest]:
    """The same policies, before the controls' fixes and in the order of their meaning."""
    yield nothing_passes(place.namespace)
    yield policy(place.namespace, "allow-dns", {}, _egress(_dns_peers(dns, place.around), _DNS_PORTS))
    if place.namespace == dns.namespace:
        yield from _dns_itself(place, dns)
    for flow in flows:
        yield from flow_policies(flow, place)


def _dns_itself(place: Place, dns: DnsSpec) -> Iterator[Manifest]:
    """What the DNS pods need: everybody's questions, those of nodes as well, and somebody to hand them on to."""
    pods = {"matchLabels": dict(dns.pods)}
    everybody = [{"namespaceSelector": {}}, *peers(EndSpec(end=NODES), place.around)]
    rule = {"from": everybody, "ports": [port_of(text) for text in _DNS_PORTS]}
    yield policy(place.namespace, "allow-dns-queries", pods, {"policyTypes": ["Ingress"], "ingress": [rule]})
    upstreams = peers(EndSpec(end=DNS_UPSTREAMS), place.around)
    ports = place.around.ends[DNS_UPSTREAMS].ports or _DNS_PORTS
    yield policy(place.namespace, "allow-dns-upstreams", pods, _egress(upstreams, ports))


def nothing_passes(namespace: str) -> Manifest:
    """The deny-all alone, for pods that need no names resolved."""
    return policy(namespace, DENY_ALL, {}, {"policyTypes": ["Ingress", "Egress"]})


def way_out(namespace: str, name: str, pods: dict[str, str], *, to: Iterable[str], ports: Iterable[str]) -> Manifest:
    """A policy that lets some pods of a namespace connect to networks."""
    return policy(
        namespace, name, {"matchLabels": dict(pods)}, _egress([block(cidr) for cidr in sorted(set(to))], ports)
    )


def _egress(to: list[dict[str, Any]], ports: Iterable[str]) -> dict[str, Any]:
    return {"policyTypes": ["Egress"], "egress": [{"to": to, "ports": [port_of(text) for text in ports]}]}


def _dns_peers(dns: DnsSpec, around: Surroundings) -> list[dict[str, Any]]:
    # The name that the server writes cannot be borrowed by another namespace; labels of one's own can.
    selector = (
        named((dns.namespace,), around.version)
        if around.version >= NAMESPACES_NAMED_SINCE
        else {"matchLabels": dict(dns.namespace_labels)}
    )
    found: list[dict[str, Any]] = [{"namespaceSelector": selector, "podSelector": {"matchLabels": dict(dns.pods)}}]
    if dns.node_local_cidr is not None:
        found.append({"ipBlock": {"cidr": dns.node_local_cidr}})
    return found
