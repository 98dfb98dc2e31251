"""The controller manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from k8s_hardening.kube.ciphers import TlsMinimum
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.control_plane.leaves import Duration, HostPath, duration_between
from k8s_hardening.model.control_plane.loopback import Loopback
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

_CertificateLife = Annotated[Duration, duration_between("24h", "8760h")]


class ControllerManagerSpec(Model):
    """Settings of the controller manager. Profiling is off, and each controller has an account of its own."""

    bind_address: Loopback = "127.0.0.1"
    """Address of this node on which health and metrics are served."""
    tls_minimum: TlsMinimum = TlsMinimum.TLS_1_2
    """The oldest version of TLS that it speaks."""
    root_ca_file: HostPath = "/etc/kubernetes/pki/ca.crt"
    """CA on the host that every service account is told to trust."""
    service_account_key_file: HostPath = "/etc/kubernetes/pki/sa.key"
    """Private key on the host that signs tokens of service accounts."""
    certificate_life: _CertificateLife = "720h"
    """The longest life of certificates that the cluster signs; kubelets renew theirs in time."""
    terminated_pods_kept: Annotated[Count, between(1, 12_500)] = 1000
    """How many finished pods stay before the oldest are deleted; the server's own default is 12500."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """Nothing here depends on the version or the dialect but the names of flags."""
        yield from ()
