"""kube-proxy of every node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.control_plane.loopback import Loopback
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.ends import Cidr
from k8s_hardening.model.raw import Problem


class KubeProxySpec(Model):
    """Settings of kube-proxy. Profiling is off."""

    metrics_address: Loopback = "127.0.0.1"
    """Address of the node on which metrics are served, at port 10249."""
    node_port_networks: Annotated[tuple[Cidr, ...], Field(examples=[["10.20.0.0/16"]])] = ()
    """Networks of the node on whose addresses node ports answer; empty means every address."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """Nothing here depends on the version or the dialect."""
        yield from ()
