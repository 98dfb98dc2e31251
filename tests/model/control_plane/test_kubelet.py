from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kubelet import KubeletSpec
from k8s_hardening.model.dialect import Dialect


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"pod_pids_limit": -1}, "is not between 64 and 65536"),
        ({"pod_pids_limit": 63}, "is not between 64 and"),
        ({"pod_pids_limit": 10_000_000}, "is not between 64 and"),
        ({"streaming_idle_timeout": "0s"}, "is no time at all"),
        ({"streaming_idle_timeout": "5h"}, "is not between 30s and 4h"),
        ({"events_per_second": 0}, "is not between 1 and"),
        ({"tls_minimum": "1.1"}, "'1.2' or '1.3'"),
        ({"client_ca_file": "ca.crt"}, "is not the absolute path"),
        ({"kube_reserved": {"gpu": "1"}}, "is not one of cpu, ephemeral-storage, memory, pid"),
        ({"system_reserved": {"memory": "a lot"}}, "is not a quantity"),
        ({"system_reserved": {"memory": "-1Gi"}}, "is negative"),
        ({"eviction_hard": {"memory.free": "1Gi"}}, "is not one of imagefs.available"),
        ({"eviction_hard": {"memory.available": "0%"}}, "is not a share between 1% and 99%"),
        ({"eviction_hard": {"memory.available": "100%"}}, "is not a share between"),
        ({"eviction_hard": {"memory.available": "0"}}, "is nothing"),
        ({"eviction_hard": {"memory.available": "10 %"}}, "is not a share between"),
        ({"eviction_hard": {"memory.available": "some"}}, "is neither a quantity nor a share"),
        ({"read_only_port": 10255}, "not permitted"),
        ({"anonymous": True}, "not permitted"),
        ({"protect_kernel_defaults": "no"}, "valid boolean"),
    ],
)
def test_what_would_weaken_or_stop_the_kubelet_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        KubeletSpec.model_validate(data)


def test_trust_in_preloaded_images_has_no_meaning_before_1_35() -> None:
    spec = KubeletSpec(trust_preloaded_images=True)
    [(loc, value, text)] = spec.problems(KubeVersion(1, 34), Dialect.KUBEADM)
    assert (loc, value) == (("trust_preloaded_images",), True)
    assert text == "has no meaning before Kubernetes 1.35, and this is 1.34; leave it out"
    assert not list(spec.problems(KubeVersion(1, 35), Dialect.KUBEADM))


def test_what_is_left_out_is_fine_in_every_version() -> None:
    for minor in range(18, 38):
        assert not list(KubeletSpec().problems(KubeVersion(1, minor), Dialect.KUBEADM))
