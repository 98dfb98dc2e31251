"""A NetworkPolicy as what it means: whom it isolates, and what its rules let through.

Source: k8s.io/api v0.37.2 networking/v1/types.go; k8s.io/kubernetes v1.37.2 pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str
from k8s_hardening.kube.network_policies import HIGHEST_PORT, PROTOCOLS, Rule, network_of, rules_of
from k8s_hardening.kube.networks import Network
from k8s_hardening.kube.reach.policy_flaws import Flaw, flaws_of
from k8s_hardening.kube.reach.ports import EVERY_PORT, NO_PORTS, PortSet, port_set
from k8s_hardening.kube.reach.selectors import Selector
from k8s_hardening.kube.version import KubeVersion

UNNAMED = "(name not known yet)"


@dataclass(frozen=True, slots=True)
class Block:
    """Addresses of a network, without some smaller ones."""

    network: Network
    excepted: tuple[Network, ...] = ()
    is_open: bool = False
    """Further exceptions are not known yet."""


@dataclass(frozen=True, slots=True)
class Peers:
    """One item of `from` or `to`."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    """None for the policy's own namespace."""
    block: Block | None = None
    is_vague: bool = False
    """What kind of peer it is is not known yet."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule: these peers, on these ports."""

    path: str
    peers: tuple[Peers, ...] | None
    """None for everybody."""
    ports: PortSet
    """What is open for sure."""
    ports_may: PortSet
    """What may be open, since some value is not known yet; all of `ports` too."""
    named: tuple[tuple[str, str], ...] = ()
    """Protocol and name of each port that the destination's pod gives a number."""
    ports_unread: PortSet = NO_PORTS
    """What a range names beside its first port, where server or network plug-in does not read its end."""


