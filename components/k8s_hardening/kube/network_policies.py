"""NetworkPolicy as the server reads it: rules, peers, ports, networks.

Source: k8s.io/api v0.37.2 networking/v1/types.go; k8s.io/kubernetes v1.37.2
pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, holds_unknown, kind_of
from k8s_hardening.kube.networks import Network

PROTOCOLS = ("TCP", "UDP", "SCTP")
POLICY_TYPES = ("Ingress", "Egress")
PEER_FIELDS = ("podSelector", "namespaceSelector", "ipBlock")
HIGHEST_PORT = 65535

_GROUPS = frozenset({"networking.k8s.io", "extensions"})
# What Go's net.ParseCIDR reads; Python would also take netmasks and zones.
_CIDR = re.compile(r"[0-9A-Fa-f:.]+/[0-9]+")
# IsValidPortName: at most 15 of a-z, 0-9 and single inner hyphens, with at least one letter.
_PORT_NAME = re.compile(r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
# Leading zeros pass the server's sloppy parser (k8s.io/utils internal/third_party/forked/golang/net) and not Python's.
_LEADING_ZEROS = re.compile(r"(?<![0-9A-Fa-f:])0+(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Rule:
    """One ingress or egress rule of a policy."""

    path: str
    """JSON path, for example spec.ingress[0]."""
    spec: dict[str, Any]
    is_ingress: bool

    @property
    def peers_field(self) -> str:
        """Name of the list of peers: from or to."""
        return "from" if self.is_ingress else "to"

    @property
    def peers_path(self) -> str:
        """JSON path of the list of peers."""
        return f"{self.path}.{self.peers_field}"

    @property
    def is_vague(self) -> bool:
        """Whether something in it is not known until apply."""
        return self.spec is as_map(UNKNOWN) or holds_unknown(self.spec)

    def peers(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each peer with its path."""
        for index, peer in enumerate(as_list(self.spec.get(self.peers_field))):
            yield f"{self.peers_path}[{index}]", as_map(peer)

    def ports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each port with its path."""
        for index, port in enumerate(as_list(self.spec.get("ports"))):
            yield f"{self.path}.ports[{index}]", as_map(port)


def is_port_number(value: Any) -> bool:
    """Whether a value is the number of a port."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= HIGHEST_PORT


def is_port_name(value: Any) -> bool:
    """Whether a value can be the name of a container's port."""
    return isinstance(value, str) and _PORT_NAME.fullmatch(value) is not None


def port_of(text: str) -> dict[str, Any]:
    """A protocol with a port, as a policy has it."""
    protocol, _, ports = text.partition("/")
    first, dash, last = ports.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()):
        return {"protocol": protocol, "port": ports}  # the name of a port, which may hold hyphens
    return {"protocol": protocol, "port": int(first), **({"endPort": int(last)} if dash else {})}


def port_text(port: Mapping[str, Any]) -> str:
    """The same the other way; absent protocols are TCP."""
    last = port.get("endPort")
    return f"{port.get('protocol') or 'TCP'}/{port.get('port')}" + ("" if last is None else f"-{last}")


def is_network_policy(manifest: Manifest) -> bool:
    """Whether the object is a NetworkPolicy of Kubernetes (not one of a CNI's own group)."""
    return kind_of(manifest) == "NetworkPolicy" and api_group_of(manifest) in _GROUPS


def rules_of(manifest: Manifest) -> Iterator[Rule]:
    """Every rule of a NetworkPolicy; nothing for other objects."""
    if not is_network_policy(manifest):
        return
    spec = as_map(manifest.get("spec"))
    for field in ("ingress", "egress"):
        for index, rule in enumerate(as_list(spec.get(field))):
            yield Rule(f"spec.{field}[{index}]", as_map(rule), field == "ingress")


def network_of(text: str) -> Network | None:
    """A CIDR as the server's lenient parser reads it: host bits and leading zeros count for nothing."""
    if _CIDR.fullmatch(text) is None:
        return None
    for form in (text, _LEADING_ZEROS.sub("", text)):
        try:
            return ipaddress.ip_network(form, strict=False)
        except ValueError:
            continue
    return None


def network_or_address_of(text: str) -> Network | None:
    """A CIDR, or a lone address as the network of it alone, as policies of network plug-ins take them.

    Sources: github.com/projectcalico/calico v3.28.5 libcalico-go/lib/net/ipnet.go (ParseCIDROrIP);
    github.com/cilium/cilium v1.20.2 pkg/policy/api/rule_validation.go (CIDR.sanitize).
    """
    if "/" not in text:
        text += "/128" if ":" in text else "/32"
    return network_of(text)


def is_strict_cidr(text: str) -> bool:
    """Whether a CIDR is in the one form that servers take from 1.36 on: no host bits, no leading zeros, no mapped IPv4.

    Source: k8s.io/kubernetes v1.37.2 pkg/features/kube_features.go (StrictIPCIDRValidation); k8s.io/apimachinery
    pkg/util/validation/ip.go.
    """
    try:
        network = ipaddress.ip_network(text, strict=True)
    except ValueError:
        return False
    is_mapped = isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None
    return _CIDR.fullmatch(text) is not None and re.search(r"/0[0-9]", text) is None and not is_mapped


def selects_everything(selector: Any) -> bool:
    """Whether a label selector is present and has no condition; never for UNKNOWN."""
    return isinstance(selector, dict) and not any(
        selector.get(field) not in (None, {}, []) for field in ("matchLabels", "matchExpressions")
    )


def has_split_selectors(rule: Rule) -> bool:
    """Whether one peer has only a namespaceSelector and another only a podSelector with conditions."""
    has_namespaces = has_pods = False
    for _, peer in rule.peers():
        pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
        if pods is None and namespaces is not None:
            has_namespaces = True
        if namespaces is None and pods is not None and not selects_everything(pods):
            has_pods = True
    return has_namespaces and has_pods
