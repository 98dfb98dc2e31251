"""Deny-all for a namespace, paired with DNS, and the flows that it lets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.model.ends import DnsSpec
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.network import DenyAllInputs, FlowSpec
from k8s_hardening.plans.flows import Place, Surroundings, block, flow_policies, named, policy, port
from k8s_hardening.plans.plan import hardened

DENY_ALL = "deny-all"
"""Name of the policy that closes a namespace."""


def plan_deny_all(inputs: DenyAllInputs) -> tuple[Manifest, ...]:
    """The policies of one namespace: nothing enters, nothing leaves but DNS and the allowed flows."""
    around = Surroundings(inputs.kubernetes, inputs.tenants, inputs.ends)
    place = Place(inputs.namespace, inputs.labels, around)
    knowledge = Knowledge(kubernetes=inputs.kubernetes)
    return hardened(deny_all(place, inputs.dns, inputs.flows), knowledge)


def deny_all(place: Place, dns: DnsSpec, flows: Iterable[FlowSpec]) -> Iterator[Manifest]:
    """The same policies, before the controls' fixes and in the order of their meaning."""
    yield nothing_passes(place.namespace)
    yield policy(
        place.namespace,
        "allow-dns",
        {},
        {
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": _dns_peers(dns, place.around),
                    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                }
            ],
        },
    )
    for flow in flows:
        yield from flow_policies(flow, place)


def nothing_passes(namespace: str) -> Manifest:
    """The deny-all alone, for pods that need no names resolved."""
    return policy(namespace, DENY_ALL, {}, {"policyTypes": ["Ingress", "Egress"]})


def way_out(namespace: str, name: str, pods: dict[str, str], *, to: Iterable[str], ports: Iterable[str]) -> Manifest:
    """A policy that lets some pods of a namespace connect to networks."""
    rule = {"to": [block(cidr) for cidr in sorted(set(to))], "ports": [port(text) for text in ports]}
    return policy(namespace, name, {"matchLabels": dict(pods)}, {"policyTypes": ["Egress"], "egress": [rule]})


def _dns_peers(dns: DnsSpec, around: Surroundings) -> list[dict[str, Any]]:
    # The name that the server writes cannot be borrowed by another namespace; labels of one's own can.
    selector = (
        named((dns.namespace,), around.version)
        if around.version >= NAMESPACES_NAMED_SINCE
        else {"matchLabels": dict(dns.namespace_labels)}
    )
    peers: list[dict[str, Any]] = [{"namespaceSelector": selector, "podSelector": {"matchLabels": dict(dns.pods)}}]
    if dns.node_local_cidr is not None:
        peers.append({"ipBlock": {"cidr": dns.node_local_cidr}})
    return peers
