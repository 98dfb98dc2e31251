"""Arguments of the nodes' firewalls, as plain dictionaries of any language.

Each is the facade of the strict model of the same fields (model/host_firewall.py), which checks it;
tests/resources/test_facades.py keeps both alike. The component host reads the types themselves, so this file has no
`from __future__ import annotations`, no Literal, no union and no tuple.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict


class OpeningArgs(TypedDict):
    """Something else on the nodes that may be reached: what runs on the host network."""

    name: str
    """What it is; stands beside the rule."""
    ports: Sequence[str]
    """Where it listens: protocol with a port or a range."""
    sources: Sequence[str]
    """Networks that may reach it; 0.0.0.0/0 and ::/0 are everybody."""
    roles: NotRequired[Sequence[str]]
    """Nodes on which it runs; empty means every role."""


class NodePortsArgs(TypedDict):
    """Services of type NodePort, and the health checks of their load balancers."""

    ports: NotRequired[str]
    """The API server's --service-node-port-range."""
    sources: NotRequired[Sequence[str]]
    """Networks that may reach node ports beside the load balancers; empty means none, 0.0.0.0/0 and ::/0 everybody."""


class HostFirewallArgs(TypedDict):
    """One nftables table for the nodes of each role: what is not named here is dropped on its way into a node.

    Traffic that a node forwards, which is that of pods, stays the network plug-in's.
    """

    nodes: Sequence[str]
    """Networks of the addresses of all nodes of Kubernetes."""
    control_plane: Sequence[str]
    """Networks of the nodes of the control plane; with a managed one, those from which it calls the kubelets."""
    admins: Sequence[str]
    """Networks from which people reach SSH and the API server; without one, nobody would get in again."""
    pods: Sequence[str]
    """Networks of the pods, which reach the API server and NodeLocal DNSCache and nothing else of a node."""
    etcd: NotRequired[Sequence[str]]
    """Networks of the members of an etcd outside of the control plane; empty means that it runs inside."""
    load_balancers: NotRequired[Sequence[str]]
    """Networks of the load balancers before the API server and Services; they reach node ports and health checks."""
    kubelet_clients: NotRequired[Sequence[str]]
    """Networks that reach the kubelets beside the control plane: where metrics-server and Prometheus run."""
    cni_modes: NotRequired[Sequence[str]]
    """How the network plug-in carries traffic between nodes; an empty list says by routes alone."""
    node_ports: NotRequired[NodePortsArgs]
    """Services of type NodePort."""
    ssh_port: NotRequired[int]
    """Where SSH listens."""
    api_server_port: NotRequired[int]
    """Where the API server listens on its nodes."""
    open: NotRequired[Sequence[OpeningArgs]]
    """What else may be reached."""
