"""Flows that a namespace's deny-all lets through, and what an environment says about its network."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import (
    Accepted,
    EndName,
    FlowName,
    FreeLabelKey,
    Name,
    NamespaceNames,
    Port,
    Switch,
    not_empty,
)
from k8s_hardening.model.crossing import deny_all_problems
from k8s_hardening.model.ends import DnsSpec, EndSpec, Labels, NamedEndSpec
from k8s_hardening.model.raw import Problem

API_SERVER = "api_server"
"""Name of the end that is the API server; what is closed in a system namespace needs it."""
NODES = "nodes"
"""Name of the end that is every node: the kubelets, and whatever runs on the host network."""
DNS_UPSTREAMS = "dns_upstreams"
"""Name of the end to which the cluster's DNS hands on the names that it does not know."""

_TENANTS = {"shop": ["shop-web", "shop-cart"]}
_ENDS = {"ingress_controller": {"namespace": "ingress-nginx", "pods": {"app.kubernetes.io/name": "ingress-nginx"}}}


class FlowSpec(Model):
    """One allowed connection; both halves (egress at the source, ingress at the destination) follow from it."""

    name: FlowName = Field(examples=["db"])
    """Name of the flow; the policies are called allow-<name>-out and allow-<name>-in."""
    source: EndSpec = Field(examples=[{"namespace": "payments-api", "pods": {"app": "api"}}])
    """Who connects."""
    destination: EndSpec = Field(examples=[{"namespace": "payments-db", "pods": {"app": "postgres"}}])
    """Who is connected to."""
    ports: tuple[Port, ...] = Field(default=(), examples=[["TCP/5432"]])
    """Protocol and port (number, range or name) at the destination; those of a named end when left out."""
    all_ports: Switch = False
    """Weaker: every port of every protocol."""


class DenyAllInputs(Whole):
    """Inputs of the component `DenyAll`: one namespace and what it must know of the cluster."""

    namespace: Name = Field(examples=["payments-api"])
    """Namespace to close."""
    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    dns: DnsSpec = DnsSpec()
    """Where the cluster resolves names."""
    flows: tuple[FlowSpec, ...] = Field(default=(), examples=[[{"name": "db"}]])
    """Connections that the deny-all lets through; one end is this namespace."""
    labels: Labels = Field(default={}, examples=[{"k8s-hardening/tenant": "payments"}])
    """Labels of the namespace, by which flows may select it."""
    tenants: dict[Name, NamespaceNames] = Field(default={}, examples=[_TENANTS])
    """Namespaces of the tenants that flows name."""
    ends: dict[EndName, NamedEndSpec] = Field(default={}, examples=[_ENDS])
    """Ends that flows call by name."""
    namespace_labels: tuple[FreeLabelKey, ...] = Field(default=(), examples=[["example.com/zone"]])
    """Keys of labels by which flows may select namespaces, since only the platform sets them."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Flows that share a name or lead nowhere, and what the version cannot do."""
        return deny_all_problems(data)


class Called(StrEnum):
    """Why the API server calls pods."""

    METRICS = "metrics"
    """They serve metrics.k8s.io or another API of their own, from what the kubelets tell them."""
    WEBHOOK = "webhook"
    """They judge or change objects on their way in."""


class CalledSpec(Model):
    """Pods that the API server calls."""

    what: Called = Field(examples=["metrics"])
    """metrics also lets the pods ask the kubelets."""
    pods: Annotated[Labels, not_empty('{k8s-app: "metrics-server"}')] = Field(examples=[{"k8s-app": "metrics-server"}])
    """Labels of the pods."""
    ports: Annotated[tuple[Port, ...], not_empty('["TCP/10250"]')] = Field(examples=[["TCP/10250"]])
    """Where they answer: ports of the pods, not of their Service."""


_CALLED = {"what": "metrics", "pods": {"k8s-app": "metrics-server"}, "ports": ["TCP/10250"]}
_SYSTEM_FLOW = {
    "name": "scrape-dns",
    "source": {"end": "monitoring"},
    "destination": {"namespace": "kube-system", "pods": {"k8s-app": "kube-dns"}},
    "ports": ["TCP/9153"],
}


class SystemNamespaceSpec(Model):
    """A namespace of no tenant that is closed as well.

    Its pods reach DNS and the API server, and the DNS pods answer everybody; anything else that they need is a flow.
    Pods on the host network are their node to a NetworkPolicy, and so stay as they are.
    """

    name: Name = Field(examples=["kube-system"])
    """Name of the namespace."""
    called_by_api_server: tuple[CalledSpec, ...] = Field(examples=[[_CALLED]])
    """Metrics and webhooks that run in it; an empty list says that there are none."""
    flows: tuple[FlowSpec, ...] = Field(default=(), examples=[[_SYSTEM_FLOW]])
    """Connections that the deny-all lets through; one end is this namespace."""
    accepts: tuple[Accepted, ...] = Field(default=(), examples=[["shop/pay"]])
    """Flows of others that may end here, each as <who declares it>/<flow>."""


_SYSTEM_NAMESPACE = {"name": "kube-system", "called_by_api_server": [_CALLED]}


class NetworkSpec(Model):
    """What flows of an environment can name beside its tenants, and which of its own namespaces are closed."""

    ends: dict[EndName, NamedEndSpec] = Field(default={}, examples=[_ENDS])
    """Ends by name; closed system namespaces need api_server, nodes and, for the DNS, dns_upstreams."""
    nodes_by_cidr: Switch = False
    """Whether Cilium runs with policyCIDRMatchMode: nodes; without it, its policies see no node behind an address."""
    namespace_labels: tuple[FreeLabelKey, ...] = Field(default=(), examples=[["example.com/zone"]])
    """Keys of the tenants' own labels by which flows may select namespaces; only the platform may then set them."""
    system_namespaces: tuple[SystemNamespaceSpec, ...] = Field(default=(), examples=[[_SYSTEM_NAMESPACE]])
    """Namespaces of no tenant to close, with what they need."""
