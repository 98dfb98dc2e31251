"""Which objects of Cluster API carry the hardening."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, ObjectName, Switch
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem


class ClusterApiVersion(StrEnum):
    """Version of Cluster API's own objects."""

    V1BETA1 = "v1beta1"
    V1BETA2 = "v1beta2"


class ClusterApiSpec(Model):
    """The objects of the management cluster that the dialect cluster-api writes."""

    namespace: Name = Field(examples=["clusters"])
    """Namespace of the cluster's objects in the management cluster."""
    control_plane: ObjectName = Field(examples=["prod"])
    """Name of the KubeadmControlPlane, which exists; only the hardened fields are taken over."""
    workers: ObjectName = Field(examples=["prod-workers-hardened"])
    """Name of the KubeadmConfigTemplate to make for the workers; machine deployments then refer to it."""
    self_managed: Switch = True
    """Whether the cluster holds its own Cluster API objects; false leaves them to a stack of the cluster that does."""
    version: ClusterApiVersion = ClusterApiVersion.V1BETA2
    """API version of both: v1beta2 from Cluster API 1.11, v1beta1 before."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """A dialect that writes no such objects."""
        if dialect is not Dialect.CLUSTER_API:
            yield (
                (),
                self.model_dump(mode="json", exclude_unset=True),
                f"belongs to the dialect cluster-api, and this is {dialect}; leave it out",
            )
