"""What policies let through in one direction, gathered by peers and ports instead of by policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from k8s_hardening.kube.reach.masks import Bounds
from k8s_hardening.kube.reach.policies import Grant
from k8s_hardening.kube.reach.ports import EVERY_PORT, PortSet, joined, of_protocol, port_set, without
from k8s_hardening.kube.reach.world import World

Opened = Mapping[tuple[int, PortSet], int]
"""Peers and ports -> the ends to which (or from which) these peers are let through on these ports."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Everything that is open in one direction: for sure, and perhaps."""

    sure: Opened
    may: Opened


def direction_of(world: World, *, is_ingress: bool) -> Direction:
    """What every end lets in, or lets out."""
    holds = world.enforcement.holds(is_ingress=is_ingress)
    if holds is False:
        everything = {(world.everyone, EVERY_PORT): world.everyone}
        return Direction(everything, everything)
    sure: dict[tuple[int, PortSet], int] = {}
    may: dict[tuple[int, PortSet], int] = {}
    isolated_sure = isolated_may = 0
    for policy in world.policies:
        side = policy.side(is_ingress=is_ingress)
        if not side.isolates_may:
            continue
        selected = world.selected(policy)
        isolated_may |= selected.may
        isolated_sure |= selected.sure if side.isolates else 0
        for grant in side.grants:
            peers = world.peers(policy, grant)
            if side.isolates:
                _add(sure, peers.sure, grant.ports, selected.sure)
            _add(may, peers.may, grant.ports_may, selected.may)
            _add_named(sure if side.isolates else {}, may, world, grant, peers, selected, is_ingress=is_ingress)
    # Whom no policy isolates is open to everybody; the outside and the nodes always are.
    _add(sure, world.everyone, EVERY_PORT, world.everyone & ~isolated_may)
    _add(may, world.everyone, EVERY_PORT, world.everyone & ~isolated_sure)
    # A pod on the host's network may share its node with the other pod, and a node is never cut off from its pods.
    _add(may, world.on_host.may, EVERY_PORT, world.all_pods)
    if holds is None:
        _add(may, world.everyone, EVERY_PORT, world.all_pods)
    if not world.enforcement.sctp:
        _add(may, world.everyone, of_protocol("SCTP"), world.all_pods)
    return Direction(sure if world.enforcement.sctp_rules else _without_sctp(sure), may)


def _without_sctp(opened: Opened) -> Opened:
    less: dict[tuple[int, PortSet], int] = {}
    for (peers, ports), subjects in opened.items():
        _add(less, peers, without(ports, of_protocol("SCTP")), subjects)
    return less


def _add(opened: dict[tuple[int, PortSet], int], peers: int, ports: PortSet, subjects: int) -> None:
    if peers and ports and subjects:
        opened[peers, ports] = opened.get((peers, ports), 0) | subjects


def _add_named(
    sure: dict[tuple[int, PortSet], int],
    may: dict[tuple[int, PortSet], int],
    world: World,
    grant: Grant,
    peers: Bounds,
    selected: Bounds,
    *,
    is_ingress: bool,
) -> None:
    """What named ports open: the destination's pod says which number a name has."""
    for protocol, name in grant.named:
        for number, pods in world.with_port.get((protocol, name), {}).items():
            ports = port_set(((protocol, number, number),))
            if is_ingress:
                _add(sure, peers.sure, ports, selected.sure & pods)
                _add(may, peers.may, ports, selected.may & pods)
            else:
                _add(sure, peers.sure & pods, ports, selected.sure)
                _add(may, peers.may & pods, ports, selected.may)
        vague = world.with_vague_ports
        if is_ingress:
            _add(may, peers.may, of_protocol(protocol), selected.may & vague)
        else:
            _add(may, peers.may & vague, of_protocol(protocol), selected.may)


def spread(opened: Iterable[tuple[int, PortSet]]) -> dict[PortSet, int]:
    """Sets of ends that may overlap, each with ports, as sets that do not: each end once, with all of its ports."""
    by_ports: dict[PortSet, int] = {}
    for ends, ports in opened:
        by_ports[ports] = by_ports.get(ports, 0) | ends
    found: dict[PortSet, int] = {}
    for ports, ends in by_ports.items():
        rest, next_found = ends, dict[PortSet, int]()
        for had, among in found.items():
            both = among & rest
            if both:
                all_ports = joined(had, ports)
                next_found[all_ports] = next_found.get(all_ports, 0) | both
            if among != both:
                next_found[had] = next_found.get(had, 0) | among & ~both
            rest &= ~both
        if rest:
            next_found[ports] = next_found.get(ports, 0) | rest
        found = next_found
    return found
