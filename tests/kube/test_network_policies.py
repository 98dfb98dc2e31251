"""Networks and selectors as the API server reads them."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.network_policies import (
    has_split_selectors,
    is_strict_cidr,
    network_of,
    rules_of,
    selects_everything,
)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.20.0.0/16", "10.20.0.0/16"),
        ("10.20.0.5/16", "10.20.0.0/16"),
        ("010.020.000.0/016", "10.20.0.0/16"),
        ("100.0.0.0/8", "100.0.0.0/8"),
        ("2001:DB8::/032", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("10.20.0.0", None),
        ("10.20.0.0/33", None),
        ("10.20.0.0/255.255.0.0", None),
        ("10.20.0/16", None),
        ("fe80::1%eth0/64", None),
        (" 10.20.0.0/16", None),
        ("10.20.0.0/16\n", None),
        ("", None),
    ],
)
def test_a_cidr_is_read_like_the_lenient_parser_does(text: str, network: str | None) -> None:
    found = network_of(text)
    assert (None if found is None else str(found)) == network


@pytest.mark.parametrize("text", ["10.20.0.0/16", "0.0.0.0/0", "2001:db8::/32", "2001:DB8::/32", "::/0"])
def test_the_plain_form_is_strict(text: str) -> None:
    assert is_strict_cidr(text)


@pytest.mark.parametrize(
    "text", ["10.20.0.5/16", "010.20.0.0/16", "10.20.0.0/08", "2001:db8::1/32", "::ffff:10.0.0.0/104", "10.20.0.0", ""]
)
def test_every_other_form_is_not(text: str) -> None:
    assert not is_strict_cidr(text)


@pytest.mark.parametrize(
    ("selector", "everything"),
    [
        ({}, True),
        ({"matchLabels": {}, "matchExpressions": []}, True),
        ({"matchLabels": None}, True),
        ({"matchLabels": {"app": "web"}}, False),
        ({"matchLabels": UNKNOWN}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, False),
        (None, False),
        (UNKNOWN, False),
    ],
)
def test_a_selector_without_conditions_selects_everything(selector: Any, everything: bool) -> None:
    assert selects_everything(selector) is everything


def policy(peers: list[Any], group: str = "networking.k8s.io") -> dict[str, Any]:
    return {"apiVersion": f"{group}/v1", "kind": "NetworkPolicy", "spec": {"ingress": [{"from": peers}]}}


def test_split_selectors_are_seen_in_any_order() -> None:
    namespaces: dict[str, Any] = {"namespaceSelector": {}}
    pods = {"podSelector": {"matchLabels": {"app": "web"}}}
    for peers in ([namespaces, pods], [pods, namespaces]):
        assert [has_split_selectors(rule) for rule in rules_of(policy(peers))] == [True]
    assert [has_split_selectors(rule) for rule in rules_of(policy([{**namespaces, **pods}]))] == [False]


def test_only_kubernetes_own_policies_have_rules() -> None:
    assert list(rules_of(policy([], "crd.projectcalico.org"))) == []
    assert [rule.peers_path for rule in rules_of(policy([]))] == ["spec.ingress[0].from"]
