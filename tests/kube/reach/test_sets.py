"""Sets of ports, of ends and of addresses are what they stand for."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.masks import mask_of, places_of
from k8s_hardening.kube.reach.entries import spread
from k8s_hardening.kube.reach.ports import EVERY_PORT, PortSet, holds, joined, met, port_set, port_texts, without
from k8s_hardening.kube.reach.regions import Region, Regions

SMALL = range(1, 12)
port_sets = st.lists(
    st.tuples(st.sampled_from(("TCP", "UDP")), st.sampled_from(SMALL), st.integers(0, 4)).map(
        lambda one: (one[0], one[1], one[1] + one[2])
    ),
    max_size=4,
).map(port_set)


def members(ports: PortSet) -> set[tuple[str, int]]:
    return {(protocol, port) for protocol in ("TCP", "UDP") for port in range(20) if holds(ports, protocol, port)}


@given(port_sets, port_sets)
def test_ports_are_joined_met_and_taken_away(one: PortSet, other: PortSet) -> None:
    assert members(joined(one, other)) == members(one) | members(other)
    assert members(met(one, other)) == members(one) & members(other)
    assert members(without(one, other)) == members(one) - members(other)
    assert met(one, EVERY_PORT) == one
    assert without(one, EVERY_PORT) == ()
    assert port_set(reversed(one)) == one


def test_ports_are_shown_as_people_write_them() -> None:
    assert port_texts(EVERY_PORT) == ["every port"]
    assert port_texts(port_set([("UDP", 1, 65535), ("TCP", 80, 80), ("TCP", 90, 99), ("TCP", 100, 101)])) == [
        "TCP/80",
        "TCP/90-101",
        "every UDP port",
    ]


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_places_gives_them_back(places: set[int]) -> None:
    assert list(places_of(mask_of(places))) == sorted(places)


@given(st.lists(st.tuples(st.sets(st.integers(0, 8)).map(mask_of), port_sets), max_size=6))
def test_what_overlaps_is_spread_so_that_each_end_has_all_of_its_ports(opened: list[tuple[int, PortSet]]) -> None:
    found = spread(opened)
    for place in range(9):
        wanted = set().union(*(members(ports) for ends, ports in opened if ends >> place & 1))
        mine = [ports for ports, ends in found.items() if ends >> place & 1]
        assert len(mine) <= 1
        assert set().union(*map(members, mine)) == wanted


networks = st.one_of(
    st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
        lambda one: ipaddress.ip_network((f"10.0.0.{one[0]}", one[1]), strict=False)
    ),
    st.sampled_from([ipaddress.ip_network(text) for text in ("::/0", "2001:db8::/32", "0.0.0.0/0", "10.0.0.0/25")]),
)


@given(st.lists(networks, max_size=8), st.integers(0, 255))
def test_every_address_is_in_the_one_region_that_its_networks_say(
    cut: list[ipaddress.IPv4Network | ipaddress.IPv6Network], last: int
) -> None:
    regions, address = Regions(cut), ipaddress.ip_address(f"10.0.0.{last}")
    region = regions.all[regions.place_of(address)]
    assert address in region.network
    assert not any(address in hole for hole in region.holes)
    for network in cut:
        assert bool(regions.within(network) >> regions.place_of(address) & 1) == (address in network)
    for place, one in enumerate(regions.all):
        assert regions.place_of(one.example) == place
        assert str(one)


def test_a_network_that_its_parts_cover_is_no_region() -> None:
    cut = [ipaddress.ip_network(text) for text in ("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25")]
    regions = Regions(cut)
    assert Region(cut[0], (cut[1], cut[2])) not in regions.all
    assert list(map(str, regions.all)) == ["any other IPv4 address", "10.0.0.0/25", "10.0.0.128/25", "any IPv6 address"]
    assert bin(regions.within(cut[0])).count("1") == 2
