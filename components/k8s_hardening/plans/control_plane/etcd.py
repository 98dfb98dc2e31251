"""Flags of etcd.

Source: go.etcd.io/etcd/server/v3 v3.5.0 etcdmain/config.go, v3.7.0 embed/config.go; the same since 3.4. Its floor is
TLS 1.2 without a flag (client/pkg/v3 transport/listener.go).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.ciphers import ETCD_SUITES
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.etcd import EtcdSpec, EtcdTlsSpec
from k8s_hardening.plans.control_plane.flags import file_flags, flag
from k8s_hardening.plans.control_plane.part import Component, Part, Setting

_ME = Component.ETCD
_DATA = "Keep the data of etcd for itself alone: chown etcd:etcd /var/lib/etcd; chmod 700 /var/lib/etcd"
_PORTS = "Let nobody but the API servers and other members of etcd reach its ports 2379 and 2380."


def plan_etcd(spec: EtcdSpec, kubernetes: KubeVersion) -> Part:
    """The hardened flags of etcd: certificates on both sides, none that it makes for itself."""
    settings = [*_side("", spec.client), *_side("peer-", spec.peer), flag(_ME, "cipher-suites", *ETCD_SUITES)]
    return Part(settings=tuple(settings), advice=(_DATA, _PORTS))


def _side(prefix: str, spec: EtcdTlsSpec) -> Iterator[Setting]:
    yield from file_flags(
        _ME,
        {
            f"{prefix}trusted-ca-file": spec.ca_file,
            f"{prefix}cert-file": spec.certificate_file,
            f"{prefix}key-file": spec.key_file,
        },
    )
    yield flag(_ME, f"{prefix}client-cert-auth", "true")
    yield flag(_ME, f"{prefix}auto-tls", "false")
