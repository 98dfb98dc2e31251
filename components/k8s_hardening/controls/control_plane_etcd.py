"""etcd must serve by TLS only, to those alone who show a certificate of its own CA.

Restricted flags of etcd, or their ETCD_ environment variables: --cert-file, --key-file, --client-cert-auth (false when
absent), --trusted-ca-file, and the same with --peer-; --auto-tls and --peer-auto-tls, which make certificates that
nobody can check; addresses that serve without TLS to others than the host itself; a CA of etcd that is the cluster's,
as kubeadm lays it out. With --config-file etcd ignores every flag, so that such a file is a finding.
Source: go.etcd.io/etcd/server/v3 v3.5.24 to v3.7.0 etcdmain/config.go, embed/config.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import (
    allowed,
    is_false,
    is_set,
    is_true,
    refused,
    required,
    told,
    unreadable,
)
from k8s_hardening.kube.control_planes import ComponentSettings, may_configure, settings_of
from k8s_hardening.kube.flags import ETCD
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

CLUSTER_CA = "/etc/kubernetes/pki/ca.crt"
"""The CA of the cluster where kubeadm puts it."""
_ADDRESSES = (
    "advertise-client-urls",
    "initial-advertise-peer-urls",
    "listen-client-urls",
    "listen-metrics-urls",
    "listen-peer-urls",
)
_LOCAL = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag that opens etcd to callers without a certificate of its CA."""
    for settings in settings_of(manifest, ETCD):
        yield from unreadable(settings)
        if settings.has("config-file"):
            fix = "give the settings as flags; etcd ignores every flag beside this file, and nobody judged it"
            yield from refused(settings, "config-file", fix)
            continue
        for peer in ("", "peer-"):
            yield from _side(settings, peer)
        for flag in _ADDRESSES:
            yield from allowed(settings, flag, _is_safe, "use https, or http on a loopback address only")


def _side(settings: ComponentSettings, peer: str) -> Iterator[Finding]:
    whom = "other members" if peer else "clients"
    yield from required(settings, f"{peer}cert-file", is_set, f"name the certificate that etcd shows to {whom}")
    yield from required(settings, f"{peer}key-file", is_set, f"name the key of the certificate for {whom}")
    yield from required(settings, f"{peer}trusted-ca-file", is_set, f"name the CA that signs certificates of {whom}")
    yield from required(settings, f"{peer}client-cert-auth", is_true, "set it to true", default="false")
    yield from allowed(settings, f"{peer}auto-tls", is_false, "leave it out; nobody can check such a certificate")
    for argument in settings.given(f"{peer}trusted-ca-file"):
        if argument.value == CLUSTER_CA:
            fix = "give etcd a CA of its own; everybody with a certificate of the cluster can open etcd"
            yield told(settings, argument, fix)


def _is_safe(value: str) -> bool:
    return all(
        not address.startswith("http://") or f"{address.rstrip('/')}:".startswith(_LOCAL)
        for address in (part.strip() for part in value.split(","))
    )


CONTROL = Control(
    id="control-plane-etcd",
    requirement="etcd must serve by mutual TLS under a CA of its own.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 2.1", "CIS 2.2", "CIS 2.3", "CIS 2.4", "CIS 2.5", "CIS 2.6", "CIS 2.7"),
    check=check,
    concerns=may_configure,
)
