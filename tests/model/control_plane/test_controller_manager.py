from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.controller_manager import ControllerManagerSpec
from k8s_hardening.model.dialect import Dialect


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"bind_address": "10.0.0.10"}, "is reached from other nodes"),
        ({"bind_address": "localhost"}, "is not an IP address"),
        ({"certificate_life": "23h"}, "is not between 24h and 8760h"),
        ({"certificate_life": "87600h"}, "is not between 24h and 8760h"),
        ({"terminated_pods_kept": 0}, "is not between 1 and"),
        ({"root_ca_file": "pki/ca.crt"}, "is not the absolute path"),
        ({"tls_minimum": "1.0"}, "'1.2' or '1.3'"),
        ({"profiling": True}, "not permitted"),
        ({"use_service_account_credentials": False}, "not permitted"),
    ],
)
def test_what_would_weaken_it_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        ControllerManagerSpec.model_validate(data)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_any_address_of_the_node_alone_will_do(address: str) -> None:
    assert ControllerManagerSpec(bind_address=address).bind_address == address


def test_no_version_refuses_what_is_left_out() -> None:
    for minor in range(18, 38):
        assert not list(ControllerManagerSpec().problems(KubeVersion(1, minor), Dialect.KUBEADM))