@dataclass(frozen=True, slots=True)
class Side:
    """What a policy does about one direction."""

    isolates: bool
    """Whether pods that it selects are isolated, for sure."""
    isolates_may: bool
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One NetworkPolicy that a server would take."""

    namespace: str | None
    """None when it is not known yet; then it may be any."""
    name: str
    pods: Selector
    ingress: Side
    egress: Side
    is_certain: bool = True
    """False where several objects have one name, of which only one will be there."""
    manifest: Manifest = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return f"NetworkPolicy {self.namespace or '(namespace not known yet)'}/{self.name}"

    def side(self, *, is_ingress: bool) -> Side:
        """What the policy does about one direction."""
        return self.ingress if is_ingress else self.egress


def read_policy(manifest: Manifest, version: KubeVersion, *, reads_ranges: bool | None) -> Policy | tuple[Flaw, ...]:
    """What a NetworkPolicy means, or why the server refuses it.

    Args:
        manifest: the object; its namespace is `default` when it names none, as for kubectl.
        version: version of the server.
        reads_ranges: whether server and network plug-in heed endPort; otherwise a range is its first port. With None
            that is not known, and the other ports may be open.
    """
    metadata, spec = as_map(manifest.get("metadata")), as_map(manifest.get("spec"))
    flaws = tuple(flaws_of(manifest, version))
    if flaws:
        return flaws
    name, namespace = metadata.get("name"), metadata.get("namespace")
    selector = spec.get("podSelector")
    ingress, egress = (_side(manifest, spec, kind, reads_ranges=reads_ranges) for kind in ("Ingress", "Egress"))
    return Policy(
        None if namespace is UNKNOWN else as_str(namespace) or "default",
        as_str(name) or UNNAMED,
        # An absent podSelector is the empty one, unlike an absent selector of a peer.
        Selector.of(selector) if selector is not None else Selector(),
        ingress,
        egress,
        manifest=manifest,
    )


def _side(manifest: Manifest, spec: dict[str, Any], kind: str, *, reads_ranges: bool | None) -> Side:
    isolates, isolates_may = _isolation(spec, kind)
    if not isolates_may:
        return Side(False, False)
    rules = [rule for rule in rules_of(manifest) if rule.is_ingress == (kind == "Ingress")]
    return Side(isolates, isolates_may, tuple(_grant(rule, reads_ranges=reads_ranges) for rule in rules))


def _isolation(spec: dict[str, Any], kind: str) -> tuple[bool, bool]:
    """Whether a policy is about a direction: for sure, and perhaps."""
    types = as_list(spec.get("policyTypes"))
    if UNKNOWN in types:
        return kind in types, True
    if types:
        return kind in types, kind in types
    if kind == "Ingress":
        return True, True
    egress = as_list(spec.get("egress"))
    return bool(egress) and egress != [UNKNOWN], bool(egress)


def _grant(rule: Rule, *, reads_ranges: bool | None) -> Grant:
    peers = tuple(_peers(peer) for _, peer in rule.peers())
    sure: list[tuple[str, int, int]] = []
    may: list[tuple[str, int, int]] = []
    named: list[tuple[str, str]] = []
    has_ports = False
    for _, port in rule.ports():
        has_ports = True
        _add_port(port, sure, may, named, reads_ranges=reads_ranges)
    if not has_ports:
        return Grant(rule.path, peers or None, EVERY_PORT, EVERY_PORT)
    ports = port_set(sure) if sure else NO_PORTS
    unread = () if reads_ranges is not False else port_set(chain.from_iterable(map(_unread, rule.ports())))
    return Grant(rule.path, peers or None, ports, port_set((*sure, *may)), tuple(sorted(set(named))), unread)


def _unread(found: tuple[str, dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    protocol, first, last = (found[1].get(one) for one in ("protocol", "port", "endPort"))
    if isinstance(first, int) and isinstance(last, int) and protocol is not UNKNOWN and first < last:
        yield protocol or "TCP", first + 1, last


def _add_port(
    port: dict[str, Any],
    sure: list[tuple[str, int, int]],
    may: list[tuple[str, int, int]],
    named: list[tuple[str, str]],
    *,
    reads_ranges: bool | None,
) -> None:
    protocol, first, last = port.get("protocol"), port.get("port"), port.get("endPort")
    protocols = PROTOCOLS if protocol is UNKNOWN else (protocol or "TCP",)
    for one in protocols:
        if first is UNKNOWN:
            may.append((one, 1, HIGHEST_PORT))
        elif isinstance(first, str):
            # A protocol that is not known yet makes the number of the port uncertain as well.
            named.append((one, first)) if protocol is not UNKNOWN else may.append((one, 1, HIGHEST_PORT))
        else:
            low, high = (1, HIGHEST_PORT) if first is None else (first, first)
            if isinstance(last, int) and reads_ranges is not False:
                may.append((one, low, last))
                high = last if reads_ranges else high
            (may if protocol is UNKNOWN else sure).append((one, low, high))
            if last is UNKNOWN and reads_ranges is not False:
                may.append((one, low, HIGHEST_PORT))


def _peers(peer: dict[str, Any]) -> Peers:
    pods, namespaces, block = (peer.get(one) for one in ("podSelector", "namespaceSelector", "ipBlock"))
    if block is not None and block is not UNKNOWN:
        return _block_peers(as_map(block))
    if block is UNKNOWN and pods is None and namespaces is None:
        return Peers(is_vague=True)
    if pods is UNKNOWN and namespaces is UNKNOWN:
        return Peers(is_vague=True)
    return Peers(
        None if pods is None else Selector.of(pods),
        None if namespaces is None else Selector.of(namespaces),
    )


def _block_peers(block: dict[str, Any]) -> Peers:
    if block.get("cidr") is UNKNOWN:
        return Peers(is_vague=True)
    network = network_of(as_str(block.get("cidr")))
    if network is None:
        raise AssertionError("a flaw of a network was not told")
    excepted = as_list(block.get("except"))
    known = [network_of(as_str(one)) for one in excepted if one is not UNKNOWN]
    return Peers(block=Block(network, tuple(one for one in known if one is not None), UNKNOWN in excepted))


def networks_of(policy: Policy) -> Iterator[Network]:
    """Every network that a policy names, exceptions included."""
    for side in (policy.ingress, policy.egress):
        for grant in side.grants:
            for peers in grant.peers or ():
                if peers.block is not None:
                    yield peers.block.network
                    yield from peers.block.excepted
