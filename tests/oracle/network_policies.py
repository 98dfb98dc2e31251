"""NetworkPolicy once more, as its API documentation says it, for tests: one pair at a time, slow and plain.

Each step quotes k8s.io/api v0.37.2 networking/v1/types.go, or core/v1 and meta/v1 of the same module. Nothing here
is shared with kube/reach, so that a mistake there does not repeat itself here. Values are all known.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

Object = dict[str, Any]
End = Object | str
"""A Pod, or an IP address."""


class Cluster:
    """Pods, namespaces and policies as the server keeps them."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self.policies: dict[str, list[Object]] = {}
        for one in objects:
            if one["kind"] == "NetworkPolicy":
                self.policies.setdefault(place(one), []).append(one)
        self.labels = {
            one["metadata"]["name"]: {
                **one["metadata"].get("labels", {}),
                "kubernetes.io/metadata.name": one["metadata"]["name"],
            }
            for one in objects
            if one["kind"] == "Namespace"
        }

    def permits(self, source: End, destination: End, protocol: str, port: int) -> bool:
        """Whether traffic passes: the source must let it out, and the destination must let it in."""
        return self._lets_out(source, destination, protocol, port) and self._lets_in(
            source, destination, protocol, port
        )

    def _lets_in(self, source: End, destination: End, protocol: str, port: int) -> bool:
        if isinstance(destination, str):
            return True
        selecting = self._selecting(destination, "Ingress")
        # "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod, OR if the traffic matches at
        # least one ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod."
        return not selecting or any(
            self._in_peers(policy, rule.get("from"), source) and in_ports(rule, destination, protocol, port)
            for policy in selecting
            for rule in policy["spec"].get("ingress") or []
        )

    def _lets_out(self, source: End, destination: End, protocol: str, port: int) -> bool:
        if isinstance(source, str):
            return True
        selecting = self._selecting(source, "Egress")
        # "Outgoing traffic is allowed if there are no NetworkPolicies selecting the pod, OR if the traffic matches at
        # least one egress rule across all of the NetworkPolicy objects whose podSelector matches the pod."
        return not selecting or any(
            self._in_peers(policy, rule.get("to"), destination) and in_ports(rule, destination, protocol, port)
            for policy in selecting
            for rule in policy["spec"].get("egress") or []
        )

    def _selecting(self, pod: Object, direction: str) -> list[Object]:
        # "An empty selector matches all pods in the policy's namespace. This field is optional. If it is not specified,
        # it defaults to an empty selector."
        labels = pod["metadata"].get("labels", {})
        return [
            policy
            for policy in self.policies.get(place(pod), [])
            if direction in types(policy) and matches(policy["spec"].get("podSelector") or {}, labels)
        ]

    def _in_peers(self, policy: Object, peers: list[Object] | None, end: End) -> bool:
        # "Items in this list are combined using a logical OR operation. If this field is empty or missing, this rule
        # matches all sources."
        return not peers or any(self._is_peer(policy, one, end) for one in peers)

    def _is_peer(self, policy: Object, peer: Object, end: End) -> bool:
        block = peer.get("ipBlock")
        if block is not None:
            # "IPBlock describes a particular CIDR that is allowed to the pods matched by a NetworkPolicySpec's
            # podSelector. The except entry describes CIDRs that should not be included within this rule."
            text = end if isinstance(end, str) else end.get("status", {}).get("podIP")
            if text is None:
                return False
            address = ipaddress.ip_address(text)
            return address in ipaddress.ip_network(block["cidr"]) and not any(
                address in ipaddress.ip_network(one) for one in block.get("except") or []
            )
        if isinstance(end, str):
            return False
        if peer.get("namespaceSelector") is None:
            # "Otherwise it selects the pods matching podSelector in the policy's own namespace."
            if place(end) != place(policy):
                return False
        elif not matches(peer["namespaceSelector"], self.labels[place(end)]):
            return False
        # "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in
        # the namespaces selected by namespaceSelector. Otherwise it selects all pods in the namespaces selected."
        pods = peer.get("podSelector")
        return pods is None or matches(pods, end["metadata"].get("labels", {}))


def types(policy: Object) -> list[str]:
    """The directions that a policy is about."""
    given: list[str] = policy["spec"].get("policyTypes") or []
    if given:
        return given
    # "policies that contain an egress section are assumed to affect egress, and all policies (whether or not they
    # contain an ingress section) are assumed to affect ingress."
    return ["Ingress", "Egress"] if policy["spec"].get("egress") else ["Ingress"]


def place(one: Object) -> str:
    """The namespace of an object."""
    return str(one["metadata"]["namespace"])


def in_ports(rule: Object, destination: End, protocol: str, port: int) -> bool:
    """Whether a rule is about a port."""
    # "If this field is empty or missing, this rule matches all ports."
    return not rule.get("ports") or any(is_port(one, destination, protocol, port) for one in rule["ports"])


def is_port(item: Object, destination: End, protocol: str, port: int) -> bool:
    """Whether one item of `ports` is about a port."""
    # "If not specified, this field defaults to TCP."
    if (item.get("protocol") or "TCP") != protocol:
        return False
    wanted = item.get("port")
    # "If this field is not provided, this matches all port names and numbers."
    if wanted is None:
        return True
    if isinstance(wanted, str):
        # "This can either be a numerical or named port on a pod."
        return not isinstance(destination, str) and any(
            (one.get("name"), one.get("protocol") or "TCP", one["containerPort"]) == (wanted, protocol, port)
            for container in destination["spec"]["containers"]
            for one in container.get("ports", [])
        )
    # "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed."
    return bool(wanted <= port <= (item.get("endPort") or wanted))


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """meta/v1: "The result of matchLabels and matchExpressions are ANDed. An empty selector matches all objects"."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.get("matchExpressions") or []:
        key, values = one["key"], one.get("values") or []
        holds = {
            "In": key in labels and labels[key] in values,
            "NotIn": key not in labels or labels[key] not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not holds[one["operator"]]:
            return False
    return True
