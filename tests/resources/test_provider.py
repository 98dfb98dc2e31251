"""The provider follows the target."""

from __future__ import annotations

import pulumi
import pytest

from k8s_hardening.model.baseline import Baseline, TargetSpec
from k8s_hardening.resources.provider import target_provider
from tests.resources.monitor import Registration, record

BASELINE = Baseline.model_validate(
    {
        "environment": "prod",
        "kubernetes": "1.36",
        "dialect": "kubeadm",
        "cni": {"name": "calico"},
        "target": {"render": "out/prod"},
        "images": {"registries": ["registry.example.com"]},
    }
)
LIVE = BASELINE.model_copy(update={"target": TargetSpec(context_config="kubeContext")})


def made(baseline: Baseline, config: dict[str, str]) -> Registration:
    recording = record(lambda: target_provider("target", baseline, pulumi.Config("k8s-hardening")), config=config)
    return recording.named("target")


def test_a_rendered_target_needs_no_cluster_even_where_one_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/somebody/.kube/config")
    provider = made(BASELINE, {})
    assert provider.type == "pulumi:providers:kubernetes"
    assert provider.inputs == {"kubeconfig": "", "renderYamlToDirectory": "out/prod"}


def test_a_live_target_names_its_context_and_its_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/somebody/.kube/config")
    assert made(LIVE, {"k8s-hardening:kubeContext": "prod-cluster"}).inputs == {
        "kubeconfig": "",
        "context": "prod-cluster",
        "clusterIdentifier": "prod",
        "enableServerSideApply": "true",
    }


def test_a_missing_context_is_named_with_the_way_to_set_it() -> None:
    with pytest.raises(pulumi.RunError, match="k8s-hardening:kubeContext"):
        made(LIVE, {})
