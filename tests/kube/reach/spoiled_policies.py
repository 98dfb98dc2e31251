"""Policies with one value that a server may refuse, each in its place."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.kube.reach.worlds import Object, policy

PORTS: tuple[Object, ...] = (
    {"port": 0},
    {"port": -1},
    {"port": 65535},
    {"port": 65536},
    {"port": 70000},
    {"port": "80"},
    {"port": ""},
    {"port": "http"},
    {"port": "HTTP"},
    {"port": "a--b"},
    {"port": "-a"},
    {"port": "1a"},
    {"port": "a" * 15},
    {"port": "a" * 16},
    {"port": 80, "endPort": 80},
    {"port": 80, "endPort": 79},
    {"port": 80, "endPort": 0},
    {"port": 80, "endPort": 65536},
    {"port": "http", "endPort": 90},
    {"endPort": 90},
    {"port": 80, "protocol": "TCP"},
    {"port": 80, "protocol": "tcp"},
    {"port": 80, "protocol": "ICMP"},
    {"port": 80, "protocol": ""},
    {"protocol": "SCTP"},
    {},
)
_CIDRS = (
    "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "010.0.0.0/8",
    "10.0.0/8", "10.0.0.0/255.0.0.0", "", " 10.0.0.0/8", "::/0", "2001:DB8::/32", "2001:db8::1/32", "2001:db8::/129",
    "::ffff:10.0.0.0/104", "fe80::1%eth0/64", "0.0.0.0/0", "example.com",
)  # fmt: skip
_EXCEPTS = (
    "10.1.0.0/16", "10.0.0.0/8", "11.0.0.0/16", "0.0.0.0/0", "2001:db8::/64", "10.1.0.1/16", "10.1.0.0", "",
    "10.1.2.3/32", "::ffff:10.1.0.0/112",
)  # fmt: skip
BLOCKS: tuple[Object, ...] = (
    *({"cidr": one} for one in _CIDRS),
    *({"cidr": "10.0.0.0/8", "except": [one]} for one in _EXCEPTS),
    {"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]},
    {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.1.0.0/16"]},
    {"except": ["10.1.0.0/16"]},
    {},
)
SELECTORS: tuple[Any, ...] = (
    {},
    {"matchLabels": {"app": "web"}},
    {"matchLabels": {"app": ""}},
    {"matchLabels": {"app": "-web"}},
    {"matchLabels": {"app": "a" * 63}},
    {"matchLabels": {"app": "a" * 64}},
    {"matchLabels": {"": "web"}},
    {"matchLabels": {"a b": "web"}},
    {"matchLabels": {"example.com/app": "web"}},
    {"matchLabels": {"Example.com/app": "web"}},
    {"matchLabels": {"a/b/c": "web"}},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": []}]},
    {"matchExpressions": [{"key": "app", "operator": "In"}]},
    {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a b"]}]},
    {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["web"]}]},
    {"matchExpressions": [{"key": "app", "operator": "DoesNotExist", "values": []}]},
    {"matchExpressions": [{"key": "app", "operator": "in", "values": ["web"]}]},
    {"matchExpressions": [{"key": "app"}]},
    {"matchExpressions": [{"operator": "Exists"}]},
    {"matchExpressions": [{"key": "a b", "operator": "Exists"}]},
    {"matchExpressions": [{}]},
)
_PEERS: tuple[Object, ...] = (
    {},
    {"podSelector": {}},
    {"namespaceSelector": {}},
    {"podSelector": {}, "namespaceSelector": {}},
    {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}},
    {"ipBlock": {"cidr": "10.0.0.0/8"}, "namespaceSelector": {}},
)
TYPES: tuple[list[str], ...] = (
    [],
    ["Ingress"],
    ["Egress", "Ingress"],
    ["Ingress", "Ingress"],
    ["ingress"],
    ["Ingress", "Egress", "Egress"],
    [""],
)
NAMES = (
    "p",
    "a.b",
    "allow-a.b-in-2",
    "1",
    "P",
    "a_b",
    "-a",
    "a.",
    "a" * 253,
    "a" * 254,
)


def spoiled_policies() -> st.SearchStrategy[Object]:
    """A policy of the namespace `shop` with one odd value in some place."""
    peers = st.one_of(
        st.sampled_from(_PEERS),
        st.sampled_from(BLOCKS).map(lambda one: {"ipBlock": one}),
        st.sampled_from(SELECTORS).map(lambda one: {"podSelector": one}),
        st.sampled_from(SELECTORS).map(lambda one: {"namespaceSelector": one}),
    )
    rules = st.one_of(
        st.sampled_from(PORTS).map(lambda one: {"ports": [one]}),
        st.sampled_from(PORTS).map(lambda one: {"ports": [{"port": 1}, one]}),
    )
    return st.one_of(
        rules.map(lambda rule: policy("shop/p", podSelector={}, ingress=[rule])),
        rules.map(lambda rule: policy("shop/p", podSelector={}, policyTypes=["Egress"], egress=[rule])),
        peers.map(lambda peer: policy("shop/p", podSelector={}, ingress=[{"from": [peer]}])),
        peers.map(
            lambda peer: policy(
                "shop/p",
                podSelector={},
                policyTypes=["Egress"],
                egress=[{"to": [peer]}],
            )
        ),
        # Rules of a direction that the policy is not about are judged as well.
        peers.map(
            lambda peer: policy(
                "shop/p",
                podSelector={},
                policyTypes=["Ingress"],
                egress=[{"to": [peer]}],
            )
        ),
        st.sampled_from(SELECTORS).map(lambda one: policy("shop/p", podSelector=one)),
        st.sampled_from(TYPES).map(lambda one: policy("shop/p", podSelector={}, policyTypes=one)),
        st.sampled_from(NAMES).map(lambda one: policy(f"shop/{one}", podSelector={})),
    )
