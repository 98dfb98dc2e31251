"""Flows that a namespace's deny-all lets through, and how pods reach DNS."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import LabelKey, LabelValue, Name, Port, wrong


def _cidr(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        raise wrong("is not a network in CIDR form without host bits", '"10.20.0.0/16"') from error
    return text


Cidr = Annotated[str, AfterValidator(_cidr)]
Labels = dict[LabelKey, LabelValue]


class EndSpec(Model):
    """One end of a flow: pods of a namespace, or a network outside."""

    namespace: Name | None = None
    """Namespace of the pods."""
    pods: Labels = {}
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

    name: Name
    """Name of the flow; the policies are called allow-<name>-out and allow-<name>-in."""
    source: EndSpec
    """Who connects."""
    destination: EndSpec
    """Who is connected to."""
    ports: Annotated[tuple[Port, ...], Field(min_length=1, examples=[["TCP/5432"]])]
    """Protocol and port (or ports) at the destination, for example TCP/5432."""


class DnsSpec(Model):
    """Where pods resolve names; every deny-all is paired with this allowance."""

    namespace: Name = "kube-system"
    """Namespace of the DNS pods."""
    namespace_labels: Labels = {}
    """Labels of that namespace; needed below Kubernetes 1.21, which does not label namespaces with their name."""
    pods: Labels = {"k8s-app": "kube-dns"}
    """Labels of the DNS pods."""
    node_local_cidr: Cidr | None = Field(default=None, examples=["169.254.20.10/32"])
    """Address of NodeLocal DNSCache, which runs on the host network where pod selectors do not reach."""


class DenyAllInputs(Model):
    """Inputs of the component `DenyAll`: one namespace and what it must know of the cluster."""

    namespace: Name
    """Namespace to close."""
    kubernetes: KubeVersion
    """Kubernetes version of the cluster."""
    dns: DnsSpec = DnsSpec()
    """Where the cluster resolves names."""
    flows: tuple[FlowSpec, ...] = ()
    """Connections that the deny-all lets through; one end is this namespace."""
