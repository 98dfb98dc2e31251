"""What is left of networks, held against counting single addresses."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.network_sets import without
from k8s_hardening.kube.networks import Network

SMALL = st.builds(
    lambda start, length: ipaddress.ip_network((f"10.0.0.{start}", length), strict=False),
    st.integers(0, 255),
    st.integers(24, 32),
)


def addresses(networks: list[Network]) -> set[str]:
    return {str(address) for network in networks for address in network}


@given(st.lists(SMALL, max_size=4), st.lists(SMALL, max_size=4))
def test_exactly_the_addresses_outside_are_left(networks: list[Network], kept: list[Network]) -> None:
    left = without(networks, kept)
    assert addresses(list(left)) == addresses(networks) - addresses(kept)
    assert sum(network.num_addresses for network in left) == len(addresses(list(left)))


def test_the_families_do_not_meet() -> None:
    four, six = ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00:ec2::/64")
    assert without([six, four], [ipaddress.ip_network("::/0")]) == (four,)
    assert without([six, four], []) == (four, six)


def test_neighbours_become_one() -> None:
    halves = [ipaddress.ip_network("10.0.0.0/25"), ipaddress.ip_network("10.0.0.128/25")]
    assert without(halves, []) == (ipaddress.ip_network("10.0.0.0/24"),)
