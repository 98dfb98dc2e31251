"""Flows that a namespace's deny-all lets through, and how pods reach DNS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.networks import METADATA_NETWORKS, parse_network
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import FlowName, LabelKey, LabelValue, Name, Port, not_empty, wrong
from k8s_hardening.model.crossing import deny_all_problems
from k8s_hardening.model.raw import Problem


def _cidr(text: str) -> str:
    try:
        network = parse_network(text)
    except ValueError as error:
        raise wrong("is not a network in its plain CIDR form", f'"{_nearest_network(text)}"') from error
    if network in METADATA_NETWORKS:
        raise wrong("is where clouds serve the credentials of a node, which no flow may reach", '"10.20.0.0/16"')
    return text


def _nearest_network(text: str) -> str:
    try:
        nearest = str(ipaddress.ip_network(text, strict=False))
        usable = parse_network(nearest) not in METADATA_NETWORKS
    except ValueError:
        usable = False
    return nearest if usable else "10.20.0.0/16"


def _address(text: str) -> str:
    network = parse_network(_cidr(text))
    if network.num_addresses != 1:
        raise wrong("is not a single address", '"169.254.20.10/32"')
    return text


Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Labels = dict[LabelKey, LabelValue]


class EndSpec(Model):
    """One end of a flow: pods of a namespace, or a network outside."""

    namespace: Name | None = Field(default=None, examples=["payments-db"])
    """Namespace of the pods."""
    pods: Labels = Field(default={}, examples=[{"app": "postgres"}])
    """Labels of the pods; empty means every pod of the namespace."""
    cidr: Cidr | None = Field(default=None, examples=["10.20.0.0/16"])
    """A network instead of a namespace; the cloud metadata address is always left out."""

    @model_validator(mode="after")
    def _one_end(self) -> EndSpec:
        if (self.namespace is None) == (self.cidr is None):
            raise wrong("names not exactly one of namespace and cidr", '{namespace: "payments-db"}')
        if self.cidr is not None and self.pods:
            raise wrong("selects pods of a network", '{cidr: "10.20.0.0/16"}')
        return self


class FlowSpec(Model):
    """One allowed connection; both halves (egress at the source, ingress at the destination) follow from it."""

    name: FlowName = Field(examples=["db"])
    """Name of the flow; the policies are called allow-<name>-out and allow-<name>-in."""
    source: EndSpec = Field(examples=[{"namespace": "payments-api", "pods": {"app": "api"}}])
    """Who connects."""
    destination: EndSpec = Field(examples=[{"namespace": "payments-db", "pods": {"app": "postgres"}}])
    """Who is connected to."""
    ports: Annotated[tuple[Port, ...], not_empty('["TCP/5432"]')] = Field(examples=[["TCP/5432"]])
    """Protocol and port (or ports) at the destination, for example TCP/5432."""


class DnsSpec(Model):
    """Where pods resolve names; every deny-all is paired with this allowance."""

    namespace: Name = "kube-system"
    """Namespace of the DNS pods."""
    namespace_labels: Labels = Field(default={}, examples=[{"name": "kube-system"}])
    """Labels of that namespace; needed below Kubernetes 1.21, which does not label namespaces with their name."""
    pods: Annotated[Labels, not_empty('{k8s-app: "kube-dns"}')] = {"k8s-app": "kube-dns"}
    """Labels of the DNS pods."""
    node_local_cidr: Address | None = Field(default=None, examples=["169.254.20.10/32"])
    """Address of NodeLocal DNSCache, which runs on the host network where pod selectors do not reach."""


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

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Flows that share a name or lead nowhere, and what the version cannot do."""
        return deny_all_problems(data)
