"""How the API server itself is reached, and how it reaches etcd and the kubelets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from k8s_hardening.kube.ciphers import TlsMinimum
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import not_empty
from k8s_hardening.model.control_plane.key_pair import KeyPairSpec
from k8s_hardening.model.control_plane.leaves import Duration, HostPath, HttpsUrl, duration_between
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

_PKI = "/etc/kubernetes/pki"
_RequestTimeout = Annotated[Duration, duration_between("10s", "10m")]


class ServingSpec(KeyPairSpec):
    """The certificate that the API server shows."""

    certificate_file: HostPath = f"{_PKI}/apiserver.crt"
    """Certificate on the host."""
    key_file: HostPath = f"{_PKI}/apiserver.key"
    """Private key on the host that belongs to it."""
    tls_minimum: TlsMinimum = TlsMinimum.TLS_1_2
    """The oldest version of TLS that the API server speaks."""


class EtcdClientSpec(KeyPairSpec):
    """The API server as a client of etcd."""

    servers: Annotated[tuple[HttpsUrl, ...], not_empty('["https://127.0.0.1:2379"]')] = Field(
        default=("https://127.0.0.1:2379",), examples=[["https://10.0.0.11:2379", "https://10.0.0.12:2379"]]
    )
    """Where etcd answers."""
    ca_file: HostPath = f"{_PKI}/etcd/ca.crt"
    """CA on the host that the certificates of etcd are checked against."""
    certificate_file: HostPath = f"{_PKI}/apiserver-etcd-client.crt"
    """Certificate on the host by which the API server shows etcd who it is."""
    key_file: HostPath = f"{_PKI}/apiserver-etcd-client.key"
    """Private key on the host that belongs to it."""


class KubeletClientSpec(KeyPairSpec):
    """The API server as a client of the kubelets."""

    ca_file: HostPath = f"{_PKI}/ca.crt"
    """CA on the host that the certificates of kubelets are checked against; the cluster signs them by default."""
    certificate_file: HostPath = f"{_PKI}/apiserver-kubelet-client.crt"
    """Certificate on the host by which the API server shows kubelets who it is."""
    key_file: HostPath = f"{_PKI}/apiserver-kubelet-client.key"
    """Private key on the host that belongs to it."""


class ApiServerSpec(Model):
    """The API server beyond its own parts (authentication, authorization, admission, audit, encryption).

    Profiling is off, there is no port without TLS, and the files of the host's /var/log are not served.
    """

    serving: ServingSpec = ServingSpec()
    """The certificate that the API server shows, and the oldest TLS it speaks."""
    etcd: EtcdClientSpec = EtcdClientSpec()
    """The API server as a client of etcd."""
    kubelet: KubeletClientSpec = KubeletClientSpec()
    """The API server as a client of the kubelets."""
    request_timeout: _RequestTimeout = "1m"
    """How long a request may take; a longer time gives more requests at once to whoever wants to exhaust the server."""
    reconnect_one_in: Annotated[Count, between(50, 1_000_000)] | None = Field(default=None, examples=[1000])
    """Send one of so many HTTP/2 clients to another API server, so that none carries all; not for a single server."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """A CA of etcd that signs for others, too."""
        if self.etcd.ca_file == f"{_PKI}/ca.crt":
            text = (
                "is the CA of the cluster, so each of its servers could pass for etcd; "
                f'for example "{_PKI}/etcd/ca.crt"'
            )
            yield ("etcd", "ca_file"), self.etcd.ca_file, text
