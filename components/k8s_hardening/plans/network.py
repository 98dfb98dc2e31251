"""Deny-all for a namespace, paired with DNS, and the flows that it lets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE, metadata_within, parse_network
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import MANAGED_BY, NAMESPACE_LABEL
from k8s_hardening.model.network import DenyAllInputs, DnsSpec, EndSpec, FlowSpec
from k8s_hardening.plans.plan import hardened


def plan_deny_all(inputs: DenyAllInputs) -> tuple[Manifest, ...]:
    """The policies of one namespace: nothing enters, nothing leaves but DNS and the allowed flows."""
    return hardened(deny_all(inputs), Knowledge(kubernetes=inputs.kubernetes))


def deny_all(inputs: DenyAllInputs) -> Iterator[Manifest]:
    """The same policies, before the controls' fixes and in the order of their meaning."""
    yield nothing_passes(inputs.namespace)
    yield _policy(
        inputs.namespace,
        "allow-dns",
        {},
        {
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": _dns_peers(inputs.dns, inputs.kubernetes),
                    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                }
            ],
        },
    )
    for flow in inputs.flows:
        ports = [_port(port) for port in flow.ports]
        if flow.destination.namespace == inputs.namespace:
            peer = _peer(flow.source, inputs.kubernetes)
            rules = {"policyTypes": ["Ingress"], "ingress": [{"from": [peer], "ports": ports}]}
            yield _policy(inputs.namespace, f"allow-{flow.name}-in", flow.destination.pods, rules)
        if flow.source.namespace == inputs.namespace:
            peer = _peer(flow.destination, inputs.kubernetes)
            rules = {"policyTypes": ["Egress"], "egress": [{"to": [peer], "ports": ports}]}
            yield _policy(inputs.namespace, f"allow-{flow.name}-out", flow.source.pods, rules)


def nothing_passes(namespace: str) -> Manifest:
    """The deny-all alone, for pods that need no names resolved."""
    return _policy(namespace, "deny-all", {}, {"policyTypes": ["Ingress", "Egress"]})


def way_out(
    namespace: str,
    name: str,
    pods: dict[str, str],
    *,
    to: Iterable[str],
    ports: Iterable[str],
    kubernetes: KubeVersion,
) -> Manifest:
    """A policy that lets some pods of a namespace connect to networks."""
    peers = [_peer(EndSpec(cidr=cidr), kubernetes) for cidr in sorted(set(to))]
    rule = {"to": peers, "ports": [_port(port) for port in ports]}
    return _policy(namespace, name, pods, {"policyTypes": ["Egress"], "egress": [rule]})


def touches(flow: FlowSpec, namespace: str) -> bool:
    """Whether one end of a flow is a namespace."""
    return namespace in (flow.source.namespace, flow.destination.namespace)


def _policy(namespace: str, name: str, pods: dict[str, str], rules: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(MANAGED_BY)},
        "spec": {"podSelector": {"matchLabels": dict(pods)} if pods else {}, **rules},
    }


def _port(text: str) -> dict[str, Any]:
    protocol, _, ports = text.partition("/")
    first, dash, last = ports.partition("-")
    return {"protocol": protocol, "port": int(first), **({"endPort": int(last)} if dash else {})}


def _namespace_selector(namespace: str, version: KubeVersion) -> dict[str, Any]:
    label = "kubernetes.io/metadata.name" if version >= NAMESPACES_NAMED_SINCE else NAMESPACE_LABEL
    return {"matchLabels": {label: namespace}}


def _peer(end: EndSpec, version: KubeVersion) -> dict[str, Any]:
    if end.namespace is not None:
        peer: dict[str, Any] = {"namespaceSelector": _namespace_selector(end.namespace, version)}
        if end.pods:
            peer["podSelector"] = {"matchLabels": dict(end.pods)}
        return peer
    block: dict[str, Any] = {"cidr": end.cidr}
    if (metadata := metadata_within(parse_network(str(end.cidr)))) is not None:
        block["except"] = [str(metadata)]
    return {"ipBlock": block}


def _dns_peers(dns: DnsSpec, version: KubeVersion) -> list[dict[str, Any]]:
    # The name that the server writes cannot be borrowed by another namespace; labels of one's own can.
    selector = (
        _namespace_selector(dns.namespace, version)
        if version >= NAMESPACES_NAMED_SINCE
        else {"matchLabels": dict(dns.namespace_labels)}
    )
    peers: list[dict[str, Any]] = [{"namespaceSelector": selector, "podSelector": {"matchLabels": dict(dns.pods)}}]
    if dns.node_local_cidr is not None:
        peers.append({"ipBlock": {"cidr": dns.node_local_cidr}})
    return peers
