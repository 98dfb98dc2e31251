"""Who talks to whom: the ends of a flow."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.networks import METADATA_NETWORKS, metadata_within, parse_network
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import EndName, LabelKey, LabelValue, Name, Port, Switch, not_empty, wrong


def _any_cidr(text: str) -> str:
    try:
        parse_network(text)
    except ValueError as error:
        raise wrong("is not a network in its plain CIDR form", f'"{_nearest_network(text)}"') from error
    return text


def _cidr(text: str) -> str:
    if parse_network(_any_cidr(text)) in METADATA_NETWORKS:
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


AnyCidr = Annotated[str, AfterValidator(_any_cidr)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Labels = dict[LabelKey, LabelValue]


class Operator(StrEnum):
    """How a label is compared (k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1/types.go)."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class ExpressionSpec(Model):
    """A condition on one label."""

    key: LabelKey = Field(examples=["app"])
    """Key of the label."""
    operator: Operator = Field(examples=["In"])
    """How the label is compared."""
    values: tuple[LabelValue, ...] = Field(default=(), examples=[["web", "api"]])
    """What it is compared with; only for In and NotIn."""

    @model_validator(mode="after")
    def _values_where_they_count(self) -> ExpressionSpec:
        if (self.operator in (Operator.IN, Operator.NOT_IN)) != bool(self.values):
            wanted = "needs values" if not self.values else "takes no values"
            raise wrong(f"{wanted} with {self.operator.value}", '{key: "app", operator: "In", values: ["web"]}')
        return self


_Expressions = tuple[ExpressionSpec, ...]
_EXPRESSION = {"key": "app", "operator": "In", "values": ["web", "api"]}


class PodsSpec(Model):
    """Pods by their labels; every condition must hold."""

    pods: Labels = Field(default={}, examples=[{"app": "search"}])
    """Labels of the pods."""
    expressions: _Expressions = Field(default=(), examples=[[_EXPRESSION]])
    """Conditions beside them."""

    @model_validator(mode="after")
    def _says_something(self) -> PodsSpec:
        if not self.pods and not self.expressions:
            raise wrong("selects every pod, so the others would not count", '{pods: {app: "search"}}')
        return self


class NamedEndSpec(Model):
    """An end that flows call by its name: pods of one namespace, or networks."""

    namespace: Name | None = Field(default=None, examples=["ingress-nginx"])
    """Namespace of the pods, which is no tenant's; naming the end here is the consent of that namespace."""
    pods: Labels = Field(default={}, examples=[{"app.kubernetes.io/name": "ingress-nginx"}])
    """Labels of the pods; empty means every pod of the namespace."""
    expressions: _Expressions = Field(default=(), examples=[[_EXPRESSION]])
    """Conditions on the pods' labels beside `pods`."""
    or_pods: tuple[PodsSpec, ...] = Field(default=(), examples=[[{"pods": {"app": "search"}}]])
    """Other pods of the namespace that are meant as well."""
    cidrs: tuple[AnyCidr, ...] = Field(default=(), examples=[["10.20.0.10/32"]])
    """Networks instead of pods; what runs on the host network has the address of its node."""
    node_credentials: Switch = False
    """Weaker: the networks may be the very address where clouds serve the credentials of a node."""
    ports: tuple[Port, ...] = Field(default=(), examples=[["TCP/6443"]])
    """Ports of flows to it that name none."""

    @model_validator(mode="after")
    def _one_kind(self) -> NamedEndSpec:
        if (self.namespace is None) == (not self.cidrs):
            raise wrong("names not exactly one of namespace and cidrs", '{namespace: "ingress-nginx"}')
        _check_credentials(self, self.cidrs)
        _check_pods(self, are_networks=bool(self.cidrs))
        return self


class EndSpec(Model):
    """One end of a flow: exactly one of tenant, namespace, namespaces_labelled, all_namespaces, end and cidr."""

    tenant: Name | None = Field(default=None, examples=["payments"])
    """All namespaces of a tenant."""
    namespace: Name | None = Field(default=None, examples=["payments-db"])
    """Namespace of the pods."""
    namespaces_labelled: Labels = Field(default={}, examples=[{"k8s-hardening/tenant": "payments"}])
    """Namespaces with these labels, which only the platform can give."""
    all_namespaces: Switch = False
    """Weaker: every namespace of the cluster, whoever it belongs to."""
    end: EndName | None = Field(default=None, examples=["monitoring"])
    """One of the environment's named ends."""
    cidr: AnyCidr | None = Field(default=None, examples=["10.20.0.0/16"])
    """A network instead of pods; of a wide one, the cloud metadata address is left out."""
    except_for: tuple[AnyCidr, ...] = Field(default=(), examples=[["10.20.1.0/24"]])
    """Parts of the network that are not meant; another flow or policy may still allow them."""
    node_credentials: Switch = False
    """Weaker: the network is the very address where clouds serve the credentials of a node."""
    pods: Labels = Field(default={}, examples=[{"app": "postgres"}])
    """Labels of the pods; empty means every pod of the namespaces."""
    expressions: _Expressions = Field(default=(), examples=[[_EXPRESSION]])
    """Conditions on the pods' labels beside `pods`."""
    or_pods: tuple[PodsSpec, ...] = Field(default=(), examples=[[{"pods": {"app": "search"}}]])
    """Other pods of the same namespaces that are meant as well."""

    @model_validator(mode="after")
    def _one_end(self) -> EndSpec:
        kinds = (self.tenant, self.namespace, self.namespaces_labelled, self.all_namespaces, self.end, self.cidr)
        if sum(map(bool, kinds)) != 1:
            raise wrong(
                "names not exactly one of tenant, namespace, namespaces_labelled, all_namespaces, end and cidr",
                '{namespace: "payments-db"}',
            )
        if self.end is not None and (self.pods or self.expressions or self.or_pods):
            raise wrong("selects pods of a named end, which says itself which pods it is", '{end: "monitoring"}')
        if self.cidr is None and (self.except_for or self.node_credentials):
            raise wrong("says something of a network and names no cidr", '{cidr: "10.20.0.0/16"}')
        _check_credentials(self, filter(None, (self.cidr,)))
        _check_pods(self, are_networks=self.cidr is not None)
        return self


def _check_credentials(end: NamedEndSpec | EndSpec, networks: Iterable[str]) -> None:
    if end.node_credentials and not any(metadata_within(parse_network(one)) for one in networks):
        raise wrong(
            "says node_credentials: true and names no network that has them",
            '{cidr: "169.254.169.254/32", node_credentials: true}',
        )


def _check_pods(end: NamedEndSpec | EndSpec, *, are_networks: bool) -> None:
    conditions: tuple[Collection[Any], ...] = (end.pods, end.expressions, end.or_pods)
    if are_networks and any(conditions):
        raise wrong("selects pods of a network", '{cidr: "10.20.0.0/16"}')
    if end.or_pods and not end.pods and not end.expressions:
        raise wrong("selects every pod, so or_pods adds none", '{pods: {app: "web"}, or_pods: [{pods: {app: "api"}}]}')


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
