"""Ports of the cluster's parts, and what network plug-ins exchange between nodes."""

from __future__ import annotations

import pytest

from k8s_hardening.kube import component_ports as known
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.component_ports import CNI_PORTS, LOOPBACK_ONLY

SERVED = (known.API_SERVER, known.ETCD_CLIENT, known.ETCD_PEER, known.KUBELET, known.KUBE_PROXY_HEALTH)


def test_no_port_is_served_and_kept_to_the_node_at_once() -> None:
    assert not set(SERVED) & set(LOOPBACK_ONLY)
    first, last = known.NODE_PORTS
    assert not [port for port in (*SERVED, *LOOPBACK_ONLY, known.RKE2_SUPERVISOR) if first <= port <= last]


@pytest.mark.parametrize("cni", CNI_PORTS)
def test_each_plugin_is_known_and_enforces_and_each_fact_has_its_source(cni: str) -> None:
    assert CNIS[cni].enforces
    for carrier in CNI_PORTS[cni].modes.values():
        assert carrier.source
        has_ports = carrier.protocol in ("tcp", "udp")
        assert has_ports == bool(carrier.ports)
        assert has_ports or 0 < int(carrier.protocol) < 256
        assert all(0 < port < 65536 for port in carrier.ports)
