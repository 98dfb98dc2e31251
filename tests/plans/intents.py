"""What flows mean, read from the baseline as a person reads it; shares nothing with the code that plans policies."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

METADATA = {"169.254.169.254", "fd00:ec2::254"}
NAME = "kubernetes.io/metadata.name"
TENANT = "k8s-hardening/tenant"


@dataclass(frozen=True)
class Pod:
    """A pod with the numbers of its named TCP ports."""

    name: str
    namespace: str
    labels: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        """The pod as the server keeps it."""
        ports = [{"name": name, "protocol": "TCP", "containerPort": number} for name, number in self.ports.items()]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": self.labels},
            "spec": {"containers": [{"name": "main", "ports": ports}]},
        }


End = Pod | str
"""A pod, or an address outside."""


class Intent:
    """An environment, as whoever reads it understands it."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._network = data.get("network", {})
        self._dns = {"namespace": "kube-system", "pods": {"k8s-app": "kube-dns"}, **data.get("dns", {})}
        self._declarers: list[dict[str, Any]] = [*data["tenants"], *self._network.get("system_namespaces", [])]
        self.owners: dict[str, str] = {
            one["name"]: tenant["name"] for tenant in data["tenants"] for one in tenant["namespaces"]
        }
        self.owners |= {one["name"]: one["name"] for one in self._network.get("system_namespaces", [])}
        self._tenants = {tenant["name"]: tenant for tenant in data["tenants"]}

    def wants(self, source: End, destination: End, protocol: str, port: int) -> bool:
        """Whether a connection shall come about."""
        return self._half(source, source, destination, protocol, port) and self._half(
            destination, source, destination, protocol, port
        )

    def _half(self, here: End, source: End, destination: End, protocol: str, port: int) -> bool:
        if isinstance(here, str) or here.namespace not in self.owners:
            return True
        is_out = here is source
        if protocol in ("UDP", "TCP") and port == 53 and is_out and self._is_dns(destination):
            return True
        side, other = ("source", "destination") if is_out else ("destination", "source")
        there = destination if is_out else source
        return any(
            self._is_heeded(declarer["name"], flow, flow[side], self.owners[here.namespace])
            and self._is(flow[side], here)
            and self._is(flow[other], there)
            and self._is_port(flow, destination, protocol, port)
            for declarer in self._declarers
            for flow in declarer.get("flows", [])
        )

    def _is_dns(self, end: End) -> bool:
        if isinstance(end, str):
            return f"{end}/32" == self._dns.get("node_local_cidr")
        return bool(end.namespace == self._dns["namespace"] and self._dns["pods"].items() <= end.labels.items())

    def _is_heeded(self, declarer: str, flow: dict[str, Any], end: dict[str, Any], owner: str) -> bool:
        """Whether the owner of a namespace lets a flow have its half there."""
        if not (end.get("all_namespaces") or end.get("namespaces_labelled")):
            return True  # named directly: without consent, there would be no baseline
        accepts = next(one for one in self._declarers if one["name"] == owner).get("accepts", [])
        return declarer == owner or f"{declarer}/{flow['name']}" in accepts

    def _is(self, end: dict[str, Any], who: End) -> bool:
        meant = self._network["ends"][end["end"]] if "end" in end else end
        if isinstance(who, str):
            return self._is_address(meant, who)
        if "cidr" in meant or "cidrs" in meant or not self._is_namespace(meant, who.namespace):
            return False
        return any(
            one.get("pods", {}).items() <= who.labels.items() and all(map(_holds(who), one.get("expressions", [])))
            for one in (meant, *meant.get("or_pods", []))
        )

    def _is_address(self, meant: dict[str, Any], address: str) -> bool:
        found = ipaddress.ip_address(address)
        cidrs = meant.get("cidrs", [meant["cidr"]] if "cidr" in meant else [])
        if address in METADATA and not meant.get("node_credentials"):
            return False
        return any(found in ipaddress.ip_network(one) for one in cidrs) and not any(
            found in ipaddress.ip_network(one) for one in meant.get("except_for", [])
        )

    def _is_namespace(self, meant: dict[str, Any], namespace: str) -> bool:
        if meant.get("all_namespaces"):
            return True
        if "tenant" in meant:
            return self.owners.get(namespace) == meant["tenant"] and meant["tenant"] in self._tenants
        if "namespaces_labelled" in meant:
            tenant = self._tenants.get(self.owners.get(namespace, ""))
            labels = {NAME: namespace, **({**tenant.get("labels", {}), TENANT: tenant["name"]} if tenant else {})}
            return bool(meant["namespaces_labelled"].items() <= labels.items())
        return bool(meant.get("namespace") == namespace)

    def _is_port(self, flow: dict[str, Any], destination: End, protocol: str, port: int) -> bool:
        if flow.get("all_ports"):
            return True
        to = flow["destination"]
        listed = flow.get("ports") or self._network["ends"][to["end"]]["ports"]
        named = {} if isinstance(destination, str) else destination.ports
        for text in listed:
            kind, _, which = text.partition("/")
            first, _, last = which.partition("-")
            numbers = range(int(first), int(last or first) + 1) if first.isdigit() else [named.get(which, 0)]
            if kind == protocol and port in numbers:
                return True
        return False


def _holds(pod: Pod) -> Any:
    def holds(one: dict[str, Any]) -> bool:
        value, values = pod.labels.get(one["key"]), one.get("values", [])
        return {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[str(one["operator"])]

    return holds
