from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.etcd import EtcdSpec
from k8s_hardening.model.dialect import Dialect

FILES = {"certificate_file": "/etc/etcd/tls.crt", "key_file": "/etc/etcd/tls.key"}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"client": {"certificate_file": "/etc/etcd/tls.crt"}}, "Field required"),
        ({"peer": {**FILES, "key_file": "tls.key"}}, "is not the absolute path"),
        ({"peer": {**FILES, "key_file": FILES["certificate_file"]}}, "names one file for certificate and key"),
        ({"auto_tls": True}, "not permitted"),
        ({"client_cert_auth": False}, "not permitted"),
    ],
)
def test_what_would_weaken_it_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        EtcdSpec.model_validate(data)


@pytest.mark.parametrize("side", ["client", "peer"])
def test_the_ca_of_the_cluster_does_not_open_etcd(side: str) -> None:
    spec = EtcdSpec.model_validate({side: {**FILES, "ca_file": "/etc/kubernetes/pki/ca.crt"}})
    [(loc, value, text)] = spec.problems(KubeVersion(1, 36), Dialect.KUBEADM)
    assert (loc, value) == ((side, "ca_file"), "/etc/kubernetes/pki/ca.crt")
    assert text.startswith("is the CA of the cluster")


def test_by_default_etcd_has_a_ca_of_its_own() -> None:
    assert not list(EtcdSpec().problems(KubeVersion(1, 36), Dialect.KUBEADM))
    assert EtcdSpec.model_validate({"peer": FILES}).peer.ca_file == "/etc/kubernetes/pki/etcd/ca.crt"
