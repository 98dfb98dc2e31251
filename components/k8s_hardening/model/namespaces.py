"""One namespace of a tenant: its Pod Security level, its quota and its limits."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import TenantNamespace, wrong
from k8s_hardening.model.limits import LimitsSpec
from k8s_hardening.model.quotas import DEFAULT_QUOTA, Quota


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
