from __future__ import annotations

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.etcd import EtcdSpec
from k8s_hardening.plans.control_plane.etcd import plan_etcd
from k8s_hardening.plans.control_plane.part import Component
from tests.plans.control_plane.reading import files_named_but_not_mounted, flags_of, mounted, versions

PKI = "/etc/kubernetes/pki/etcd"


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_client_and_peer_shows_a_certificate_of_etcds_own_ca(version: KubeVersion) -> None:
    part = plan_etcd(EtcdSpec(), version)
    assert {setting.component for setting in part.settings} == {Component.ETCD}
    found = flags_of(part)
    suites = found.pop("cipher-suites")
    assert found == {
        "auto-tls": ("false",),
        "cert-file": (f"{PKI}/server.crt",),
        "client-cert-auth": ("true",),
        "key-file": (f"{PKI}/server.key",),
        "trusted-ca-file": (f"{PKI}/ca.crt",),
        "peer-auto-tls": ("false",),
        "peer-cert-file": (f"{PKI}/peer.crt",),
        "peer-client-cert-auth": ("true",),
        "peer-key-file": (f"{PKI}/peer.key",),
        "peer-trusted-ca-file": (f"{PKI}/ca.crt",),
    }
    assert len(suites) == 4
    assert not files_named_but_not_mounted(part)


def test_etcd_sees_no_key_of_the_cluster() -> None:
    assert mounted(plan_etcd(EtcdSpec(), KubeVersion(1, 36))) == {PKI}


def test_other_files_are_named_and_mounted() -> None:
    side = {"ca_file": "/etc/etcd/ca.crt", "certificate_file": "/etc/etcd/a.crt", "key_file": "/etc/etcd/a.key"}
    part = plan_etcd(EtcdSpec.model_validate({"client": side, "peer": side}), KubeVersion(1, 36))
    assert flags_of(part)["trusted-ca-file"] == flags_of(part)["peer-trusted-ca-file"] == ("/etc/etcd/ca.crt",)
    assert flags_of(part)["peer-key-file"] == ("/etc/etcd/a.key",)
    assert mounted(part) == {"/etc/etcd/ca.crt", "/etc/etcd/a.crt", "/etc/etcd/a.key"}


def test_the_operator_is_told_to_keep_the_data_for_etcd_alone() -> None:
    data, ports = plan_etcd(EtcdSpec(), KubeVersion(1, 36)).advice
    assert "chmod 700 /var/lib/etcd" in data
    assert "2379 and 2380" in ports
