"""The settings of the control plane are found wherever an object holds them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from k8s_hardening.kube.control_planes import settings_of
from k8s_hardening.kube.manifest import UNKNOWN

CLUSTER = {
    "apiVersion": "kubeadm.k8s.io/v1beta4",
    "kind": "ClusterConfiguration",
    "apiServer": {"extraArgs": [{"name": "profiling", "value": "false"}]},
}
CONTENT = {key: value for key, value in CLUSTER.items() if key not in ("apiVersion", "kind")}


def pod(*command: Any, **changes: Any) -> dict[str, Any]:
    container = {"name": "server", "image": "registry.example.com/server:1", "command": list(command), **changes}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "server", "namespace": "kube-system"},
        "spec": {"containers": [container]},
    }


def flags(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one.program: {arg.name: arg.value for arg in one.arguments} for one in settings_of(manifest)}


@pytest.mark.parametrize(
    "manifest",
    [
        pod("kube-apiserver", "--profiling=false"),
        pod("/usr/local/bin/kube-apiserver", "--profiling=false"),
        pod("kube-apiserver", args=["--profiling=false"]),
        pod(args=["kube-apiserver", "--profiling=false"]),
        pod("/go-runner", "--log-file=/x", "kube-apiserver", "--profiling=false"),
        pod("/hyperkube", "apiserver", "--profiling=false"),
        pod("/bin/sh", "-ec", "mkfifo /x; exec /bin/kube-apiserver --profiling=false 2>&1"),
        pod("kube-apiserver", "--profiling=$(P)", env=[{"name": "P", "value": "false"}]),
        {**pod(args=["--profiling=false"], image="registry.example.com/kube-apiserver:1", name="kube-apiserver")},
    ],
)
def test_a_pod_is_read_in_every_form_of_its_command(manifest: dict[str, Any]) -> None:
    assert flags(manifest) == {"kube-apiserver": {"profiling": "false"}}


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (CLUSTER, "apiServer.extraArgs[0].value"),
        (
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "kubeadm-config"},
                "data": {"ClusterConfiguration": yaml.safe_dump(CLUSTER)},
            },
            "data.ClusterConfiguration.apiServer.extraArgs[0].value",
        ),
        (
            {
                "apiVersion": "controlplane.cluster.x-k8s.io/v1beta1",
                "kind": "KubeadmControlPlane",
                "spec": {"kubeadmConfigSpec": {"clusterConfiguration": CONTENT}},
            },
            "spec.kubeadmConfigSpec.clusterConfiguration.apiServer.extraArgs[0].value",
        ),
        (
            {
                "apiVersion": "controlplane.cluster.x-k8s.io/v1beta1",
                "kind": "KubeadmControlPlaneTemplate",
                "spec": {"template": {"spec": {"kubeadmConfigSpec": {"clusterConfiguration": CONTENT}}}},
            },
            "spec.template.spec.kubeadmConfigSpec.clusterConfiguration.apiServer.extraArgs[0].value",
        ),
        (
            {
                "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta1",
                "kind": "KubeadmConfigTemplate",
                "spec": {"template": {"spec": {"clusterConfiguration": CONTENT}}},
            },
            "spec.template.spec.clusterConfiguration.apiServer.extraArgs[0].value",
        ),
    ],
)
def test_kubeadm_is_read_wherever_it_stands(manifest: dict[str, Any], path: str) -> None:
    server = next(settings_of(manifest, "kube-apiserver"))
    assert [(one.path, one.name, one.value) for one in server.arguments] == [(path, "profiling", "false")]
    assert server.values("authorization-mode") == ("Node,RBAC",)


def test_kubeadm_s_own_flags_give_way_to_those_given() -> None:
    given = {**CLUSTER, "apiServer": {"extraArgs": {"authorization-mode": "AlwaysAllow"}}}
    assert next(settings_of(given, "kube-apiserver")).values("authorization-mode") == ("AlwaysAllow",)


def test_kubelet_flags_are_read_and_are_not_the_whole() -> None:
    node = {
        "apiVersion": "kubeadm.k8s.io/v1beta3",
        "kind": "JoinConfiguration",
        "nodeRegistration": {"kubeletExtraArgs": {"read-only-port": "0"}},
    }
    (found,) = settings_of(node)
    assert (found.program, found.is_whole) == ("kubelet", False)
    assert found.values("read-only-port") == ("0",)


def test_a_database_of_an_application_is_not_the_control_plane_s() -> None:
    manifest = pod("etcd", "--data-dir=/data")
    manifest["metadata"]["namespace"] = "payments-db"
    assert flags(manifest) == {}
    assert flags(pod("etcd", "--data-dir=/data")) == {"etcd": {"data-dir": "/data"}}


def test_etcd_reads_its_environment() -> None:
    manifest = pod("etcd", env=[{"name": "ETCD_CLIENT_CERT_AUTH", "value": "true"}, {"name": "HOME", "value": "/"}])
    assert flags(manifest) == {"etcd": {"client-cert-auth": "true"}}


def test_an_external_etcd_has_no_settings_here() -> None:
    given = {**CLUSTER, "etcd": {"external": {"endpoints": ["https://192.0.2.1:2379"]}}}
    assert "etcd" not in flags(given)
    assert "etcd" in flags(CLUSTER)


def test_an_unknown_command_is_that_of_the_named_program() -> None:
    manifest = pod(name="kube-apiserver")
    manifest["spec"]["containers"][0]["command"] = UNKNOWN
    (found,) = settings_of(manifest)
    assert found.unknown == ("spec.containers[0].command",)
    other = pod()
    other["spec"]["containers"][0]["command"] = UNKNOWN
    assert list(settings_of(other)) == []


@pytest.mark.parametrize(
    "manifest",
    [
        pod("nginx", "-g", "daemon off;"),
        pod("/bin/sh", "-c", "cat /etc/kubernetes/manifests/kube-apiserver.yaml"),
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "kind: ClusterConfiguration"}},
        {"apiVersion": "apps/v1", "kind": "Deployment"},
        {},
    ],
)
def test_other_objects_have_no_settings(manifest: dict[str, Any]) -> None:
    assert list(settings_of(manifest)) == []


def test_the_flags_of_k3s_and_rke2_are_read_and_are_not_the_whole() -> None:
    config = {"write-kubeconfig-mode": "0600", "kube-apiserver-arg": ["anonymous-auth=true"], "kubelet-arg": "v=2"}
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "rke2"},
        "data": {"config.yaml": yaml.safe_dump(config)},
    }
    assert flags(manifest) == {"kube-apiserver": {"anonymous-auth": "true"}, "kubelet": {"v": "2"}}
    assert not any(found.is_whole for found in settings_of(manifest))
    server = next(settings_of(manifest, "kube-apiserver"))
    assert server.arguments[0].path == 'data["config.yaml"].kube-apiserver-arg[0]'
