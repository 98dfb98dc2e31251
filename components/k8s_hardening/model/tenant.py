"""A tenant: namespaces with limits, the people in them, and the connections they may make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.names import CONTROL_PLANE_ROLES, is_dns1123_subdomain
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.quotas import SYSTEM_PRIORITY_PREFIX
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import (
    Accepted,
    Day,
    EndName,
    FreeLabelKey,
    LabelKey,
    LabelValue,
    Name,
    NamespaceNames,
    ObjectName,
    Subject,
    Switch,
    not_empty,
    wrong,
)
from k8s_hardening.model.control_plane.admission import TolerationSpec
from k8s_hardening.model.crossing import tenant_problems
from k8s_hardening.model.ends import DnsSpec, NamedEndSpec
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.images import PullSecretSpec, Registry
from k8s_hardening.model.namespaces import NamespaceSpec
from k8s_hardening.model.network import FlowSpec
from k8s_hardening.model.people import AccessSpec, NamespacePrefix
from k8s_hardening.model.quotas import Hard
from k8s_hardening.model.raw import Problem
from k8s_hardening.model.sizes import Size
from k8s_hardening.model.tenant_secrets import ConfiguredSecretSpec
from k8s_hardening.model.workloads import WorkloadsSpec


class ServiceType(StrEnum):
    """Types of Services that reach, or are reached from, beyond the cluster."""

    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"
    EXTERNAL_NAME = "ExternalName"


def _host(text: str) -> str:
    if not is_dns1123_subdomain(text.removeprefix("*.")):
        raise wrong("is not a host, nor *. before a domain", '"shop.example.com" or "*.shop.example.com"')
    return text


def _priority_class(text: str) -> str:
    if text.startswith(SYSTEM_PRIORITY_PREFIX):
        raise wrong("is of the system, whose pods push out everybody's", '"payments-critical"')
    return text


def _node_label(key: str) -> str:
    if key in CONTROL_PLANE_ROLES:
        raise wrong("is the label of the control plane, where no tenant's pod belongs", '"example.com/pool"')
    return key


PriorityClass = Annotated[ObjectName, AfterValidator(_priority_class)]
NodeLabelKey = Annotated[LabelKey, AfterValidator(_node_label)]
IngressHost = Annotated[str, AfterValidator(_host)]
_QUOTAS_OF_TYPES = {
    ServiceType.NODE_PORT: "services.nodeports",
    ServiceType.LOAD_BALANCER: "services.loadbalancers",
}

_FLOW = {
    "name": "db",
    "source": {"namespace": "payments-api"},
    "destination": {"namespace": "payments-db"},
    "ports": ["TCP/5432"],
}


class TenantSpec(Model):
    """One tenant: its namespaces, its people, and the connections that it asks for."""

    name: Name = Field(examples=["payments"])
    """Name of the tenant; unique in the environment."""
    namespaces: Annotated[tuple[NamespaceSpec, ...], not_empty('[{name: "payments-api"}]')] = Field(
        examples=[[{"name": "payments-api"}]]
    )
    """The tenant's namespaces, at least one."""
    admins: tuple[Subject, ...] = Field(default=(), examples=[["group:payments-admins"]])
    """Who answers for the tenant: may do what members may, see who has which rights, and what `access` gives."""
    members: tuple[Subject, ...] = Field(default=(), examples=[["serviceaccount:ci/deployer"]])
    """Who may deploy workloads, and what `access` gives to members."""
    viewers: tuple[Subject, ...] = Field(default=(), examples=[["user:alice@example.com"]])
    """Who may look, Secrets excepted."""
    parent: Name | None = Field(default=None, examples=["retail"])
    """Tenant that this one is a part of, and has no more than; that one's admins and viewers are its own, too."""
    separation: Switch = False
    """Viewers audit: nobody of them may be an admin or member, of a part or of the whole, nor be made one."""
    access: AccessSpec = AccessSpec()
    """Weaker: who reaches into running pods and Secrets."""
    delegation: Switch = False
    """Weaker: admins may make members and viewers themselves; needs ValidatingAdmissionPolicy, which limits it."""
    namespace_prefix: NamespacePrefix | None = Field(default=None, examples=["payments-"])
    """Weaker: admins may make namespaces of such names, where nobody has rights before the baseline has them."""
    labels: dict[FreeLabelKey, LabelValue] = Field(default={}, examples=[{"example.com/cost-centre": "cc-1042"}])
    """More labels for the namespaces."""
    flows: tuple[FlowSpec, ...] = Field(default=(), examples=[[_FLOW]])
    """Connections that the deny-all lets through; one end is a namespace of this tenant."""
    service_types: tuple[ServiceType, ...] = Field(default=(), examples=[["LoadBalancer"]])
    """Weaker: types of Services beside ClusterIP that the tenant may make; the quota must let them be."""
    ingress_hosts: tuple[IngressHost, ...] = Field(default=(), examples=[["pay.example.com"]])
    """Hosts that the tenant's Ingresses may serve, none by default; *. before a domain means every name below it."""
    storage_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["encrypted-ssd"]])
    """Storage classes from which the tenant may claim volumes, none by default."""
    ingress_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["nginx"]])
    """Ingress classes that the tenant's Ingresses may name, none by default."""
    runtime_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["gvisor"]])
    """Runtime classes that the tenant's pods may name beside naming none."""
    priority_classes: tuple[PriorityClass, ...] = Field(default=(), examples=[["payments-critical"]])
    """Priority classes that the tenant's pods may name beside naming none; the cluster's default class counts, too."""
    registries: tuple[Registry, ...] = Field(default=(), examples=[["registry.example.com/platform/payments"]])
    """Registries of the tenant's images, within those of the environment; all of those when left out."""
    node_selector: dict[NodeLabelKey, LabelValue] = Field(default={}, examples=[{"example.com/pool": "payments"}])
    """Labels of the nodes on which alone the tenant's pods may run; any node when left out."""
    tolerations: tuple[TolerationSpec, ...] = Field(default=(), examples=[[{"key": "example.com/pool"}]])
    """Taints that the tenant's pods tolerate without saying so, and no others; any that they name when empty."""
    size: Size = Size.MEDIUM
    """Size of the namespaces that name none: small, medium or large."""
    quota: Hard = Field(default={}, examples=[{"requests.cpu": "16", "pods": "200"}])
    """The most that the quotas of all namespaces may add up to; what is left out is not summed."""
    decommission: Day | None = Field(default=None, examples=["2027-06-30"])
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""

    @model_validator(mode="before")
    @classmethod
    def _size_of_namespaces(cls, data: Any) -> Any:
        """Give each namespace that names no size that of the tenant."""
        if not isinstance(data, dict) or "size" not in data or not isinstance(data.get("namespaces"), list | tuple):
            return data
        given = {"size": data["size"]} if data["size"] in list(Size) else {}  # another one is refused once, here
        sized = [{**given, **one} if isinstance(one, dict) else one for one in data["namespaces"]]
        return {**data, "namespaces": sized}

    @model_validator(mode="after")
    def _quotas_let_services_be(self) -> TenantSpec:
        for kind, resource in _QUOTAS_OF_TYPES.items():
            if kind in self.service_types and all(
                resource in one.quota and parse_quantity(one.quota[resource]) == 0 for one in self.namespaces
            ):
                raise wrong(
                    f"may make Services of type {kind.value}, and no namespace has a quota of {resource} above 0",
                    f'{{quota: {{{resource}: "2"}}}}',
                )
        return self

    def subjects(self) -> Iterator[str]:
        """Everybody in the tenant."""
        yield from self.admins
        yield from self.members
        yield from self.viewers


