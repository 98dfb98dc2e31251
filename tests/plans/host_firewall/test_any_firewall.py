"""Any declared firewall, read back from the text of its tables, lets in whom its fields name and nobody else.

Who may reach what is written once more here, from the words of the model, on single addresses and ports.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.host_firewall import NodeRole
from k8s_hardening.plans.host_firewall.nftables import table_text
from k8s_hardening.plans.host_firewall.rules import roles_of
from tests.plans.host_firewall.declared import complaint, declared

pytestmark = pytest.mark.thorough

_RULE = re.compile(
    r"\t\tip6? saddr \{ (?P<sources>[^}]+) \} (?P<protocol>\w+) dport (?P<ports>[0-9-]+) accept comment .*"
)
_GUARD = re.compile(r"\t\tip6? saddr \{ (?P<sources>[^}]+) \} accept")
# Parts of the address space that no two lists share, so that every draw is one that the model takes.
_SPACE = {
    "nodes": ("10.0.0.0/16", "fd00:1::/48"),
    "admins": ("10.9.0.0/16", "fd00:9::/48"),
    "pods": ("10.244.0.0/16", "fd00:244::/48"),
    "etcd": ("10.1.0.0/16", "fd00:2::/48"),
    "load_balancers": ("10.2.0.0/16", "fd00:3::/48"),
    "kubelet_clients": ("10.3.0.0/16", "fd00:4::/48"),
}
_FAMILIES = st.sampled_from(((0,), (1,), (0, 1)))


@st.composite
def networks(draw: Any, name: str, families: tuple[int, ...], least: int = 1) -> list[str]:
    made: list[str] = []
    for family in families:
        space = ipaddress.ip_network(_SPACE[name][family])
        parts = list(space.subnets(prefixlen_diff=3))
        chosen = draw(st.lists(st.sampled_from(parts), unique=True, min_size=least, max_size=3))
        made += map(str, chosen)
    return made


@st.composite
def firewalls(draw: Any) -> dict[str, Any]:
    families = draw(_FAMILIES)
    nodes = draw(networks("nodes", families))
    first, last = sorted(draw(st.tuples(st.integers(20000, 21000), st.integers(20000, 21000))))
    return {
        "nodes": nodes,
        "control_plane": draw(st.lists(st.sampled_from(nodes), unique=True, min_size=1)),
        "admins": draw(networks("admins", families)),
        "pods": draw(networks("pods", families)),
        "etcd": draw(networks("etcd", families, least=0)),
        "load_balancers": draw(networks("load_balancers", families, least=0)),
        "kubelet_clients": draw(networks("kubelet_clients", families, least=0)),
        "cni_modes": draw(st.lists(st.sampled_from(["bgp", "ipip", "typha", "vxlan", "wireguard"]), unique=True)),
        "node_ports": {
            "ports": f"{first}-{last}",
            "sources": draw(st.lists(st.sampled_from(_everybody(families)), unique=True)),
        },
        "ssh_port": draw(st.sampled_from([22, 2222])),
        "api_server_port": draw(st.sampled_from([6443, 443])),
        "open": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.sampled_from(["one", "two"]),
                        "ports": st.just(["TCP/9100-9110", "UDP/9000"]),
                        "sources": networks("kubelet_clients", families),
                        "roles": st.sampled_from([[], ["worker"], ["control-plane", "etcd"]]),
                    }
                ),
                unique_by=lambda one: one["name"],
                max_size=2,
            )
        ),
    }


def _everybody(families: tuple[int, ...]) -> list[str]:
    return [("0.0.0.0/0", "::/0")[family] for family in families]


def may(spec: dict[str, Any], role: NodeRole, source: str, protocol: str, port: int) -> bool:
    """Whether the words of the model let an address reach a port."""

    def within(*names: str) -> bool:
        return any(_holds(network, source) for name in names for network in spec[name])

    is_node = role is not NodeRole.ETCD
    has_etcd = role is NodeRole.ETCD or (role is NodeRole.CONTROL_PLANE and not spec["etcd"])
    first, last = map(int, spec["node_ports"]["ports"].split("-"))
    carriers = {
        "bgp": [("tcp", 179)],
        "typha": [("tcp", 5473)],
        "vxlan": [("udp", 4789)],
        "wireguard": [("udp", 51820), ("udp", 51821)],
    }
    if (protocol, port) == ("tcp", spec["ssh_port"]) and within("admins"):
        return True
    if (
        role is NodeRole.CONTROL_PLANE
        and (protocol, port) == ("tcp", spec["api_server_port"])
        and within("admins", "nodes", "pods", "load_balancers")
    ):
        return True
    if has_etcd and (protocol, port) == ("tcp", 2379) and within("control_plane", "etcd"):
        return True
    if has_etcd and (protocol, port) == ("tcp", 2380) and within("etcd" if spec["etcd"] else "control_plane"):
        return True
    if is_node and (protocol, port) == ("tcp", 10250) and within("control_plane", "kubelet_clients"):
        return True
    if is_node and (protocol, port) == ("tcp", 10256) and within("load_balancers"):
        return True
    if is_node and first <= port <= last:
        everybody = any(_holds(network, source) for network in spec["node_ports"]["sources"])
        if everybody or within("load_balancers"):
            return True
    if is_node and any((protocol, port) in carriers.get(mode, ()) for mode in spec["cni_modes"]) and within("nodes"):
        return True
    return any(
        ((protocol == "tcp" and 9100 <= port <= 9110) or (protocol, port) == ("udp", 9000))
        and any(_holds(network, source) for network in opening["sources"])
        and (not opening["roles"] or str(role) in opening["roles"])
        for opening in spec["open"]
    )


@functools.cache
def _holds(network: str, address: str) -> bool:
    wide, one = ipaddress.ip_network(network), ipaddress.ip_address(address)
    return wide.version == one.version and one in wide


def _hold(networks: str, address: str) -> bool:
    return any(_holds(network, address) for network in networks.split(", "))


@dataclasses.dataclass(frozen=True)
class ReadBack:
    """A table by its own lines: a new connection is guarded as one to a node port, and then accepted."""

    guarded: range
    past_the_guard: list[str]
    accepted: list[tuple[str, str, range]]

    @classmethod
    def of(cls, text: str) -> ReadBack:
        _, _, guard = text.partition("chain node_ports")
        span = re.search(r"th dport != (\d+)-(\d+) accept", guard)
        return cls(
            _range(span[1], span[2]) if span else range(0),
            [match["sources"] for match in map(_GUARD.fullmatch, guard.splitlines()) if match],
            [
                (match["sources"], match["protocol"], _range(*match["ports"].partition("-")[::2]))
                for match in map(_RULE.fullmatch, text.splitlines())
                if match
            ],
        )

    def lets_in(self, source: str, protocol: str, port: int) -> bool:
        if port in self.guarded and not any(_hold(networks, source) for networks in self.past_the_guard):
            return False
        return any(
            protocol == its_protocol and port in its_ports and _hold(networks, source)
            for networks, its_protocol, its_ports in self.accepted
        )


def _range(first: str, last: str) -> range:
    return range(int(first), int(last or first) + 1)


def addresses(spec: dict[str, Any], chance: random.Random) -> list[str]:
    """An address within and one beside each network, and some of strangers."""
    made = ["192.0.2.1", "2001:db8::1"]
    names = [name for name in _SPACE if spec[name]]
    for network in [ipaddress.ip_network(text) for name in names for text in spec[name]]:
        made.append(str(network[chance.randrange(network.num_addresses)]))
        made.append(str(network.network_address - 1))
    return chance.sample(made, min(len(made), 16))


def ports(spec: dict[str, Any]) -> list[int]:
    first, last = map(int, spec["node_ports"]["ports"].split("-"))
    known = [22, 2222, 443, 6443, 2379, 2380, 10250, 10256, 179, 5473, 4789, 51820, 51821, 9000, 9100, 9110]
    return [*known, first - 1, first, last, last + 1, 10257, 10259, 2381, 80, 9111]


@settings(max_examples=40, deadline=None)
@given(spec=firewalls(), chance=st.randoms(use_true_random=False))
def test_it_lets_in_whom_it_names_and_nobody_else(spec: dict[str, Any], chance: random.Random) -> None:
    baseline = declared(spec)
    for role in roles_of(baseline):
        table = ReadBack.of(table_text(baseline, role))
        for source in addresses(spec, chance):
            for port in ports(spec):
                for protocol in ("tcp", "udp"):
                    told = table.lets_in(source, protocol, port)
                    assert told == may(spec, role, source, protocol, port), (role, source, protocol, port)


@settings(max_examples=15, deadline=None)
@given(spec=firewalls())
def test_nft_takes_every_table(spec: dict[str, Any]) -> None:
    baseline = declared(spec)
    for role in roles_of(baseline):
        assert complaint(table_text(baseline, role)) == ""


@settings(max_examples=30, deadline=None)
@given(spec=firewalls(), chance=st.randoms(use_true_random=False))
def test_the_order_of_lists_says_nothing(spec: dict[str, Any], chance: random.Random) -> None:
    shuffled = {
        name: chance.sample(value, len(value)) if isinstance(value, list) and name != "open" else value
        for name, value in spec.items()
    }
    for role in roles_of(declared(spec)):
        assert _text(declared(shuffled), role) == _text(declared(spec), role)


def _text(baseline: Baseline, role: NodeRole) -> str:
    return table_text(baseline, role)


def test_a_table_that_is_none_would_be_noticed() -> None:
    text = table_text(declared(), NodeRole.WORKER)
    assert "syntax error" in complaint(text.replace("dport", "dports", 1))
    assert complaint(text.replace("policy drop", "policy vanish", 1))
