"""The policies of a closed namespace, dict by dict; test_reachability.py says what they mean together."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.plans.network import plan_deny_all

FLOW = {
    "name": "db",
    "source": {"namespace": "payments-api", "pods": {"app": "api"}},
    "destination": {"namespace": "payments-db", "pods": {"app": "postgres"}},
    "ports": ["TCP/5432"],
}
NODE_LOCAL = {"node_local_cidr": "169.254.20.10/32"}
KUBE_SYSTEM = {"namespace_labels": {"name": "kube-system"}}


def policies(namespace: str = "payments-api", version: str = "1.36", **changes: Any) -> dict[str, dict[str, Any]]:
    inputs = DenyAllInputs.model_validate({"namespace": namespace, "kubernetes": version, **changes})
    return {one["metadata"]["name"]: one for one in plan_deny_all(inputs)}


def flow_peer(**end: Any) -> dict[str, Any]:
    made = policies(flows=[{**FLOW, "destination": end}])["allow-db-out"]["spec"]["egress"][0]["to"]
    (peer,) = made
    return dict(peer)


def test_deny_all_names_both_directions_and_every_pod() -> None:
    assert policies()["deny-all"] == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "deny-all",
            "namespace": "payments-api",
            "labels": {"app.kubernetes.io/managed-by": "k8s-hardening"},
        },
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def test_deny_all_comes_with_dns_and_nothing_else() -> None:
    assert list(policies()) == ["allow-dns", "deny-all"]
    assert policies()["allow-dns"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
            }
        ],
    }


def dns_peers(version: str, **dns: Any) -> list[dict[str, Any]]:
    peers: list[dict[str, Any]] = policies(version=version, dns=dns)["allow-dns"]["spec"]["egress"][0]["to"]
    return peers


def test_node_local_dns_is_an_address() -> None:
    assert dns_peers("1.36", **NODE_LOCAL)[1:] == [{"ipBlock": {"cidr": "169.254.20.10/32"}}]


@pytest.mark.parametrize("version", ["1.18", "1.19", "1.20"])
def test_before_1_21_the_dns_namespace_is_found_by_labels_of_its_own(version: str) -> None:
    assert dns_peers(version, **KUBE_SYSTEM)[0]["namespaceSelector"] == {"matchLabels": {"name": "kube-system"}}


@pytest.mark.parametrize("version", ["1.21", "1.37"])
def test_from_1_21_on_the_name_is_used_which_nobody_can_borrow(version: str) -> None:
    expected = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    assert dns_peers(version, **KUBE_SYSTEM)[0]["namespaceSelector"] == expected


def test_each_half_of_a_flow_belongs_to_the_namespace_that_it_opens() -> None:
    source, target = policies(flows=[FLOW]), policies("payments-db", flows=[FLOW])
    assert set(source) == {"allow-dns", "deny-all", "allow-db-out"}
    assert set(target) == {"allow-dns", "deny-all", "allow-db-in"}
    assert source["allow-db-out"]["spec"] == {
        "podSelector": {"matchLabels": {"app": "api"}},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "payments-db"}},
                        "podSelector": {"matchLabels": {"app": "postgres"}},
                    }
                ],
                "ports": [{"protocol": "TCP", "port": 5432}],
            }
        ],
    }
    assert target["allow-db-in"]["spec"] == {
        "podSelector": {"matchLabels": {"app": "postgres"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "payments-api"}},
                        "podSelector": {"matchLabels": {"app": "api"}},
                    }
                ],
                "ports": [{"protocol": "TCP", "port": 5432}],
            }
        ],
    }


def test_a_flow_within_one_namespace_opens_both_halves() -> None:
    inside = {**FLOW, "destination": {"namespace": "payments-api"}}
    assert {"allow-db-in", "allow-db-out"} <= set(policies(flows=[inside]))


def test_before_1_21_flows_find_the_label_that_we_write() -> None:
    made = policies(version="1.20", dns=KUBE_SYSTEM, flows=[FLOW])["allow-db-out"]["spec"]["egress"][0]["to"][0]
    assert made["namespaceSelector"] == {"matchLabels": {"k8s-hardening/namespace": "payments-db"}}


def test_a_range_ends_with_end_port() -> None:
    made = policies(version="1.22", flows=[{**FLOW, "ports": ["TCP/8000-8080", "UDP/9-9", "SCTP/7"]}])
    assert made["allow-db-out"]["spec"]["egress"][0]["ports"] == [
        {"protocol": "TCP", "port": 8000, "endPort": 8080},
        {"protocol": "UDP", "port": 9, "endPort": 9},
        {"protocol": "SCTP", "port": 7},
    ]


@pytest.mark.parametrize(
    ("cidr", "left_out"),
    [
        ("0.0.0.0/0", ["169.254.169.254/32"]),
        ("169.254.0.0/16", ["169.254.169.254/32"]),
        ("169.254.169.254/31", ["169.254.169.254/32"]),
        ("::/0", ["fd00:ec2::254/128"]),
        ("fd00::/8", ["fd00:ec2::254/128"]),
    ],
)
def test_wide_networks_leave_out_the_metadata_address(cidr: str, left_out: list[str]) -> None:
    assert flow_peer(cidr=cidr) == {"ipBlock": {"cidr": cidr, "except": left_out}}


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "203.0.113.7/32", "169.254.20.0/24", "2001:db8::/32", "fd00::/32"])
def test_other_networks_need_no_exception(cidr: str) -> None:
    assert flow_peer(cidr=cidr) == {"ipBlock": {"cidr": cidr}}
