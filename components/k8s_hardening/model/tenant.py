"""A tenant: namespaces with limits, the people in them, and the connections they may make."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from k8s_hardening.kube.names import is_dns1123_subdomain, is_label_key
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import (
    Accepted,
    Day,
    EndName,
    FreeLabelKey,
    LabelValue,
    Name,
    ObjectName,
    Quantity,
    Subject,
    Switch,
    TenantNamespace,
    not_empty,
    wrong,
)
from k8s_hardening.model.crossing import tenant_problems
from k8s_hardening.model.ends import DnsSpec, NamedEndSpec
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.images import PullSecretSpec
from k8s_hardening.model.network import FlowSpec
from k8s_hardening.model.people import AccessSpec, NamespacePrefix
from k8s_hardening.model.raw import Problem
from k8s_hardening.model.workloads import WorkloadsSpec


class PodSecurityLevel(StrEnum):
    """Pod Security Standard that a tenant's namespace enforces; privileged is never a tenant's."""

    RESTRICTED = "restricted"
    BASELINE = "baseline"


# k8s.io/kubernetes v1.37.2 pkg/apis/core/helper: standard quota resources; counts must be whole numbers.
_COUNTS = frozenset({
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps",
    "services.nodeports", "services.loadbalancers",
})  # fmt: skip
QUOTA_RESOURCES = _COUNTS | {
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
}  # fmt: skip
DEFAULT_QUOTA = {
    "pods": "50",
    "requests.cpu": "4",
    "requests.memory": "8Gi",
    "limits.cpu": "8",
    "limits.memory": "16Gi",
    "services.nodeports": "0",
    "services.loadbalancers": "0",
}


def _quota_resource(name: str) -> str:
    # Of other names only qualified ones count: count/deployments.apps, requests.nvidia.com/gpu.
    if (
        name in QUOTA_RESOURCES
        or name.startswith(("hugepages-", "requests.hugepages-"))
        or ("/" in name and is_label_key(name))
    ):
        return name
    raise wrong("is not a resource of a quota", '"requests.cpu" or "count/jobs.batch"')


def _over(defaults: dict[str, str]) -> BeforeValidator:
    """What a user writes, over the defaults: what is left out keeps its own."""
    return BeforeValidator(lambda value: {**defaults, **value} if isinstance(value, dict) else value)


def _quota(quota: dict[str, str]) -> dict[str, str]:
    for name, amount in quota.items():
        if (name in _COUNTS or name.startswith("count/")) and parse_quantity(amount) % 1:
            raise wrong(f'holds "{name}: {amount}", a count that is not whole', '{pods: "50"}')
    for resource in ("cpu", "memory", "ephemeral-storage"):
        requests, limits = f"requests.{resource}", f"limits.{resource}"
        if requests in quota and limits in quota and parse_quantity(quota[limits]) < parse_quantity(quota[requests]):
            raise wrong(
                f"has {limits} {quota[limits]} below {requests} {quota[requests]}",
                f'{{{requests}: "{quota[limits]}", {limits}: "{quota[requests]}"}}',
            )
    return quota


Quota = Annotated[
    dict[Annotated[str, AfterValidator(_quota_resource)], Quantity], _over(DEFAULT_QUOTA), AfterValidator(_quota)
]

# k8s.io/kubernetes v1.37.2 pkg/apis/core/helper: what a container can ask for; extended resources are qualified names.
_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
DEFAULT_REQUEST = {"cpu": "100m", "memory": "128Mi"}
DEFAULT_LIMIT = {"cpu": "500m", "memory": "256Mi"}
DEFAULT_MAX = {"cpu": "2", "memory": "4Gi"}


def _container_resource(name: str) -> str:
    if name in _CONTAINER_RESOURCES or name.startswith("hugepages-") or ("/" in name and is_label_key(name)):
        return name
    raise wrong("is not a resource of a container", '"memory"')


_Amounts = dict[Annotated[str, AfterValidator(_container_resource)], Quantity]


class LimitsSpec(Model):
    """The LimitRange of a namespace: what a container gets when it says nothing, and the most it may say.

    A resource that a mapping leaves out keeps its default, so that to raise one maximum does not remove another.
    """

    default_request: Annotated[_Amounts, _over(DEFAULT_REQUEST)] = DEFAULT_REQUEST
    """Requests of a container that names none."""
    default: Annotated[_Amounts, _over(DEFAULT_LIMIT)] = DEFAULT_LIMIT
    """Limits of a container that names none."""
    max: Annotated[_Amounts, _over(DEFAULT_MAX)] = DEFAULT_MAX
    """The most that a container may be limited to."""

    @model_validator(mode="after")
    def _in_order(self) -> LimitsSpec:
        steps = (("default_request", self.default_request), ("default", self.default), ("max", self.max))
        for (low_name, low), (high_name, high) in itertools.combinations(steps, 2):
            for resource in sorted(low.keys() & high.keys()):
                if parse_quantity(low[resource]) > parse_quantity(high[resource]):
                    raise wrong(
                        f"has {high_name} {resource} {high[resource]} below {low_name} {resource} {low[resource]}",
                        f'{{{low_name}: {{{resource}: "{high[resource]}"}}, '
                        f'{high_name}: {{{resource}: "{low[resource]}"}}}}',
                    )
        return self


class NamespaceSpec(Model):
    """One namespace of a tenant."""

    name: TenantNamespace = Field(examples=["payments-api"])
    """Name of the namespace; unique in the whole environment."""
    pod_security: PodSecurityLevel = PodSecurityLevel.RESTRICTED
    """Pod Security Standard to enforce: restricted or baseline."""
    quota: Quota = DEFAULT_QUOTA
    """Hard limits of the namespace's ResourceQuota; what is left out keeps its default."""
    limits: LimitsSpec = LimitsSpec()
    """The namespace's LimitRange."""

    @model_validator(mode="after")
    def _a_pod_of_defaults_fits(self) -> NamespaceSpec:
        # A maximum above the quota does no harm, since the quota ends first. A default above it keeps every container
        # out that names nothing; a quota of zero says that this is meant.
        for kind, amounts in (("requests", self.limits.default_request), ("limits", self.limits.default)):
            for resource, amount in sorted(amounts.items()):
                hard = self.quota.get(f"{kind}.{resource}")
                if hard is not None and 0 < parse_quantity(hard) < parse_quantity(amount):
                    raise wrong(
                        f"has a quota of {kind}.{resource} {hard} below the {amount} of a container that names none",
                        f'{{quota: {{{kind}.{resource}: "{amount}"}}}}',
                    )
        return self


