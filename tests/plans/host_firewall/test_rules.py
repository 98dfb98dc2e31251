"""Which networks reach which port of which node, exactly."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.host_firewall import NodeRole
from k8s_hardening.plans.host_firewall.rules import roles_of, rules_of
from tests.plans.host_firewall.declared import declared

CP, WORKER, ETCD = NodeRole.CONTROL_PLANE, NodeRole.WORKER, NodeRole.ETCD
ADMINS, MASTERS, NODES = "10.9.0.0/24 fd00:9::/64", "10.0.0.0/28 fd00:1::/112", "10.0.0.0/24 fd00:1::/64"
KUBELET = "10.0.0.0/28 10.244.7.0/24 fd00:1::/112"
NODE_PORTS = "10.0.2.0/28 203.0.113.0/24"


def lines(baseline: Baseline, role: NodeRole) -> list[str]:
    return [
        f"{rule.protocol}/{rule.ports} from {' '.join(map(str, rule.sources))}"
        + (f" at {rule.destination}" if rule.destination else "")
        for rule in rules_of(baseline, role)
    ]


SHARED = [
    f"tcp/10250 from {KUBELET}",
    "tcp/10256 from 10.0.2.0/28",
    f"tcp/30000-32767 from {NODE_PORTS}",
    f"udp/30000-32767 from {NODE_PORTS}",
    f"sctp/30000-32767 from {NODE_PORTS}",
    f"udp/4789 from {NODES}",
]


def test_the_control_plane() -> None:
    assert lines(declared(), CP) == [
        f"tcp/22 from {ADMINS}",
        "tcp/6443 from 10.0.0.0/24 10.0.2.0/28 10.9.0.0/24 10.244.0.0/16 fd00:1::/64 fd00:9::/64",
        f"tcp/2379 from {MASTERS}",
        f"tcp/2380 from {MASTERS}",
        *SHARED,
    ]


def test_workers() -> None:
    assert lines(declared(), WORKER) == [f"tcp/22 from {ADMINS}", *SHARED, "tcp/9100 from 10.244.7.0/24"]


def test_an_etcd_outside_takes_its_ports_along() -> None:
    baseline = declared({"etcd": ["10.0.1.0/29"], "open": []})
    assert roles_of(baseline) == (CP, WORKER, ETCD)
    assert not [line for line in lines(baseline, CP) if "/2379" in line or "/2380" in line]
    assert lines(baseline, ETCD) == [
        f"tcp/22 from {ADMINS}",
        "tcp/2379 from 10.0.0.0/28 10.0.1.0/29 fd00:1::/112",
        "tcp/2380 from 10.0.1.0/29",
    ]


def test_least_is_open_where_least_is_declared() -> None:
    baseline = declared({"load_balancers": [], "kubelet_clients": [], "node_ports": {}, "open": [], "cni_modes": []})
    assert lines(baseline, WORKER) == [f"tcp/22 from {ADMINS}", f"tcp/10250 from {MASTERS}"]


@pytest.mark.parametrize(
    ("cni", "modes", "expected"),
    [
        ({"name": "calico"}, ["bgp", "typha"], ["tcp/179", "tcp/5473"]),
        ({"name": "calico"}, ["ipip"], ["4/"]),
        ({"name": "calico"}, ["wireguard"], ["udp/51820", "udp/51821"]),
        ({"name": "canal"}, ["vxlan"], ["udp/8472"]),
        ({"name": "cilium"}, ["geneve", "health", "ipsec"], ["udp/6081", "tcp/4240", "50/"]),
        ({"name": "kube-router"}, ["bgp", "fou"], ["tcp/179", "udp/5555"]),
    ],
)
def test_what_carries_pods_is_open_between_nodes_alone(
    cni: dict[str, Any], modes: list[str], expected: list[str]
) -> None:
    baseline = declared({"cni_modes": modes, "load_balancers": [], "node_ports": {}}, cni=cni)
    for role in (CP, WORKER):
        assert [line for line in lines(baseline, role) if line.endswith(f" from {NODES}")] == [
            f"{one} from {NODES}" for one in expected
        ]


def test_dialects_join_where_they_do() -> None:
    supervisor = "tcp/9345 from 10.0.0.0/24 10.0.2.0/28 fd00:1::/64"
    assert supervisor in lines(declared(dialect="rke2"), CP)
    assert supervisor not in lines(declared(dialect="rke2"), WORKER)
    assert not [line for line in lines(declared(dialect="k3s"), CP) if "/9345" in line]
    talos = lines(declared(dialect="talos"), CP)
    assert talos[0] == "tcp/50000 from 10.0.0.0/24 10.9.0.0/24 fd00:1::/64 fd00:9::/64"
    assert f"tcp/50001 from {NODES}" in talos
    assert not [line for line in talos if line.startswith("tcp/22 ")]


def test_a_provider_keeps_its_own_nodes() -> None:
    managed = {"provider": "eks", "cluster": "prod"}
    baseline = declared({"control_plane": ["172.16.0.0/28"]}, dialect="managed", control_plane={"managed": managed})
    assert roles_of(baseline) == (WORKER,)
    assert "tcp/10250 from 10.244.7.0/24 172.16.0.0/28" in lines(baseline, WORKER)


def test_pods_reach_the_dns_of_their_node_and_no_other_address_of_it() -> None:
    baseline = declared(dns={"node_local_cidr": "169.254.20.10/32"})
    for role in (CP, WORKER):
        assert [line for line in lines(baseline, role) if "/53 " in line] == [
            f"{protocol}/53 from 10.244.0.0/16 at 169.254.20.10/32" for protocol in ("udp", "tcp")
        ]


def test_other_ports_where_they_are_declared() -> None:
    baseline = declared({"ssh_port": 2222, "api_server_port": 443, "node_ports": {"ports": "20000-20100"}})
    assert [line.partition(" ")[0] for line in lines(baseline, CP)][:2] == ["tcp/2222", "tcp/443"]
    assert "sctp/20000-20100 from 10.0.2.0/28" in lines(baseline, WORKER)
