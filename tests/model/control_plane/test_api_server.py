from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.api_server import ApiServerSpec
from k8s_hardening.model.dialect import Dialect

CLUSTER_CA = "/etc/kubernetes/pki/ca.crt"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"serving": {"tls_minimum": "1.1"}}, "'1.2' or '1.3'"),
        ({"serving": {"key_file": "apiserver.key"}}, "is not the absolute path"),
        ({"serving": {"key_file": "/etc/kubernetes/pki/apiserver.crt"}}, "names one file for certificate and key"),
        ({"etcd": {"servers": []}}, "is empty"),
        ({"etcd": {"servers": ["http://127.0.0.1:2379"]}}, "is not an https URL"),
        ({"etcd": {"key_file": "/etc/kubernetes/pki/apiserver-etcd-client.crt"}}, "names one file for certificate"),
        ({"kubelet": {"key_file": "/etc/kubernetes/pki/apiserver-kubelet-client.crt"}}, "names one file for certif"),
        ({"kubelet": {"ca_file": ""}}, "is not the absolute path"),
        ({"request_timeout": "0s"}, "is no time at all"),
        ({"request_timeout": "1h"}, "is not between 10s and 10m"),
        ({"reconnect_one_in": 49}, "is not between 50 and"),
        ({"insecure_port": 8080}, "not permitted"),
        ({"profiling": True}, "not permitted"),
    ],
)
def test_what_would_weaken_it_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        ApiServerSpec.model_validate(data)


def test_the_ca_of_the_cluster_does_not_vouch_for_etcd() -> None:
    spec = ApiServerSpec.model_validate({"etcd": {"ca_file": CLUSTER_CA}})
    [(loc, value, text)] = spec.problems(KubeVersion(1, 36), Dialect.KUBEADM)
    assert (loc, value) == (("etcd", "ca_file"), CLUSTER_CA)
    assert text.startswith("is the CA of the cluster")
    assert not list(ApiServerSpec().problems(KubeVersion(1, 18), Dialect.KUBEADM))
