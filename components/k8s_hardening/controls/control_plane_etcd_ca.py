"""Etcd must not trust the CA that signs the certificates of the cluster's clients.

Judged over all objects together: --trusted-ca-file of each etcd against --client-ca-file of each kube-apiserver, by
value. With one CA for both, everybody who has a client certificate of the cluster can read and write etcd past the
API server. The file that kubeadm lays out for the cluster is told by control-plane-etcd, wherever etcd stands.
Source: go.etcd.io/etcd/server/v3 v3.7.0 embed/config.go (client certificates are checked by that CA alone).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.control_plane_etcd import CLUSTER_CA
from k8s_hardening.controls.shared.flag_rules import told, unreadable
from k8s_hardening.kube.control_planes import settings_of
from k8s_hardening.kube.flags import API_SERVER, ETCD
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.model.knowledge import Knowledge


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each etcd that trusts the clients of an API server."""
    of_clients = {
        value
        for manifest in manifests
        for settings in settings_of(manifest, API_SERVER)
        for value in settings.values("client-ca-file")
        if isinstance(value, str) and value not in ("", CLUSTER_CA)
    }
    if not of_clients:
        return
    for index, manifest in enumerate(manifests):
        for settings in settings_of(manifest, ETCD):
            for found in unreadable(settings):
                yield index, found
            for argument in settings.given("trusted-ca-file"):
                if argument.value is UNKNOWN or argument.value in of_clients:
                    fix = "give etcd a CA of its own; this one signs the certificates of the cluster's clients"
                    yield index, told(settings, argument, fix)


CONTROL = Control(
    id="control-plane-etcd-ca",
    requirement="etcd must not trust the CA of the cluster's clients.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 2.7",),
    check_stack=check_stack,
)
