"""Firewalls of the nodes: who may reach which port, as an environment declares it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from k8s_hardening.kube import component_ports
from k8s_hardening.kube.network_policies import HIGHEST_PORT
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, Port, matching, not_empty, wrong
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.ends import AnyCidr

T = TypeVar("T")
_NODE_PORTS = "-".join(map(str, component_ports.NODE_PORTS))


class NodeRole(StrEnum):
    """What a node is to the cluster."""

    CONTROL_PLANE = "control-plane"
    WORKER = "worker"
    ETCD = "etcd"
    """A member of an etcd outside of the control plane; it is no node of Kubernetes."""


def _not_everybody(text: str) -> str:
    if text.endswith("/0"):
        raise wrong("is everybody, and then there is no firewall", '"10.20.0.0/16"')
    return text


def _numbered(text: str) -> str:
    if not text.partition("/")[2].replace("-", "").isdecimal():
        raise wrong("is the name of a port, which a node does not know", '"TCP/9100"')
    return text


def _range(text: str) -> str:
    first, last = map(int, text.split("-"))
    if not 0 < first <= HIGHEST_PORT or not 0 < last <= HIGHEST_PORT:
        raise wrong(f"names a port that is not one of 1 to {HIGHEST_PORT}", f'"{_NODE_PORTS}"')
    if last < first:
        raise wrong("ends below its first port", f'"{last}-{first}"')
    return text


SomeNetwork = Annotated[AnyCidr, AfterValidator(_not_everybody)]
SomePort = Annotated[Count, between(1, HIGHEST_PORT)]
PortRange = Annotated[
    str,
    matching(r"[1-9][0-9]{0,8}-[1-9][0-9]{0,8}", "is not a range of ports", f'"{_NODE_PORTS}"'),
    AfterValidator(_range),
]
_OPENING = {"name": "node-exporter", "ports": ["TCP/9100"], "sources": ["10.244.0.0/16"]}


class OpeningSpec(Model):
    """Something else on the nodes that may be reached: what runs on the host network."""

    name: Name = Field(examples=["node-exporter"])
    """What it is; stands beside the rule."""
    ports: Annotated[tuple[Annotated[Port, AfterValidator(_numbered)], ...], not_empty('["TCP/9100"]')] = Field(
        examples=[["TCP/9100"]]
    )
    """Where it listens: protocol with a port or a range."""
    sources: Annotated[tuple[AnyCidr, ...], not_empty('["10.244.0.0/16"]')] = Field(examples=[["10.244.0.0/16"]])
    """Networks that may reach it; 0.0.0.0/0 and ::/0 are everybody."""
    roles: tuple[NodeRole, ...] = Field(default=(), examples=[["worker"]])
    """Nodes on which it runs; empty means every role."""


class NodePortsSpec(Model):
    """Services of type NodePort, and the health checks of their load balancers."""

    ports: PortRange = _NODE_PORTS
    """The API server's --service-node-port-range."""
    sources: tuple[AnyCidr, ...] = Field(default=(), examples=[["203.0.113.0/24"]])
    """Networks that may reach node ports beside the load balancers; empty means none, 0.0.0.0/0 and ::/0 everybody."""


class HostFirewallSpec(Model):
    """One nftables table for the nodes of each role: what is not named here is dropped on its way into a node.

    Traffic that a node forwards, which is that of pods, stays the network plug-in's.
    """

    nodes: Annotated[tuple[SomeNetwork, ...], not_empty('["10.0.0.0/24"]')] = Field(examples=[["10.0.0.0/24"]])
    """Networks of the addresses of all nodes of Kubernetes."""
    control_plane: Annotated[tuple[SomeNetwork, ...], not_empty('["10.0.0.0/28"]')] = Field(examples=[["10.0.0.0/28"]])
    """Networks of the nodes of the control plane; with a managed one, those from which it calls the kubelets."""
    admins: Annotated[tuple[SomeNetwork, ...], not_empty('["10.9.0.0/24"]')] = Field(examples=[["10.9.0.0/24"]])
    """Networks from which people reach SSH and the API server; without one, nobody would get in again."""
    pods: Annotated[tuple[SomeNetwork, ...], not_empty('["10.244.0.0/16"]')] = Field(examples=[["10.244.0.0/16"]])
    """Networks of the pods, which reach the API server and NodeLocal DNSCache and nothing else of a node."""
    etcd: tuple[SomeNetwork, ...] = Field(default=(), examples=[["10.0.1.0/29"]])
    """Networks of the members of an etcd outside of the control plane; empty means that it runs inside."""
    load_balancers: tuple[SomeNetwork, ...] = Field(default=(), examples=[["10.0.2.0/28"]])
    """Networks of the load balancers before the API server and Services; they reach node ports and health checks."""
    kubelet_clients: tuple[SomeNetwork, ...] = Field(default=(), examples=[["10.244.0.0/16"]])
    """Networks that reach the kubelets beside the control plane: where metrics-server and Prometheus run."""
    cni_modes: tuple[str, ...] | None = Field(default=None, examples=[["vxlan"]])
    """How the network plug-in carries traffic between nodes; an empty list says by routes alone."""
    node_ports: NodePortsSpec = NodePortsSpec()
    """Services of type NodePort."""
    ssh_port: SomePort = 22
    """Where SSH listens."""
    api_server_port: SomePort = component_ports.API_SERVER
    """Where the API server listens on its nodes."""
    open: tuple[OpeningSpec, ...] = Field(default=(), examples=[[_OPENING]])
    """What else may be reached."""
