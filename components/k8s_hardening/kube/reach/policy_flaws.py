"""Why the server would refuse a NetworkPolicy; one that is refused is not there, and so protects nothing.

The control `network-policy-valid` says what to do about it; here it decides only which policies count.
Source: k8s.io/kubernetes v1.37.2 pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, name_of, namespace_of
from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.kube.network_policies import (
    PEER_FIELDS,
    POLICY_TYPES,
    PROTOCOLS,
    is_port_name,
    is_port_number,
    is_strict_cidr,
    network_of,
    rules_of,
)
from k8s_hardening.kube.networks import STRICT_CIDRS_SINCE
from k8s_hardening.kube.reach.selectors import selector_flaws
from k8s_hardening.kube.version import KubeVersion


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something of an object that keeps it from counting, or counting for sure."""

    subject: str
    """The object, for people."""
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.path} {self.what}"


def flaws_of(manifest: Manifest, version: KubeVersion) -> Iterator[Flaw]:
    """Everything in a NetworkPolicy that a new server object must not hold; never a value that is not known yet."""
    subject = f"NetworkPolicy {namespace_of(manifest) or 'default'}/{name_of(manifest) or '(no name)'}"
    for path, what in _flaws(manifest, version):
        yield Flaw(subject, path, f"{what}, so the server refuses the policy")


def _flaws(manifest: Manifest, version: KubeVersion) -> Iterator[tuple[str, str]]:
    name = as_map(manifest.get("metadata")).get("name")
    if isinstance(name, str) and not is_dns1123_subdomain(name):
        yield "metadata.name", "is no name of an object"
    spec = manifest.get("spec")
    if spec is UNKNOWN or spec is None:
        return
    if not isinstance(spec, dict):
        yield "spec", "is not a mapping"
        return
    yield from selector_flaws(spec.get("podSelector"), "spec.podSelector")
    yield from _list_flaws(spec.get("policyTypes"), "spec.policyTypes")
    types = as_list(spec.get("policyTypes"))
    if len(types) > len(POLICY_TYPES):
        yield "spec.policyTypes", "has more than two items"
    for index, value in enumerate(types):
        if value is not UNKNOWN and value not in POLICY_TYPES:
            yield f"spec.policyTypes[{index}]", "is neither Ingress nor Egress"
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        yield from _list_flaws(spec.get(direction), f"spec.{direction}")
        for index, rule in enumerate(as_list(spec.get(direction))):
            path = f"spec.{direction}[{index}]"
            if rule is not UNKNOWN and not isinstance(rule, dict):
                yield path, "is not a mapping"
            for name in (peers, "ports"):
                yield from _list_flaws(as_map(rule).get(name), f"{path}.{name}")
    for one in rules_of(manifest):
        for path, port in one.ports():
            yield from _port_flaws(path, port)
        for path, peer in one.peers():
            yield from _peer_flaws(path, peer, version)


def _list_flaws(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not (value is None or value is UNKNOWN or isinstance(value, list)):
        yield path, "is not a list"


def _port_flaws(path: str, port: dict[str, Any]) -> Iterator[tuple[str, str]]:
    protocol, first, last = port.get("protocol"), port.get("port"), port.get("endPort")
    if not (protocol is None or protocol is UNKNOWN or protocol in PROTOCOLS):
        yield f"{path}.protocol", f"is none of {', '.join(PROTOCOLS)}"
    if not (first is None or first is UNKNOWN or is_port_number(first) or is_port_name(first)):
        yield f"{path}.port", "is no number from 1 to 65535 and no name of a port"
    if last is None or last is UNKNOWN:
        return
    if not is_port_number(last) or (first is not UNKNOWN and not is_port_number(first)):
        yield f"{path}.endPort", "needs numbers from 1 to 65535 in port and in itself"
    elif first is not UNKNOWN and last < first:
        yield f"{path}.endPort", "is below port"


def _peer_flaws(path: str, peer: dict[str, Any], version: KubeVersion) -> Iterator[tuple[str, str]]:
    kinds = [name for name in PEER_FIELDS if peer.get(name) is not None]
    if not kinds:
        yield path, "names no podSelector, namespaceSelector or ipBlock"
    for name in PEER_FIELDS[:2]:
        yield from selector_flaws(peer.get(name), f"{path}.{name}")
    block = peer.get("ipBlock")
    if block is None or block is UNKNOWN:
        return
    if len(kinds) > 1:
        yield path, "has an ipBlock beside a selector"
    cidr = as_map(block).get("cidr")
    outer = network_of(as_str(cidr))
    if cidr is UNKNOWN:
        return
    if outer is None:
        yield f"{path}.ipBlock.cidr", "is not a network in CIDR form"
        return
    if _is_loose(cidr, version):
        yield f"{path}.ipBlock.cidr", f"is not the plain form of {outer}"
    yield from _list_flaws(as_map(block).get("except"), f"{path}.ipBlock.except")
    for index, value in enumerate(as_list(as_map(block).get("except"))):
        if value is UNKNOWN:
            continue
        inner = network_of(as_str(value))
        is_inside = (
            inner is not None
            and inner.version == outer.version
            and inner.network_address in outer
            and inner.prefixlen > outer.prefixlen
        )
        if not is_inside:
            yield f"{path}.ipBlock.except[{index}]", "is not a smaller network inside cidr"
        elif _is_loose(value, version):
            yield f"{path}.ipBlock.except[{index}]", f"is not the plain form of {inner}"


def _is_loose(cidr: Any, version: KubeVersion) -> bool:
    return version >= STRICT_CIDRS_SINCE and not is_strict_cidr(as_str(cidr))
