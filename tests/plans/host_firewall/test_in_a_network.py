"""The tables in a real kernel: connections between a node, a machine outside and a pod, each in its own network."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.model.host_firewall import NodeRole
from k8s_hardening.plans.host_firewall.nftables import TABLE, table_text
from tests.plans.host_firewall.declared import apart, declared, program

pytestmark = pytest.mark.thorough

NODE, NODE6 = "10.0.0.1", "fd00:1::1"
ADMIN, MASTER, WORKER, BALANCER, GUEST, STRANGER = (
    "10.9.0.5", "10.0.0.9", "10.0.0.200", "10.0.2.5", "203.0.113.9", "192.0.2.5",
)  # fmt: skip
ADMIN6, MASTER6, WORKER6, STRANGER6 = "fd00:9::5", "fd00:1::9", "fd00:1::ff:1", "2001:db8::5"
POD, METRICS_POD = "10.244.0.9", "10.244.7.9"
OUTSIDE = (ADMIN, MASTER, WORKER, BALANCER, GUEST, STRANGER, ADMIN6, MASTER6, WORKER6, STRANGER6)
TCP = (22, 80, 179, 2379, 2380, 6443, 9100, 10250, 10256, 10257, 29999, 30000, 32767, 32768)
# What a kube-proxy makes of a Service of type NodePort, and a network plug-in of a forwarded packet.
OTHERS = f"""
table ip kube-proxy {{
    chain nat-prerouting {{
        type nat hook prerouting priority dstnat;
        fib daddr type local tcp dport 30080 dnat to {POD}:8080
    }}
}}
table inet cni {{
    chain forward {{
        type filter hook forward priority filter; policy accept;
    }}
}}
"""


class Node:
    """The node's process, from outside."""

    def __init__(self) -> None:
        program("ip", "iproute2")
        program("nft", "nftables")
        environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
        script = str(Path(__file__).with_name("node.py"))
        command = [*apart(), sys.executable, script]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        outside = [f"{one}/{128 if ':' in one else 32}" for one in OUTSIDE]
        machines = {
            "outside": {"addresses": outside, "networks": outside},
            "pod": {"addresses": [f"{POD}/32", f"{METRICS_POD}/32"], "networks": [f"{POD}/32", f"{METRICS_POD}/32"]},
        }
        self.tell({"machines": machines, "ports": [*TCP, 4789, 53, 30053]})

    def tell(self, command: dict[str, Any]) -> Any:
        """The answer to a command."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def load(self, text: str) -> None:
        """Load a table as nft does on a node."""
        assert self.tell({"load": text}) == ""

    def open_to(self, questions: list[tuple[str, str, str, int]], machine: str = "outside") -> set[tuple[Any, ...]]:
        """Which of the questions are answered."""
        answers = self.tell({"from": machine, "ask": questions})
        return {one for one, answer in zip(questions, answers, strict=True) if answer == "open"}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    made = Node()
    yield made
    assert made.process.stdin is not None
    made.process.stdin.close()
    made.process.wait(timeout=30)


def every_question() -> list[tuple[str, str, str, int]]:
    return [("tcp", one, NODE6 if ":" in one else NODE, port) for one, port in itertools.product(OUTSIDE, TCP)]


def expected(by_port: dict[int, tuple[str, ...]]) -> set[tuple[Any, ...]]:
    return {("tcp", one, NODE6 if ":" in one else NODE, port) for port, sources in by_port.items() for one in sources}


NODE_PORTS = {30000: (BALANCER, GUEST), 32767: (BALANCER, GUEST)}
ON_EACH = {22: (ADMIN, ADMIN6), 10250: (MASTER, MASTER6), 10256: (BALANCER,), **NODE_PORTS}


def test_without_a_table_everything_answers(node: Node) -> None:
    node.load(f"table inet {TABLE}\ndelete table inet {TABLE}\n")
    questions = every_question()
    assert len(questions) == 140
    assert node.open_to(questions) == set(questions)


def test_the_control_plane_answers_whom_it_should(node: Node) -> None:
    node.load(table_text(declared(), NodeRole.CONTROL_PLANE))
    members = (MASTER, MASTER6)
    api = (ADMIN, ADMIN6, *members, WORKER, WORKER6, BALANCER)
    assert node.open_to(every_question()) == expected({**ON_EACH, 6443: api, 2379: members, 2380: members})


def test_a_worker_answers_whom_it_should(node: Node) -> None:
    node.load(table_text(declared({"cni_modes": ["bgp", "vxlan"]}), NodeRole.WORKER))
    assert node.open_to(every_question()) == expected({**ON_EACH, 179: (MASTER, MASTER6, WORKER, WORKER6)})
    overlay = [("udp", one, NODE6 if ":" in one else NODE, 4789) for one in OUTSIDE]
    assert {one[1] for one in node.open_to(overlay)} == {MASTER, MASTER6, WORKER, WORKER6}


def test_an_etcd_outside_answers_whom_it_should(node: Node) -> None:
    node.load(table_text(declared({"etcd": ["203.0.113.0/28"], "node_ports": {}}), NodeRole.ETCD))
    peers = (GUEST,)
    assert node.open_to(every_question()) == expected(
        {22: (ADMIN, ADMIN6), 2379: (*peers, MASTER, MASTER6), 2380: peers}
    )


def test_pods_reach_the_api_server_and_what_is_named(node: Node) -> None:
    questions = [("tcp", one, NODE, port) for one in (POD, METRICS_POD) for port in (22, 6443, 9100, 10250, 30000)]
    node.load(table_text(declared(), NodeRole.CONTROL_PLANE))
    assert {one[1::2] for one in node.open_to(questions, "pod")} == {
        (POD, 6443), (METRICS_POD, 6443), (METRICS_POD, 10250),
    }  # fmt: skip
    node.load(table_text(declared(), NodeRole.WORKER))
    assert {one[1::2] for one in node.open_to(questions, "pod")} == {(METRICS_POD, 9100), (METRICS_POD, 10250)}


def test_pods_reach_the_dns_of_their_node_alone(node: Node) -> None:
    node.load(table_text(declared(dns={"node_local_cidr": f"{NODE}/32"}), NodeRole.WORKER))
    asked = [(protocol, POD, NODE, 53) for protocol in ("tcp", "udp")]
    assert node.open_to(asked, "pod") == set(asked)
    assert node.open_to([(protocol, WORKER, NODE, 53) for protocol in ("tcp", "udp")]) == set()
    node.load(table_text(declared(), NodeRole.WORKER))
    assert node.open_to(asked, "pod") == set()


def test_a_node_port_is_guarded_although_its_packets_never_come_in(node: Node) -> None:
    node.load(OTHERS)
    text = table_text(declared(), NodeRole.WORKER)
    asked = [("tcp", one, NODE, 30080) for one in OUTSIDE if ":" not in one]
    unguarded, _, _ = text.partition("\tchain node_ports")
    node.load(unguarded + "}\n")
    assert node.open_to(asked) == set(asked)
    node.load(text)
    assert {one[1] for one in node.open_to(asked)} == {BALANCER, GUEST}


def test_what_is_forwarded_is_not_touched(node: Node) -> None:
    node.load(table_text(declared(), NodeRole.WORKER))
    # To pods and from pods, ports of the node's own services and node ports among them.
    asked = [("tcp", STRANGER, POD, port) for port in (22, 8080, 10250, 30000, 30080)]
    assert node.open_to(asked) == set(asked)
    back = [("tcp", POD, STRANGER, port) for port in (22, 443, 30000)]
    assert node.open_to(back, "pod") == set(back)


def test_loading_anew_replaces_its_own_table_alone(node: Node) -> None:
    node.load(OTHERS.replace("table ip kube-proxy", "table ip others").replace("table inet cni", "table inet another"))
    for role in (NodeRole.CONTROL_PLANE, NodeRole.WORKER):
        node.load(table_text(declared(), role))
    tables = node.tell({"tables": True}).split("\n")
    assert tables.count(f"table inet {TABLE}") == 1
    assert {"table ip others", "table inet another"} <= set(tables)
    assert node.open_to([("tcp", ADMIN, NODE, 22), ("tcp", ADMIN, NODE, 6443)]) == {("tcp", ADMIN, NODE, 22)}
