from __future__ import annotations

import pytest

from k8s_hardening.kube.pod_security import oldest_full_policy, policy_version
from k8s_hardening.kube.version import KubeVersion


@pytest.mark.parametrize(("text", "minor"), [("v1.0", 0), ("v1.36", 36), ("v1.120", 120)])
def test_a_policy_version_names_a_minor(text: str, minor: int) -> None:
    assert policy_version(text) == KubeVersion(1, minor)


def test_latest_is_newer_than_any_version() -> None:
    latest = policy_version("latest")
    assert latest is not None
    assert latest > KubeVersion(1, 999)


@pytest.mark.parametrize("text", ["", "1.36", "v1.036", "v1.36.1", "v2.0", "Latest", "v1.36 ", "v1."])
def test_what_the_server_refuses_is_no_version(text: str) -> None:
    assert policy_version(text) is None


@pytest.mark.parametrize(("cluster", "oldest"), [(23, 23), (33, 23), (34, 34), (37, 34)])
def test_the_oldest_full_policy_brought_the_last_demand(cluster: int, oldest: int) -> None:
    assert oldest_full_policy(KubeVersion(1, cluster)) == KubeVersion(1, oldest)
