from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.scheduler import SchedulerSpec
from k8s_hardening.model.dialect import Dialect


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"bind_address": "10.0.0.1"}, "is reached from other nodes"),
        ({"bind_address": ""}, "is not an IP address"),
        ({"tls_minimum": "1.1"}, "'1.2' or '1.3'"),
        ({"profiling": True}, "not permitted"),
        ({"config": "/etc/scheduler.yaml"}, "not permitted"),
    ],
)
def test_what_would_weaken_it_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        SchedulerSpec.model_validate(data)


def test_no_version_refuses_what_is_left_out() -> None:
    for minor in range(18, 38):
        assert not list(SchedulerSpec().problems(KubeVersion(1, minor), Dialect.KUBEADM))
