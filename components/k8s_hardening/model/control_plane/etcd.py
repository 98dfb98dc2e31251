"""The data store: who may speak to it, and in which cipher."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.control_plane.key_pair import KeyPairSpec
from k8s_hardening.model.control_plane.leaves import HostPath
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

_PKI = "/etc/kubernetes/pki"


class EtcdTlsSpec(KeyPairSpec):
    """Certificates of one side of etcd; every client or peer must show one of this CA."""

    ca_file: HostPath = f"{_PKI}/etcd/ca.crt"
    """CA on the host, of etcd only: whoever holds a certificate of it can read and write everything."""


class EtcdSpec(Model):
    """etcd members of this control plane: TLS on both sides, clients and peers known by their certificates."""

    client: EtcdTlsSpec = EtcdTlsSpec(
        certificate_file=f"{_PKI}/etcd/server.crt",
        key_file=f"{_PKI}/etcd/server.key",
    )
    """What API servers meet."""
    peer: EtcdTlsSpec = EtcdTlsSpec(
        certificate_file=f"{_PKI}/etcd/peer.crt",
        key_file=f"{_PKI}/etcd/peer.key",
    )
    """What other members meet."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """A CA that signs for others, too."""
        for side in ("client", "peer"):
            ca_file = getattr(self, side).ca_file
            if ca_file == f"{_PKI}/ca.crt":
                text = (
                    "is the CA of the cluster, so each of its clients could read etcd with its certificate; "
                    f'for example "{_PKI}/etcd/ca.crt"'
                )
                yield (side, "ca_file"), ca_file, text
