"""Cluster API: two custom resources that carry flags, files and the kubelet's configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from tests.plans.control_plane.dialects.samples import VERSIONS, data, flag, planned, written


def kinds(output: DialectOutput) -> dict[str, Any]:
    return {one["kind"]: one for one in output.manifests}


def control_plane(output: DialectOutput) -> dict[str, Any]:
    found: dict[str, Any] = kinds(output)["KubeadmControlPlane"]["spec"]["kubeadmConfigSpec"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_but_objects(version: str) -> None:
    output = planned("cluster-api", version)
    assert output.host_files == ()
    assert {"KubeadmControlPlane", "KubeadmConfigTemplate"} <= set(kinds(output))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_mounted_file_of_ours_comes_along(version: str) -> None:
    made = control_plane(planned("cluster-api", version))
    folders = {one["path"].rpartition("/")[0] for one in made["files"]}
    for volume in made["clusterConfiguration"]["apiServer"]["extraVolumes"]:
        # The live encryption configuration is what bootstrap makes on the node.
        if volume["hostPath"].startswith("/etc/kubernetes/hardening/") and not volume["hostPath"].endswith("/live"):
            assert volume["hostPath"] in folders
    assert {one["permissions"] for one in made["files"]} == {"0600"}


def test_arguments_take_the_form_of_the_objects_own_version() -> None:
    v1beta1 = {**data("cluster-api", "1.37")["cluster_api"], "version": "v1beta1"}
    old = control_plane(planned("cluster-api", "1.37", cluster_api=v1beta1))
    new = control_plane(planned("cluster-api", "1.37"))
    assert isinstance(old["clusterConfiguration"]["apiServer"]["extraArgs"], dict)
    assert isinstance(new["clusterConfiguration"]["apiServer"]["extraArgs"], list)


def test_a_repeated_flag_needs_a_kubeadm_that_can_repeat_it() -> None:
    issuers = flag("service-account-issuer", "https://a.example.com", "https://b.example.com")
    old, new = (control_plane(written("cluster-api", version, issuers)) for version in ("1.30", "1.37"))
    assert [one["value"] for one in old["clusterConfiguration"]["apiServer"]["extraArgs"]] == list(issuers.values)[:1]
    assert [one["path"].rpartition("/")[2] for one in old["files"]] == ["kube-apiserver0+json.json"]
    assert old["initConfiguration"]["patches"] == old["joinConfiguration"]["patches"]
    assert [one["value"] for one in new["clusterConfiguration"]["apiServer"]["extraArgs"]] == list(issuers.values)


def test_the_kubelet_is_patched_where_kubeadm_can_and_gets_flags_before() -> None:
    worker = kinds(planned("cluster-api", "1.30"))["KubeadmConfigTemplate"]["spec"]["template"]["spec"]
    (patch,) = (one for one in worker["files"] if "kubeletconfiguration" in one["path"])
    assert json.loads(patch["content"])["authentication"]["anonymous"] == {"enabled": False}
    assert worker["joinConfiguration"]["patches"]["directory"] == patch["path"].rpartition("/")[0]
    old = kinds(planned("cluster-api", "1.24"))["KubeadmConfigTemplate"]["spec"]["template"]["spec"]
    flags = {one["name"]: one["value"] for one in old["joinConfiguration"]["nodeRegistration"]["kubeletExtraArgs"]}
    assert flags["anonymous-auth"] == "false"
    assert flags["read-only-port"] == "0"


def test_workers_get_no_file_of_the_control_plane() -> None:
    worker = kinds(planned("cluster-api", "1.37"))["KubeadmConfigTemplate"]["spec"]["template"]["spec"]
    assert not any("/encryption/" in one["path"] or "/audit/" in one["path"] for one in worker["files"])


def test_a_cluster_that_another_one_manages_holds_no_such_object() -> None:
    elsewhere = {**data("cluster-api", "1.37")["cluster_api"], "self_managed": False}
    assert set(kinds(planned("cluster-api", "1.37", cluster_api=elsewhere))).isdisjoint(
        {"KubeadmControlPlane", "KubeadmConfigTemplate"}
    )
