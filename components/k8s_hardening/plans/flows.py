"""What one flow means in one closed namespace: egress for the pods that are its source, ingress for its destination."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.network_policies import port_of
from k8s_hardening.kube.networks import NAME_LABEL, NAMESPACES_NAMED_SINCE, metadata_within, parse_network
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.ends import EndSpec, ExpressionSpec, Labels, NamedEndSpec, PodsSpec
from k8s_hardening.model.labels import MANAGED_BY, NAMESPACE_LABEL
from k8s_hardening.model.network import FlowSpec

Selector = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the ends of flows mean in an environment."""

    version: KubeVersion
    tenants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Namespaces of tenants."""
    ends: Mapping[str, NamedEndSpec] = field(default_factory=dict)
    """Named ends."""


@dataclass(frozen=True, slots=True)
class Place:
    """A closed namespace."""

    namespace: str
    labels: Labels
    around: Surroundings

    def holds(self, end: EndSpec) -> bool:
        """Whether an end has pods in this namespace."""
        if end.end is not None:
            return self.around.ends[end.end].namespace == self.namespace
        if end.tenant is not None:
            return self.namespace in self.around.tenants[end.tenant]
        if end.namespaces_labelled:
            own = {**self.labels, NAME_LABEL: self.namespace}
            return end.namespaces_labelled.items() <= own.items()
        return end.all_namespaces or end.namespace == self.namespace

    def is_touched_by(self, flow: FlowSpec) -> bool:
        """Whether one end of a flow is here."""
        return self.holds(flow.source) or self.holds(flow.destination)


def flow_policies(flow: FlowSpec, place: Place) -> Iterator[Manifest]:
    """The halves of a flow that belong to a namespace."""
    ports = _ports(flow, place.around)
    if place.holds(flow.destination):
        rule = {"from": peers(flow.source, place.around), **ports}
        yield from _half(place, flow, flow.destination, "in", {"policyTypes": ["Ingress"], "ingress": [rule]})
    if place.holds(flow.source):
        rule = {"to": peers(flow.destination, place.around), **ports}
        yield from _half(place, flow, flow.source, "out", {"policyTypes": ["Egress"], "egress": [rule]})


def _half(place: Place, flow: FlowSpec, end: EndSpec, half: str, rules: dict[str, Any]) -> Iterator[Manifest]:
    # A policy has one selector of pods, so each of several alternatives is a policy of its own.
    for number, pods in enumerate(_pod_selectors(end, place.around), start=1):
        name = f"allow-{flow.name}-{half}" + ("" if number == 1 else f"-{number}")
        yield policy(place.namespace, name, pods or {}, copy.deepcopy(rules))


def policy(namespace: str, name: str, pods: Selector, rules: dict[str, Any]) -> Manifest:
    """One NetworkPolicy."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(MANAGED_BY)},
        "spec": {"podSelector": pods, **rules},
    }


def named(namespaces: tuple[str, ...], version: KubeVersion) -> Selector:
    """A selector of namespaces by their names."""
    label = NAME_LABEL if version >= NAMESPACES_NAMED_SINCE else NAMESPACE_LABEL
    if len(namespaces) == 1:
        return {"matchLabels": {label: namespaces[0]}}
    return {"matchExpressions": [{"key": label, "operator": "In", "values": sorted(namespaces)}]}


def _ports(flow: FlowSpec, around: Surroundings) -> dict[str, Any]:
    if flow.all_ports:
        return {}
    end = flow.destination.end
    named_ports = around.ends[end].ports if end is not None else ()
    return {"ports": [port_of(text) for text in flow.ports or named_ports]}


def peers(end: EndSpec, around: Surroundings) -> list[dict[str, Any]]:
    """An end as the peers of a rule."""
    if end.end is not None:
        found = around.ends[end.end]
        if found.namespace is None:
            return [block(cidr, (), metadata=found.node_credentials) for cidr in found.cidrs]
    elif end.cidr is not None:
        return [block(end.cidr, end.except_for, metadata=end.node_credentials)]
    namespaces = _namespace_selector(end, around)
    return [
        {"namespaceSelector": namespaces, **({"podSelector": pods} if pods else {})}
        for pods in _pod_selectors(end, around)
    ]


def _namespace_selector(end: EndSpec, around: Surroundings) -> Selector:
    if end.tenant is not None:
        return named(around.tenants[end.tenant], around.version)
    if end.namespaces_labelled:
        return {"matchLabels": dict(end.namespaces_labelled)}
    if end.all_namespaces:
        return {}
    return named((str(around.ends[end.end].namespace if end.end is not None else end.namespace),), around.version)


def _pod_selectors(end: EndSpec, around: Surroundings) -> list[Selector | None]:
    """Selectors of pods of which one must match; None stands for every pod."""
    found: EndSpec | NamedEndSpec = around.ends[end.end] if end.end is not None else end
    return [_pod_selector(found), *map(_pod_selector, found.or_pods)]


def _pod_selector(pods: EndSpec | NamedEndSpec | PodsSpec) -> Selector | None:
    selector: Selector = {}
    if pods.pods:
        selector["matchLabels"] = dict(pods.pods)
    if pods.expressions:
        selector["matchExpressions"] = [_expression(one) for one in pods.expressions]
    return selector or None


def _expression(spec: ExpressionSpec) -> dict[str, Any]:
    values = {"values": list(spec.values)} if spec.values else {}
    return {"key": spec.key, "operator": spec.operator.value, **values}


def block(cidr: str, except_for: tuple[str, ...] = (), *, metadata: bool = False) -> dict[str, Any]:
    """A network as a peer; without the address of the cloud's metadata, unless that is meant."""
    left_out = list(except_for)
    address = None if metadata else metadata_within(parse_network(cidr))
    if address is not None and not any(metadata_within(parse_network(one)) == address for one in left_out):
        left_out.append(str(address))
    return {"ipBlock": {"cidr": cidr, **({"except": sorted(left_out)} if left_out else {})}}
