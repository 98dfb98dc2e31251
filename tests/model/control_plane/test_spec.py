"""The control plane as part of a baseline: problems of every part at once, and what a dialect needs."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.control_plane.spec import ControlPlaneInputs, ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from tests.model.sample import sample

STATIC_PODS = {
    "api_server_image": "registry.example.com/kube-apiserver:v1.36.2",
    "controller_manager_image": "registry.example.com/kube-controller-manager:v1.36.2",
    "scheduler_image": "registry.example.com/kube-scheduler:v1.36.2",
    "etcd_image": "registry.example.com/etcd:3.6.5-0",
}
CLUSTER_API = {"namespace": "clusters", "control_plane": "prod", "workers": "prod-workers"}
MANAGED = {"provider": "eks", "cluster": "prod"}


def lines(**changes: Any) -> list[str]:
    """What is wrong with the sample after some changes, without the root."""
    try:
        read_baseline({**sample(), **changes})
    except BadInputError as error:
        return [problem.removeprefix(f"{ROOT}.") for problem in error.problems]
    return []


def test_a_part_for_each_concern_and_dialect() -> None:
    assert set(ControlPlaneSpec.model_fields) == {
        "encryption",
        "authentication",
        "authorization",
        "admission",
        "audit",
        "api_server",
        "controller_manager",
        "scheduler",
        "etcd",
        "kube_proxy",
        "kubelet",
        "static_pods",
        "cluster_api",
        "managed",
    }


@pytest.mark.parametrize("minor", range(18, 38))
@pytest.mark.parametrize("dialect", ["kubeadm", "k3s", "rke2", "talos"])
def test_what_is_left_out_is_fine_in_every_version(dialect: str, minor: int) -> None:
    dns = {"namespace_labels": {"name": "kube-system"}}
    assert lines(dialect=dialect, kubernetes=f"1.{minor}", dns=dns) == []


def test_problems_of_several_parts_and_of_the_rest_show_together() -> None:
    found = lines(
        kubernetes="1.30",
        images={"registries": []},
        control_plane={
            "authentication": {"anonymous_cluster_info": True},
            "encryption": {
                "groups": [{"resources": ["secrets"], "providers": [{"kms": {"name": "a", "api_version": "v1"}}]}]
            },
            "kubelet": {"pod_pids_limit": "many"},
            "audits": {},
        },
    )
    paths = [line.partition(": ")[0] for line in found]
    assert "control_plane.audits" in paths
    assert "control_plane.authentication.anonymous_cluster_info" in paths
    assert "control_plane.kubelet.pod_pids_limit" in paths
    assert "images.registries" in paths
    assert any(path.startswith("control_plane.encryption.groups[0].providers[0].kms") for path in paths)


def test_a_mistake_in_one_part_hides_nothing_of_another() -> None:
    valid = {"authentication": {"anonymous_cluster_info": True}}
    broken = {**valid, "audit": {"log": 3}, "kubelet": None, "admission": ["x"]}
    wanted = next(line for line in lines(kubernetes="1.30", control_plane=valid))
    assert wanted in lines(kubernetes="1.30", control_plane=broken)


@pytest.mark.parametrize("raw", [None, 3, "x", [], {"encryption": None}, {"etcd": [1]}, {3: 4}])
def test_data_of_any_shape_is_refused_without_a_traceback(raw: Any) -> None:
    assert lines(control_plane=raw) != []


def test_versions_and_dialects_that_are_none_are_the_only_problem_then() -> None:
    assert [line.partition(":")[0] for line in lines(kubernetes="1.99", dialect="kops")] == ["dialect", "kubernetes"]


@pytest.mark.parametrize(
    ("dialect", "name", "spec"),
    [("static-pod", "static_pods", STATIC_PODS), ("managed", "managed", MANAGED)],
)
def test_some_dialects_need_to_know_more(dialect: str, name: str, spec: dict[str, Any]) -> None:
    (line,) = lines(dialect=dialect)
    assert line.startswith(f"control_plane.{name}: (absent) is needed with the dialect {dialect}; for example {{")
    assert lines(dialect=dialect, control_plane={name: spec}) == []


@pytest.mark.parametrize(
    ("name", "spec"), [("static_pods", STATIC_PODS), ("cluster_api", CLUSTER_API), ("managed", MANAGED)]
)
def test_what_belongs_to_another_dialect_is_refused(name: str, spec: dict[str, Any]) -> None:
    (line,) = lines(dialect="kubeadm", control_plane={name: spec})
    assert line.startswith(f"control_plane.{name}: ")
    assert line.endswith("and this is kubeadm; leave it out")


@pytest.mark.parametrize("name", sorted(set(ControlPlaneSpec.model_fields) - {"static_pods", "cluster_api", "managed"}))
def test_a_user_cannot_set_what_the_provider_decides(name: str) -> None:
    (line,) = lines(dialect="managed", control_plane={"managed": MANAGED, name: {}})
    assert line.startswith(f"control_plane.{name}: ")
    assert "is the provider's to decide" in line
    assert line.endswith("; remove it")


def test_an_endpoint_open_to_everybody_is_refused() -> None:
    (line,) = lines(dialect="managed", control_plane={"managed": {**MANAGED, "endpoint_cidrs": ["0.0.0.0/0"]}})
    assert line == (
        'control_plane.managed.endpoint_cidrs[0]: "0.0.0.0/0" opens the API endpoint to everybody; '
        'for example "203.0.113.8/32"'
    )


def test_machines_of_cluster_api_join_by_tokens() -> None:
    found = lines(dialect="cluster-api", control_plane={"cluster_api": CLUSTER_API})
    assert [line.partition(":")[0] for line in found] == [
        "control_plane.authentication.anonymous_cluster_info",
        "control_plane.authentication.bootstrap_tokens",
    ]
    joining = {"bootstrap_tokens": True, "anonymous_cluster_info": True}
    assert lines(dialect="cluster-api", control_plane={"cluster_api": CLUSTER_API, "authentication": joining}) == []
    old = {"cluster_api": CLUSTER_API, "authentication": {"bootstrap_tokens": True}}
    assert lines(dialect="cluster-api", kubernetes="1.30", control_plane=old) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"etcd_image": "registry.example.com/etcd"}, "names no version"),
        ({"etcd_image": "registry.example.com/etcd:latest"}, "names no version"),
        ({"etcd_image": "Etcd Image"}, "is not an image"),
        (
            {"scheduler_image": "registry.example.com/kube-scheduler:v1.30.1"},
            'is Kubernetes 1.30, and the baseline says 1.36; for example "registry.example.com/kube-scheduler:v1.36.0"',
        ),
        ({"etcd_members": {"cp-1": "10.0.0.256"}}, "is not an IP address"),
        ({"etcd_members": {"cp_1": "10.0.0.1"}}, "is not a DNS-1123 label"),
        ({"service_cidr": "10.96.0.1/12"}, "is not a network"),
    ],
)
def test_images_and_addresses_of_static_pods(change: dict[str, Any], what: str) -> None:
    (line,) = lines(dialect="static-pod", control_plane={"static_pods": {**STATIC_PODS, **change}})
    assert what in line


def test_a_digest_is_enough_of_a_version() -> None:
    pinned = f"registry.example.com/etcd@sha256:{'0' * 64}"
    assert lines(dialect="static-pod", control_plane={"static_pods": {**STATIC_PODS, "etcd_image": pinned}}) == []


def test_the_component_refuses_the_same_under_shorter_paths() -> None:
    with pytest.raises(ValueError, match="anonymous_cluster_info"):
        ControlPlaneInputs.model_validate(
            {"kubernetes": "1.30", "dialect": "kubeadm", "authentication": {"anonymous_cluster_info": True}}
        )
    assert ControlPlaneInputs.model_validate({"kubernetes": "1.30", "dialect": "k3s"}).dialect is Dialect.K3S
