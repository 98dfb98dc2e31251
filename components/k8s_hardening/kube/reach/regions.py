"""The addresses outside, cut along the networks that policies name: within a region, no policy tells two apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from k8s_hardening.kube.networks import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_WORLD: tuple[Network, ...] = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


@dataclass(frozen=True, slots=True)
class Region:
    """A network without the smaller ones that are regions of their own."""

    network: Network
    holes: tuple[Network, ...] = ()

    def __str__(self) -> str:
        if self.network.prefixlen == 0:
            return f"any {'other ' if self.holes else ''}IPv{self.network.version} address"
        if not self.holes:
            return str(self.network)
        return f"{self.network} without {', '.join(map(str, self.holes))}"

    @property
    def example(self) -> Address:
        """One address of the region."""
        found = int(self.network.network_address)
        for hole in sorted(self.holes, key=lambda one: int(one.network_address)):
            if found < int(hole.network_address):
                break
            found = int(hole.broadcast_address) + 1
        return type(self.network.network_address)(found)


class Regions:
    """All addresses of both families, each in one region."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        ordered = sorted({*networks, *_WORLD}, key=_rank)
        holes: dict[Network, list[Network]] = {one: [] for one in ordered}
        around: list[Network] = []
        for one in ordered:
            while around and not _covers(around[-1], one):
                around.pop()
            if around:
                holes[around[-1]].append(one)
            around.append(one)
        self._networks = tuple(ordered)
        self.all: tuple[Region, ...] = tuple(
            Region(one, tuple(holes[one]))
            for one in ordered
            if sum(hole.num_addresses for hole in holes[one]) < one.num_addresses
        )
        self._lengths = {version: sorted({n.prefixlen for n in ordered if n.version == version}) for version in (4, 6)}
        self._places = {region.network: place for place, region in enumerate(self.all)}

    @property
    def networks(self) -> tuple[Network, ...]:
        """What the addresses are cut along."""
        return self._networks

    def place_of(self, address: Address) -> int:
        """The region of an address, as its place among all."""
        for length in reversed(self._lengths[address.version]):
            # A network without a place of its own is covered by its holes, and the longest match is among those.
            place = self._places.get(ipaddress.ip_network((address, length), strict=False))
            if place is not None:
                return place
        raise AssertionError("an address is in no region")  # the whole world is always among the networks

    def within(self, network: Network) -> int:
        """The regions that lie in a network along which the addresses are cut, as a set of places."""
        # Sorted by address and then from large to small, all that lies in a network follows it without a gap.
        first = self._first_at(network)
        last = first
        while last < len(self.all) and _covers(network, self.all[last].network):
            last += 1
        return ((1 << last) - 1) ^ ((1 << first) - 1)

    def _first_at(self, network: Network) -> int:
        low, high = 0, len(self.all)
        while low < high:
            middle = (low + high) // 2
            if _rank(self.all[middle].network) < _rank(network):
                low = middle + 1
            else:
                high = middle
        return low


def _rank(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def _covers(outer: Network, inner: Network) -> bool:
    return (
        outer.version == inner.version
        and outer.prefixlen <= inner.prefixlen
        and int(inner.network_address) >> (outer.max_prefixlen - outer.prefixlen)
        == int(outer.network_address) >> (outer.max_prefixlen - outer.prefixlen)
    )
