"""What is left of networks when others are taken out of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TypeVar

from k8s_hardening.kube.networks import Network

N = TypeVar("N", ipaddress.IPv4Network, ipaddress.IPv6Network)


def without(networks: Iterable[Network], kept: Iterable[Network]) -> tuple[Network, ...]:
    """The addresses of some networks that are in none of others, as the fewest networks, in order."""
    networks, kept = list(networks), list(kept)
    return (
        *_left(_of(networks, ipaddress.IPv4Network), _of(kept, ipaddress.IPv4Network)),
        *_left(_of(networks, ipaddress.IPv6Network), _of(kept, ipaddress.IPv6Network)),
    )


def _of(networks: Iterable[Network], family: type[N]) -> list[N]:
    return [one for one in networks if isinstance(one, family)]


def _left(networks: list[N], kept: list[N]) -> Iterable[N]:
    for hole in kept:
        networks = [part for network in networks for part in _cut(network, hole)]
    return ipaddress.collapse_addresses(networks)


def _cut(network: N, hole: N) -> Iterable[N]:
    if network.subnet_of(hole):
        return ()
    return network.address_exclude(hole) if hole.subnet_of(network) else (network,)
