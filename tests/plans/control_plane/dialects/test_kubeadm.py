"""kubeadm: the API version that a minor takes, flags in its form, and patches where the configuration ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.plans.control_plane.dialects.kubeadm import CONFIG, PATCHES
from k8s_hardening.plans.control_plane.part import Component, Mount, Setting
from tests.plans.control_plane.dialects.samples import (
    VERSIONS,
    documents_of,
    flag,
    paths_of,
    planned,
    text_of,
    written,
)


def cluster(version: str, *settings: Setting) -> dict[str, Any]:
    output = written("kubeadm", version, *settings) if settings else planned("kubeadm", version)
    (found,) = (one for one in documents_of(output, CONFIG) if one["kind"] == "ClusterConfiguration")
    made: dict[str, Any] = found
    return made


@pytest.mark.parametrize(
    ("version", "api"),
    [
        ("1.18", "v1beta2"),
        ("1.21", "v1beta2"),
        ("1.22", "v1beta3"),
        ("1.30", "v1beta3"),
        ("1.31", "v1beta4"),
        ("1.37", "v1beta4"),
    ],
)
def test_the_newest_api_version_that_needs_no_switch(version: str, api: str) -> None:
    assert cluster(version)["apiVersion"] == f"kubeadm.k8s.io/{api}"
    assert cluster(version)["kubernetesVersion"] == f"stable-{version}"


@pytest.mark.parametrize("version", VERSIONS)
def test_one_file_holds_the_configuration_of_everything(version: str) -> None:
    kinds = [one["kind"] for one in documents_of(planned("kubeadm", version), CONFIG)]
    assert kinds == ["ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]


def test_arguments_are_a_mapping_and_from_v1beta4_on_a_list() -> None:
    assert cluster("1.30", flag("profiling", "false"))["apiServer"] == {"extraArgs": {"profiling": "false"}}
    expected = {"extraArgs": [{"name": "profiling", "value": "false"}]}
    assert cluster("1.31", flag("profiling", "false"))["apiServer"] == expected


def test_kubeadms_own_plug_in_is_said_again_since_a_list_takes_its_place() -> None:
    made = cluster("1.30", flag("enable-admission-plugins", "PodSecurity,AlwaysPullImages"))
    expected = "AlwaysPullImages,NodeRestriction,PodSecurity"
    assert made["apiServer"]["extraArgs"]["enable-admission-plugins"] == expected
    for version in VERSIONS:
        arguments = cluster(version)["apiServer"]["extraArgs"]
        pairs = arguments if isinstance(arguments, dict) else {one["name"]: one["value"] for one in arguments}
        assert "NodeRestriction" in pairs["enable-admission-plugins"].split(",")


def test_what_kubeadm_does_by_itself_is_not_said_but_reported() -> None:
    output = written("kubeadm", "1.37", flag("client-ca-file", "/etc/kubernetes/pki/ca.crt"))
    assert [set(one) for one in documents_of(output, CONFIG)] == [{"apiVersion", "kind", "kubernetesVersion"}]
    assert output.owned_by_provider == ("kubeadm itself gives kube-apiserver --client-ca-file.",)
    other = cluster("1.37", flag("client-ca-file", "/etc/other/ca.crt"))
    assert other["apiServer"]["extraArgs"] == [{"name": "client-ca-file", "value": "/etc/other/ca.crt"}]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_folder_that_a_flag_needs_is_mounted_once(version: str) -> None:
    volumes = cluster(version)["apiServer"]["extraVolumes"]
    names, paths = [one["name"] for one in volumes], [one["hostPath"] for one in volumes]
    assert len(set(names)) == len(names)
    assert len(set(paths)) == len(paths)
    assert paths == [one["mountPath"] for one in volumes]
    assert "/etc/kubernetes/hardening/audit" in paths
    assert "/etc/kubernetes/hardening/encryption/live" in paths
    assert [one["hostPath"] for one in volumes if not one["readOnly"]] == ["/var/log/kubernetes/audit"]
    assert not any(path.startswith("/etc/kubernetes/pki") for path in paths)


def test_a_mount_that_two_flags_need_stands_once_and_is_writable_if_one_writes() -> None:
    both = (
        Setting(Component.API_SERVER, "a", ("/var/x/a",), mounts=(Mount("/var/x", is_folder=True),)),
        Setting(Component.API_SERVER, "b", ("/var/x/b",), mounts=(Mount("/var/x", is_folder=True, writable=True),)),
        Setting(Component.API_SERVER, "c", ("/var/x/c",), mounts=(Mount("/var/x/c"),)),
    )
    (volume,) = cluster("1.30", *both)["apiServer"]["extraVolumes"]
    assert volume == {
        "name": "var-x",
        "hostPath": "/var/x",
        "mountPath": "/var/x",
        "readOnly": False,
        "pathType": "DirectoryOrCreate",
    }


def test_a_list_is_joined_by_commas_where_a_flag_stands_once() -> None:
    made = cluster("1.30", flag("api-audiences", "a", "b"))
    assert made["apiServer"]["extraArgs"] == {"api-audiences": "a,b"}


ISSUERS = flag("service-account-issuer", "https://new.example.com", "https://old.example.com")


def test_a_repeated_flag_is_a_patch_before_v1beta4() -> None:
    output = written("kubeadm", "1.30", ISSUERS)
    documents = documents_of(output, CONFIG)
    assert documents[1] == {
        "apiVersion": "kubeadm.k8s.io/v1beta3",
        "kind": "InitConfiguration",
        "patches": {"directory": PATCHES},
    }
    # The first value takes the place of kubeadm's own, since the first issuer is the one that signs.
    assert documents[0]["apiServer"]["extraArgs"] == {"service-account-issuer": "https://new.example.com"}
    assert json.loads(text_of(output, f"{PATCHES}/kube-apiserver0+json.json")) == [
        {
            "op": "add",
            "path": "/spec/containers/0/command/-",
            "value": "--service-account-issuer=https://old.example.com",
        },
    ]
    assert any(f"--patches {PATCHES}" in text for text in output.advice)


def test_a_repeated_flag_is_repeated_from_v1beta4_on() -> None:
    output = written("kubeadm", "1.31", ISSUERS)
    assert paths_of(output) == {CONFIG}
    assert [one["value"] for one in cluster("1.31", ISSUERS)["apiServer"]["extraArgs"]] == list(ISSUERS.values)


def test_patches_before_v1beta3_are_named_on_the_command_line() -> None:
    output = written("kubeadm", "1.21", ISSUERS)
    assert [one["kind"] for one in documents_of(output, CONFIG)] == ["ClusterConfiguration"]
    assert any(f"--experimental-patches {PATCHES}" in text for text in output.advice)


def test_what_1_18_cannot_say_is_said_to_the_reader() -> None:
    output = written("kubeadm", "1.18", ISSUERS)
    (gap,) = output.not_expressible
    assert gap.startswith("kubeadm of Kubernetes 1.18 writes a flag only once, so kube-apiserver cannot get ")
    assert gap.endswith(" --service-account-issuer 2 times.")
    assert paths_of(output) == {CONFIG}


def test_etcd_has_no_field_for_mounts_so_a_patch_mounts() -> None:
    setting = Setting(Component.ETCD, "x", ("/srv/x/f",), mounts=(Mount("/srv/x", is_folder=True),))
    output = written("kubeadm", "1.30", setting)
    patch = json.loads(text_of(output, f"{PATCHES}/etcd0+strategic.json"))
    assert patch["spec"]["volumes"] == [{"name": "srv-x", "hostPath": {"path": "/srv/x", "type": "Directory"}}]
    (container,) = patch["spec"]["containers"]
    assert container["volumeMounts"] == [{"name": "srv-x", "mountPath": "/srv/x", "readOnly": True}]
    assert written("kubeadm", "1.18", setting).not_expressible == (
        "kubeadm of Kubernetes 1.18 cannot mount /srv/x into etcd.",
    )
