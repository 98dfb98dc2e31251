"""Networks in the one form that every Kubernetes version takes."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.networks import METADATA_NETWORKS, metadata_within, parse_network


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "10.20.0.0/16", "203.0.113.7/32", "::/0", "2001:db8::/32", "fd00::1/128"]
)
def test_plain_networks(text: str) -> None:
    assert str(parse_network(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "10.20.0.1/16",
        "10.20.0.0",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/0.0.0.255",
        "010.0.0.0/8",
        "10.0.0.0/08",
        "10.0.0.0/33",
        "2001:DB8::/32",
        "2001:0db8::/32",
        "::ffff:10.0.0.0/104",
        "fe80::%eth0/64",
        "10.0.0.0/8 ",
        "db.example.com",
        "/",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_network(text)


@given(
    network=st.one_of(st.ip_addresses(v=4).map(lambda ip: f"{ip}/8"), st.ip_addresses(v=6).map(lambda ip: f"{ip}/48"))
)
def test_metadata_is_found_in_exactly_the_networks_that_hold_it(network: str) -> None:
    made = ipaddress.ip_network(network, strict=False)
    inside = [one for one in METADATA_NETWORKS if one.network_address in made]
    assert metadata_within(made) == (inside[0] if inside else None)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "169.254.169.254/32", "169.254.169.254/31", "::/0", "fd00:ec2::254/128"])
def test_networks_with_a_metadata_address(text: str) -> None:
    assert metadata_within(parse_network(text)) in METADATA_NETWORKS