class ServiceType(StrEnum):
    """Types of Services that reach, or are reached from, beyond the cluster."""

    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"
    EXTERNAL_NAME = "ExternalName"


def _host(text: str) -> str:
    if not is_dns1123_subdomain(text.removeprefix("*.")):
        raise wrong("is not a host, nor *. before a domain", '"shop.example.com" or "*.shop.example.com"')
    return text


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
    decommission: Day | None = Field(default=None, examples=["2027-06-30"])
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""

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


class BaselineTenantSpec(TenantSpec):
    """One tenant of an environment.

    A flow opens both of its ends. Where the other end belongs to another tenant, that tenant must accept the flow; the
    policy there carries this tenant's name (allow-<tenant>.<flow>-in).
    """

    accepts: tuple[Accepted, ...] = Field(default=(), examples=[["shop/pay"]])
    """Flows of others that may end in this tenant's namespaces, each as <who declares it>/<flow>."""


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
    tenants: dict[Name, tuple[Name, ...]] = Field(default={}, examples=[{"shop": ["shop-web", "shop-cart"]}])
    """Namespaces of the other tenants that flows name."""
    ends: dict[EndName, NamedEndSpec] = Field(default={}, examples=[{"monitoring": {"namespace": "monitoring"}}])
    """Ends that flows call by name."""
    namespace_labels: tuple[FreeLabelKey, ...] = Field(default=(), examples=[["example.com/zone"]])
    """Keys of labels by which flows may select namespaces, since only the platform sets them."""
    protect: Switch = True
    """Protect the namespaces from deletion until `decommission` is set; false for rendered targets."""
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
