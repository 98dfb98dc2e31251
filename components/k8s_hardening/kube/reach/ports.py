"""Sets of ports, as sorted ranges by protocol: small, hashable, quick to join and to meet."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from k8s_hardening.kube.network_policies import HIGHEST_PORT, PROTOCOLS

PortSet = tuple[tuple[str, int, int], ...]
"""Protocol, first and last port of each range; sorted, without overlap, neighbours joined."""

NO_PORTS: PortSet = ()
EVERY_PORT: PortSet = tuple((protocol, 1, HIGHEST_PORT) for protocol in sorted(PROTOCOLS))


def port_set(ranges: Iterable[tuple[str, int, int]]) -> PortSet:
    """Ranges in any order as the one form of their set."""
    made: list[tuple[str, int, int]] = []
    for protocol, first, last in sorted(ranges):
        if made and made[-1][0] == protocol and first <= made[-1][2] + 1:
            made[-1] = (protocol, made[-1][1], max(made[-1][2], last))
        else:
            made.append((protocol, first, last))
    return tuple(made)


@functools.lru_cache(maxsize=65536)
def joined(one: PortSet, other: PortSet) -> PortSet:
    """What is in either set."""
    return port_set((*one, *other))


@functools.lru_cache(maxsize=65536)
def met(one: PortSet, other: PortSet) -> PortSet:
    """What is in both sets."""
    return port_set(
        (protocol, max(first, low), min(last, high))
        for protocol, first, last in one
        for also, low, high in other
        if protocol == also and max(first, low) <= min(last, high)
    )


@functools.lru_cache(maxsize=65536)
def without(one: PortSet, other: PortSet) -> PortSet:
    """What is in the first set only."""
    left = list(one)
    for also, low, high in other:
        left = [
            part
            for protocol, first, last in left
            for part in (
                ((protocol, first, last),)
                if protocol != also or high < first or last < low
                else ((protocol, first, low - 1), (protocol, high + 1, last))
            )
            if part[1] <= part[2]
        ]
    return port_set(left)


def holds(ports: PortSet, protocol: str, port: int) -> bool:
    """Whether one port is in a set."""
    return any(protocol == also and first <= port <= last for also, first, last in ports)


def of_protocol(protocol: str) -> PortSet:
    """Every port of one protocol."""
    return ((protocol, 1, HIGHEST_PORT),)


def port_texts(ports: PortSet) -> list[str]:
    """A set for people, one text for each range: TCP/5432, TCP/9100-9102, every UDP port."""
    if ports == EVERY_PORT:
        return ["every port"]
    return [
        f"every {protocol} port"
        if (first, last) == (1, HIGHEST_PORT)
        else f"{protocol}/{first}"
        if first == last
        else f"{protocol}/{first}-{last}"
        for protocol, first, last in ports
    ]