_EXEMPTION = {
    "control": "run-as-non-root",
    "namespace": "payments-api",
    "name": "legacy",
    "reason": "Its image starts as root and drops to a user of its own.",
    "owner": "payments-team",
    "expires": "2027-06-30",
}


_SECRET = {"name": "db", "namespace": "payments-api", "keys": {"password": "dbPassword"}}


class BaselineTenantSpec(TenantSpec):
    """One tenant of an environment.

    A flow opens both of its ends. Where the other end belongs to another tenant, that tenant must accept the flow; the
    policy there carries this tenant's name (allow-<tenant>.<flow>-in).
    """

    accepts: tuple[Accepted, ...] = Field(default=(), examples=[["shop/pay"]])
    """Flows of others that may end in this tenant's namespaces, each as <who declares it>/<flow>."""
    secrets: tuple[ConfiguredSecretSpec, ...] = Field(default=(), examples=[[_SECRET]])
    """Secrets whose values the stack's secret configuration holds; each goes through `TenantSecret`."""


class TenantInputs(TenantSpec, Whole):
    """Inputs of the component `Tenant`: a tenant and what it must know of the cluster."""

    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    parent_admins: tuple[Subject, ...] = Field(default=(), examples=[["group:retail-admins"]])
    """Admins of the tenants that this one is a part of."""
    parent_viewers: tuple[Subject, ...] = Field(default=(), examples=[["group:retail-auditors"]])
    """Viewers of the tenants that this one is a part of."""
    unfinished_policies: Switch = False
    """The API server of 1.26 to 1.29 is told to serve admission policies, without which admins hand no rights on."""
    dns: DnsSpec = DnsSpec()
    """Where the cluster resolves names."""
    tenants: dict[Name, NamespaceNames] = Field(default={}, examples=[{"shop": ["shop-web", "shop-cart"]}])
    """Namespaces of the other tenants that flows name."""
    ends: dict[EndName, NamedEndSpec] = Field(default={}, examples=[{"monitoring": {"namespace": "monitoring"}}])
    """Ends that flows call by name."""
    namespace_labels: tuple[FreeLabelKey, ...] = Field(default=(), examples=[["example.com/zone"]])
    """Keys of labels by which flows may select namespaces, since only the platform sets them."""
    protect: Switch = True
    """Protect the namespaces from deletion until `decommission` is set; false for rendered targets."""
    pod_toleration_restriction: Switch = False
    """Whether the API server runs the plug-in PodTolerationRestriction, which gives each pod the `tolerations`."""
    pod_node_selector: Switch = False
    """Whether the API server runs the plug-in PodNodeSelector, which gives each pod the `node_selector`."""
    pod_security_gate: Switch = False
    """Whether Kubernetes 1.22 runs with the feature gate PodSecurity, without which it heeds no labels."""
    exemptions: tuple[Exemption, ...] = Field(default=(), examples=[[_EXEMPTION]])
    """Weaker: exceptions that the namespaces' Pod Security labels must let through; the pack must know them as well."""
    pull_secret: PullSecretSpec | None = Field(
        default=None,
        examples=[{"config": "registryPullSecret", "registries": ["registry.example.com/platform"]}],
    )
    """Credentials for private registries, for the namespaces' service accounts."""
    harden_workloads: Switch = False
    """Fill in the security contexts of all workloads below the component, and say each change."""
    workloads: WorkloadsSpec = WorkloadsSpec()
    """What to fill in beside the defaults."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Names that two parts share, flows that lead nowhere, and what the version cannot do."""
        return tenant_problems(data)
