"""A tenant: namespaces with limits, the people in them, and the connections they may make."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import LabelKey, LabelValue, Name, Quantity, Subject, TenantNamespace, wrong
from k8s_hardening.model.network import DnsSpec, FlowSpec


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


def _with_defaults(value: Any) -> Any:
    return {**DEFAULT_QUOTA, **value} if isinstance(value, dict) else value


def _quota(quota: dict[str, str]) -> dict[str, str]:
    for name, amount in quota.items():
        if (
            name not in QUOTA_RESOURCES
            and "/" not in name
            and not name.startswith(("hugepages-", "requests.hugepages-"))
        ):
            raise wrong(f'holds "{name}", which is not a resource of a quota', '{pods: "50", requests.cpu: "4"}')
        if name in _COUNTS and parse_quantity(amount) % 1:
            raise wrong(f'holds "{name}: {amount}", a count that is not whole', '{pods: "50"}')
    for resource in ("cpu", "memory"):
        requests, limits = f"requests.{resource}", f"limits.{resource}"
        if requests in quota and limits in quota and parse_quantity(quota[limits]) < parse_quantity(quota[requests]):
            raise wrong(
                f"has {limits} {quota[limits]} below {requests} {quota[requests]}",
                f'{{{requests}: "{quota[limits]}", {limits}: "{quota[requests]}"}}',
            )
    return quota


Quota = Annotated[dict[str, Quantity], BeforeValidator(_with_defaults), AfterValidator(_quota)]


class LimitsSpec(Model):
    """The LimitRange of a namespace: what a container gets when it says nothing, and the most it may say."""

    default_request: dict[str, Quantity] = {"cpu": "100m", "memory": "128Mi"}
    """Requests of a container that names none."""
    default: dict[str, Quantity] = {"cpu": "500m", "memory": "256Mi"}
    """Limits of a container that names none."""
    max: dict[str, Quantity] = {"cpu": "2", "memory": "4Gi"}
    """The most that a container may be limited to."""

    @model_validator(mode="after")
    def _in_order(self) -> LimitsSpec:
        steps = (("default_request", self.default_request), ("default", self.default), ("max", self.max))
        for (low_name, low), (high_name, high) in itertools.pairwise(steps):
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


class TenantSpec(Model):
    """One tenant of an environment."""

    name: Name = Field(examples=["payments"])
    """Name of the tenant; unique in the environment."""
    namespaces: Annotated[tuple[NamespaceSpec, ...], Field(min_length=1, examples=[[{"name": "payments-api"}]])]
    """The tenant's namespaces, at least one."""
    admins: tuple[Subject, ...] = ()
    """Who may manage everything in the namespaces but their guard rails."""
    members: tuple[Subject, ...] = ()
    """Who may deploy and debug workloads."""
    viewers: tuple[Subject, ...] = ()
    """Who may look, Secrets excepted."""
    labels: dict[LabelKey, LabelValue] = {}
    """More labels for the namespaces."""
    flows: tuple[FlowSpec, ...] = ()
    """Connections that the deny-all lets through; one end is a namespace of this tenant."""
    decommission: datetime.date | None = None
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""

    def subjects(self) -> Iterator[str]:
        """Everybody in the tenant."""
        yield from self.admins
        yield from self.members
        yield from self.viewers


class TenantInputs(TenantSpec):
    """Inputs of the component `Tenant`: a tenant and what it must know of the cluster."""

    kubernetes: KubeVersion
    """Kubernetes version of the cluster."""
    dns: DnsSpec = DnsSpec()
    """Where the cluster resolves names."""
    protect: bool = True
    """Protect the namespaces from deletion until `decommission` is set; false for rendered targets."""
