"""Who reaches whom: NetworkPolicies evaluated from their documented meaning, independent of the code that plans them.

k8s.io/api v0.37.2 networking/v1 types.go: a pod is isolated in a direction as soon as a policy of its namespace selects
it for that direction; then only what some such policy allows passes, and a connection needs both of its ends. A field
that a server version does not know is dropped on the way in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.version import KubeVersion


@dataclass(frozen=True)
class Pod:
    """A pod; its address lies outside of every ipBlock of the tests."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """An address outside of the cluster."""

    address: str


End = Pod | Host


@dataclass(frozen=True)
class World:
    """Namespaces with their labels, and the policies in them."""

    namespaces: Mapping[str, Mapping[str, str]]
    policies: Sequence[Mapping[str, Any]]
    version: KubeVersion

    def reaches(self, source: End, destination: End, protocol: str, port: int) -> bool:
        """Whether a connection comes about."""
        return self._passes(source, destination, "egress", protocol, port) and self._passes(
            destination, source, "ingress", protocol, port
        )

    def _passes(self, pod: End, peer: End, direction: str, protocol: str, port: int) -> bool:
        if isinstance(pod, Host):
            return True
        about = [
            policy["spec"]
            for policy in self.policies
            if policy["metadata"]["namespace"] == pod.namespace
            and direction.capitalize() in policy["spec"]["policyTypes"]
            and _selects(policy["spec"]["podSelector"], pod.labels)
        ]
        if not about:
            return True
        return any(
            self._allows(rule, "to" if direction == "egress" else "from", peer, protocol, port)
            for spec in about
            for rule in spec.get(direction, [])
        )

    def _allows(self, rule: Mapping[str, Any], key: str, peer: End, protocol: str, port: int) -> bool:
        peers, ports = rule.get(key, []), rule.get("ports", [])
        return (not peers or any(self._is_peer(one, peer) for one in peers)) and (
            not ports or any(self._is_port(one, protocol, port) for one in ports)
        )

    def _is_peer(self, described: Mapping[str, Any], peer: End) -> bool:
        if "ipBlock" in described:
            return isinstance(peer, Host) and _within(described["ipBlock"], peer.address)
        # A peer without a namespaceSelector means the policy's own namespace; no plan here leaves it out.
        return (
            isinstance(peer, Pod)
            and _selects(described["namespaceSelector"], self.namespaces[peer.namespace])
            and _selects(described.get("podSelector", {}), peer.labels)
        )

    def _is_port(self, described: Mapping[str, Any], protocol: str, port: int) -> bool:
        first = described["port"]
        last = described.get("endPort", first) if self.version >= KubeVersion(1, 22) else first
        return bool(described["protocol"] == protocol and first <= port <= last)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _within(block: Mapping[str, Any], address: str) -> bool:
    inside = ipaddress.ip_address(address)
    return inside in ipaddress.ip_network(block["cidr"]) and not any(
        inside in ipaddress.ip_network(one) for one in block.get("except", [])
    )
