from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kube_proxy import KubeProxySpec
from k8s_hardening.model.dialect import Dialect


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"metrics_address": "10.0.0.10"}, "is reached from other nodes"),
        ({"metrics_address": "127.0.0.1:10249"}, "is not an IP address"),
        ({"node_port_networks": ["10.20.0.1/16"]}, "is not a network"),
        ({"enable_profiling": True}, "not permitted"),
    ],
)
def test_what_would_weaken_it_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        KubeProxySpec.model_validate(data)


def test_no_version_refuses_what_is_left_out() -> None:
    for minor in range(18, 38):
        assert not list(KubeProxySpec().problems(KubeVersion(1, minor), Dialect.KUBEADM))
