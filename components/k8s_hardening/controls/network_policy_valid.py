"""A NetworkPolicy must hold only values that the server takes and heeds; a refused policy protects nothing.

Refused: a protocol that is not exactly TCP, UDP or SCTP; a port, endPort, policyType, network or name of the wrong
form; a peer of no kind or of two. Ignored: rules of a direction that policyTypes leaves out, and endPort before
1.22. Absent means: TCP, every port, Ingress (and Egress where egress rules stand).
Source: k8s.io/kubernetes v1.37.2 pkg/apis/networking/validation/validation.go; for endPort v1.21.14 and v1.22.17
pkg/features/kube_features.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str
from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.kube.network_policies import (
    PEER_FIELDS,
    POLICY_TYPES,
    PROTOCOLS,
    is_network_policy,
    is_port_name,
    is_port_number,
    is_strict_cidr,
    network_of,
    rules_of,
)
from k8s_hardening.kube.networks import PORT_RANGES_SINCE, STRICT_CIDRS_SINCE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each value that the server refuses or ignores."""
    if not is_network_policy(manifest):
        return
    name = as_map(manifest.get("metadata")).get("name")
    if name is not None and not is_dns1123_subdomain(as_str(name)):
        yield finding("metadata.name", name, "use lower-case letters, digits, hyphens and dots")
    yield from _policy_types(as_map(manifest.get("spec")))
    for rule in rules_of(manifest):
        for path, port in rule.ports():
            yield from _port(path, port, knowledge.kubernetes)
        for path, peer in rule.peers():
            yield from _peer(path, peer, knowledge.kubernetes)


def _policy_types(spec: dict[str, Any]) -> Iterator[Finding]:
    types = as_list(spec.get("policyTypes"))
    if len(types) > len(POLICY_TYPES):
        yield finding("spec.policyTypes", types, "name each of Ingress and Egress at most once")
        return
    for index, value in enumerate(types):
        if value not in POLICY_TYPES:
            meant = as_str(value).capitalize()
            fix = f"write {meant}" if meant in POLICY_TYPES else "use Ingress or Egress"
            yield finding(f"spec.policyTypes[{index}]", value, f"{fix}; the server refuses the policy")
    named = {as_str(value).capitalize() for value in types}
    for meant in POLICY_TYPES:
        if types and meant not in named and as_list(spec.get(meant.lower())):
            yield Finding(
                f"spec.{meant.lower()}",
                "ignored, since policyTypes does not name it",
                f"add {meant} to policyTypes, or remove the rules",
            )


def _port(path: str, port: dict[str, Any], version: KubeVersion) -> Iterator[Finding]:
    protocol, first, last = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in PROTOCOLS:
        meant = as_str(protocol).upper()
        fix = f"write {meant} in capital letters" if meant in PROTOCOLS else "use TCP, UDP or SCTP"
        yield finding(f"{path}.protocol", protocol, f"{fix}; the server refuses the policy")
    if first is not None and not is_port_number(first) and not is_port_name(first):
        yield finding(f"{path}.port", first, "use a number from 1 to 65535, or the name of a container port")
    if last is None:
        return
    if version < PORT_RANGES_SINCE:
        yield finding(
            f"{path}.endPort", last, f"list the ports one by one; servers ignore it before {PORT_RANGES_SINCE}"
        )
    elif not is_port_number(last) or (first is not UNKNOWN and not (isinstance(first, int) and first <= last)):
        yield finding(f"{path}.endPort", last, "use a number not below that of port, and a number there too")


def _peer(path: str, peer: dict[str, Any], version: KubeVersion) -> Iterator[Finding]:
    kinds = [field for field in PEER_FIELDS if peer.get(field) is not None]
    if not kinds:
        yield finding(path, dict(peer), "name a podSelector, a namespaceSelector or an ipBlock")
    if "ipBlock" not in kinds:
        return
    block = peer.get("ipBlock")
    if len(kinds) > 1:
        yield finding(path, dict(peer), "give the ipBlock an item of its own; it cannot stand beside a selector")
    cidr = as_map(block).get("cidr")
    yield from _network(f"{path}.ipBlock.cidr", cidr, version)
    outer = network_of(as_str(cidr))
    if outer is None and cidr is not UNKNOWN:
        return
    for index, inner in enumerate(as_list(as_map(block).get("except"))):
        inner_path = f"{path}.ipBlock.except[{index}]"
        yield from _network(inner_path, inner, version)
        network = network_of(as_str(inner))
        if network is None or outer is None:
            continue
        is_inside = network.version == outer.version and network.network_address in outer
        if not is_inside or network.prefixlen <= outer.prefixlen:
            yield finding(inner_path, inner, "use a network inside cidr and smaller than it")


def _network(path: str, value: Any, version: KubeVersion) -> Iterator[Finding]:
    network = network_of(as_str(value))
    if network is None:
        yield finding(path, value, "use a network in CIDR form, for example 10.20.0.0/16")
    elif version >= STRICT_CIDRS_SINCE and not is_strict_cidr(as_str(value)):
        yield finding(path, value, f"write {network}; from {STRICT_CIDRS_SINCE} servers refuse every other form")


CONTROL = Control(
    id="network-policy-valid",
    requirement="Network policies must hold only values that the server takes and heeds.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check=check,
    concerns=is_network_policy,
)
