"""TLS versions and cipher suites of the components, by version.

Sources: k8s.io/component-base v0.18.19 to v0.37.2 cli/flag/ciphersuites_flag.go (the names that the flags
--tls-cipher-suites and --tls-min-version and the fields of the kubelet take; an unknown one is fatal);
go.etcd.io/etcd/client/pkg/v3 v3.5.1 to v3.7.0 tlsutil/cipher_suites.go, go.etcd.io/etcd/server/v3 v3.7.0
embed/config.go; golang.org/x/net http2/server.go (a server for HTTP/2 needs one of the AES_128_GCM suites).
"""

from __future__ import annotations

from enum import StrEnum

from k8s_hardening.kube.version import KubeVersion

_SHA256_NAMES_SINCE = KubeVersion(1, 19)  # 1.18 has the ChaCha suites only under the names without _SHA256


class TlsMinimum(StrEnum):
    """The oldest version of TLS that a server still speaks; each component has 1.2 as its floor."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"

    @property
    def flag_value(self) -> str:
        """The version as Kubernetes components write it."""
        return f"VersionTLS{self.value.replace('.', '')}"


# Forward secrecy and authenticated encryption, nothing else; the order says nothing, Go chooses by itself.
_AES = tuple(
    f"TLS_ECDHE_{key}_WITH_AES_{strength}"
    for strength in ("128_GCM_SHA256", "256_GCM_SHA384")
    for key in ("ECDSA", "RSA")
)
_CHACHA = tuple(f"TLS_ECDHE_{key}_WITH_CHACHA20_POLY1305" for key in ("ECDSA", "RSA"))


def strong_suites(minimum: TlsMinimum, version: KubeVersion) -> tuple[str, ...]:
    """The suites that components of a version should offer; empty when there is nothing to choose.

    In TLS 1.3 every suite is strong and none can be switched off.
    """
    if minimum is TlsMinimum.TLS_1_3:
        return ()
    suffix = "_SHA256" if version >= _SHA256_NAMES_SINCE else ""
    return (*_AES, *(f"{name}{suffix}" for name in _CHACHA))


ETCD_SUITES = _AES
"""Suites under names that every etcd knows; those of ChaCha have two names, of which old ones know one."""
