"""One namespace of a tenant: its Pod Security level, its quotas and its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.quotas import COUNTED_WHERE_SAID
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import TenantNamespace, wrong
from k8s_hardening.model.limits import LimitsSpec
from k8s_hardening.model.quotas import DEFAULT_QUOTA, Counts, Quota, ScopedQuotaSpec
from k8s_hardening.model.service_accounts import ServiceAccountSpec
from k8s_hardening.model.sizes import Size, preset_of


class PodSecurityLevel(StrEnum):
    """Pod Security Standard that a tenant's namespace enforces; privileged is never a tenant's."""

    RESTRICTED = "restricted"
    BASELINE = "baseline"


class NamespaceSpec(Model):
    """One namespace of a tenant."""

    name: TenantNamespace = Field(examples=["payments-api"])
    """Name of the namespace; unique in the whole environment."""
    pod_security: PodSecurityLevel = PodSecurityLevel.RESTRICTED
    """Pod Security Standard to enforce: restricted or baseline."""
    size: Size = Size.MEDIUM
    """Ready-made quota and maximum of a container: small, medium or large; that of the tenant when left out."""
    quota: Quota = DEFAULT_QUOTA
    """Hard limits of the namespace's ResourceQuota; what is left out keeps the amount of the size."""
    counts: Counts = Field(default={}, examples=[{"configmaps": 100, "deployments.apps": 20}])
    """How many objects there may be: resource, with its API group -> number; part of the quota."""
    scoped_quotas: tuple[ScopedQuotaSpec, ...] = Field(
        default=(), examples=[[{"name": "batch", "scopes": ["Terminating"], "hard": {"pods": "10"}}]]
    )
    """Further quotas about some of the pods or claims."""
    limits: LimitsSpec = LimitsSpec()
    """The namespace's LimitRange."""
    service_accounts: tuple[ServiceAccountSpec, ...] = Field(default=(), examples=[[{"name": "api"}]])
    """Accounts for workloads, without a token unless asked; the account `default` is always inert."""

    @model_validator(mode="before")
    @classmethod
    def _what_the_size_gives(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "size" not in data:
            return data
        preset = preset_of(data["size"])
        quota, limits = data.get("quota", {}), data.get("limits", {})
        filled = dict(data)
        if isinstance(quota, dict):
            filled["quota"] = {**preset.quota, **quota}
        if isinstance(limits, LimitsSpec):
            return filled  # complete as it stands
        if isinstance(limits, dict) and isinstance(limits.get("max", {}), dict):
            filled["limits"] = {**limits, "max": {**preset.container, **limits.get("max", {})}}
        return filled

    @property
    def hard(self) -> dict[str, str]:
        """The hard limits of the namespace's quota, counts of objects included."""
        return {**self.quota, **{f"count/{resource}": amount for resource, amount in self.counts.items()}}

    @model_validator(mode="after")
    def _a_pod_of_defaults_fits(self) -> NamespaceSpec:
        # A maximum above the quota does no harm, since the quota ends first. A default above it keeps every container
        # out that names nothing; a quota of zero says that this is meant.
        for kind, amounts in (("requests", self.limits.default_request), ("limits", self.limits.default)):
            for resource, amount in sorted(amounts.items()):
                for name in (f"{kind}.{resource}", *((resource,) if kind == "requests" else ())):
                    hard = self.quota.get(name)
                    if hard is not None and 0 < parse_quantity(hard) < parse_quantity(amount):
                        raise wrong(
                            f"has a quota of {name} {hard} below the {amount} of a container that names none",
                            f'{{quota: {{{name}: "{amount}"}}}}',
                        )
        return self

    @model_validator(mode="after")
    def _every_quota_counts(self) -> NamespaceSpec:
        """Refuse quotas that the server would accept, and that would bound nothing or let nothing be."""
        given = {"requests": self.limits.request_of_default(), "limits": self.limits.limit_of_default()}
        for name in sorted(self.quota):
            kind, _, resource = name.rpartition(".")
            kind = kind or "requests"
            if resource == COUNTED_WHERE_SAID and kind in given and resource not in given[kind]:
                field = "default_request" if kind == "requests" else "default"
                raise wrong(
                    f"has a quota of {name} and no {field} for it, so that a container that names none is not counted",
                    f'{{limits: {{{field}: {{{resource}: "1Gi"}}}}}}',
                )
        for resource in sorted(self.counts):
            if f"count/{resource}" in self.quota:
                raise wrong(
                    f"counts {resource} in counts and in its quota, too",
                    f"{{counts: {{{resource}: {self.counts[resource]}}}}}",
                )
        names = [one.name for one in self.scoped_quotas]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise wrong(f'has two quotas of the name "{name}"', f'{{scoped_quotas: [{{name: "{name}-2"}}]}}')
        claims, storage = self.limits.claims, self.quota.get("requests.storage")
        least = None if claims is None else claims.min
        if least is not None and storage is not None and 0 < parse_quantity(storage) < parse_quantity(least):
            raise wrong(
                f"has a quota of requests.storage {storage} below the {least} that a claim must ask for",
                f'{{quota: {{requests.storage: "{least}"}}}}',
            )
        return self
