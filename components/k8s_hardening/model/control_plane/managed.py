"""A control plane that a cloud provider runs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Word
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.ends import Cidr
from k8s_hardening.model.raw import Problem


class Provider(StrEnum):
    """Who runs the control plane."""

    EKS = "eks"
    GKE = "gke"
    AKS = "aks"


class ManagedSpec(Model):
    """What a user decides of a control plane that a provider runs."""

    provider: Provider = Field(examples=["eks"])
    """Whose it is: eks, gke or aks."""
    cluster: Word = Field(examples=["prod"])
    """Name of the cluster at the provider, for the commands that are shown."""
    endpoint_cidrs: tuple[Cidr, ...] = Field(default=(), examples=[["203.0.113.8/32"]])
    """Networks (bastion, VPN) that reach the public API endpoint; empty means none: the endpoint is private."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """A dialect that no provider runs, and an endpoint that is open to everybody."""
        if dialect is not Dialect.MANAGED:
            yield (
                (),
                self.model_dump(mode="json", exclude_unset=True),
                f"belongs to the dialect managed, and this is {dialect}; leave it out",
            )
        for index, network in enumerate(self.endpoint_cidrs):
            if network.endswith("/0"):
                yield (
                    ("endpoint_cidrs", index),
                    network,
                    'opens the API endpoint to everybody; for example "203.0.113.8/32"',
                )
