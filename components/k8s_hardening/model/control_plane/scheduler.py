"""The scheduler."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.ciphers import TlsMinimum
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.control_plane.loopback import Loopback
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem


class SchedulerSpec(Model):
    """Settings of the scheduler. Profiling is off."""

    bind_address: Loopback = "127.0.0.1"
    """Address of this node on which health and metrics are served."""
    tls_minimum: TlsMinimum = TlsMinimum.TLS_1_2
    """The oldest version of TLS that it speaks."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """Nothing here depends on the version or the dialect but the names of flags."""
        yield from ()
