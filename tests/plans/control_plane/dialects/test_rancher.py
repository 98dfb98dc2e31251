"""k3s and RKE2: a drop-in with lists of flags, in the layout of the distribution."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.rke2 import profile_of
from k8s_hardening.plans.control_plane.part import Component, Mount, Setting
from tests.plans.control_plane.dialects.samples import VERSIONS, documents_of, flag, paths_of, planned, written

BOTH = ("k3s", "rke2")


def drop_in(name: str) -> str:
    return f"/etc/rancher/{name}/config.yaml.d/50-k8s-hardening.yaml"


def config(name: str, version: str, *settings: Setting) -> dict[str, Any]:
    output = written(name, version, *settings) if settings else planned(name, version)
    (found,) = documents_of(output, drop_in(name))
    made: dict[str, Any] = found
    return made


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("version", VERSIONS)
def test_no_file_of_kubeadms_layout_is_named(name: str, version: str) -> None:
    for file in planned(name, version).host_files:
        if file.path.endswith(("config.yaml", "50-k8s-hardening.yaml", "50-k8s-hardening.conf")):
            assert "/etc/kubernetes/pki" not in file.text
            assert "/etc/kubernetes/controller-manager.conf" not in file.text


@pytest.mark.parametrize("name", BOTH)
def test_lists_are_added_to_those_of_the_operators_own_file(name: str) -> None:
    made = config(name, "1.30", flag("profiling", "false"), flag("profiling", "false", component=Component.SCHEDULER))
    assert made["kube-apiserver-arg+"] == ["profiling=false"]
    assert made["kube-scheduler-arg+"] == ["profiling=false"]


@pytest.mark.parametrize("name", BOTH)
def test_a_version_without_drop_ins_gets_a_file_to_merge(name: str) -> None:
    output = planned(name, "1.20")
    assert drop_in(name) not in paths_of(output)
    (merged,) = documents_of(output, f"/etc/kubernetes/hardening/{name}/config.yaml")
    assert "kube-apiserver-arg" in merged
    assert any("reads no drop-ins" in text for text in output.advice)


@pytest.mark.parametrize("name", BOTH)
def test_the_distributions_certificates_are_its_own_and_a_users_are_passed_on(name: str) -> None:
    own = written(name, "1.30", flag("client-ca-file", "/etc/kubernetes/pki/ca.crt"))
    assert any("--client-ca-file" in text for text in own.owned_by_provider)
    assert "kube-apiserver-arg+" not in documents_of(own, drop_in(name))[0]
    other = config(name, "1.30", flag("client-ca-file", "/etc/other/ca.crt"))
    assert other["kube-apiserver-arg+"] == ["client-ca-file=/etc/other/ca.crt"]


@pytest.mark.parametrize("name", BOTH)
def test_the_name_of_the_aggregation_proxy_is_the_distributions(name: str) -> None:
    for version in VERSIONS:
        for file in planned(name, version).host_files:
            assert "requestheader-allowed-names=front-proxy-client" not in file.text


@pytest.mark.parametrize("name", BOTH)
def test_the_kubelet_reads_a_drop_in_from_1_32_on_and_flags_before(name: str) -> None:
    path = f"/var/lib/rancher/{name}/agent/etc/kubelet.conf.d/50-k8s-hardening.conf"
    old, new = planned(name, "1.31"), planned(name, "1.32")
    assert path not in paths_of(old)
    assert "anonymous-auth=false" in documents_of(old, drop_in(name))[0]["kubelet-arg+"]
    (kubelet,) = documents_of(new, path)
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert "x509" not in kubelet["authentication"]
    assert "serverTLSBootstrap" not in kubelet
    assert "kubelet-arg+" not in documents_of(new, drop_in(name))[0]


@pytest.mark.parametrize("name", BOTH)
def test_what_no_flag_of_the_kubelet_sets_is_reported(name: str) -> None:
    gaps = planned(name, "1.30").not_expressible
    assert any(text.endswith("none sets enableProfilingHandler.") for text in gaps)
    assert not any("enableProfilingHandler" in text for text in planned(name, "1.37").not_expressible)


@pytest.mark.parametrize("name", BOTH)
def test_agents_get_a_file_without_the_keys_of_servers(name: str) -> None:
    (agent,) = documents_of(planned(name, "1.30"), f"/etc/kubernetes/hardening/{name}/agent-config.yaml")
    assert set(agent) <= {"kubelet-arg+", "kube-proxy-arg+", "profile"}


@pytest.mark.parametrize("name", BOTH)
def test_a_list_of_etcd_is_a_list_where_the_version_can_read_one(name: str) -> None:
    setting = flag("cipher-suites", "A,B", component=Component.ETCD)
    assert config(name, "1.31", setting)["etcd-arg+"] == ["cipher-suites=[A,B]"]
    assert any("cannot give etcd a list" in text for text in written(name, "1.30", setting).not_expressible)


def test_two_writers_of_the_encryption_flag_are_one_too_many() -> None:
    assert config("k3s", "1.30")["secrets-encryption"] is False
    assert "secrets-encryption" not in config("k3s", "1.30", flag("profiling", "false"))
    assert any("rke2 secrets-encrypt" in text for text in planned("rke2", "1.30").advice)


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_what_the_distribution_does_itself_is_left_to_nobody(name: str) -> None:
    advice = "\n".join(planned(name, "1.36").advice)
    assert "kubelet-serving" in "\n".join(planned("kubeadm", "1.36").advice)
    assert "kubelet-serving" not in advice  # its server signs the certificates of kubelets
    assert "/var/lib/etcd" not in advice
    assert "2379 and 2380" in advice


def test_k3s_1_18_reads_no_configuration_at_all() -> None:
    assert any("reads no configuration file" in text for text in planned("k3s", "1.18").not_expressible)
    assert not any("reads no configuration file" in text for text in planned("k3s", "1.19").not_expressible)


@pytest.mark.parametrize(
    ("version", "profile"),
    [
        ("1.18", None),
        ("1.19", "cis-1.6"),
        ("1.22", "cis-1.6"),
        ("1.23", "cis-1.23"),
        ("1.24", "cis-1.23"),
        ("1.25", "cis"),
        ("1.37", "cis"),
    ],
)
def test_rke2_gets_the_profile_that_its_version_knows(version: str, profile: str | None) -> None:
    assert profile_of(KubeVersion.parse(version)) == profile
    output = planned("rke2", version)
    assert any("profile" in text for text in output.owned_by_provider) is (profile is not None)


def test_rke2_takes_some_files_by_keys_of_its_own() -> None:
    made = config("rke2", "1.30")
    assert made["audit-policy-file"] == "/etc/kubernetes/hardening/audit/policy.yaml"
    assert made["pod-security-admission-config-file"].endswith("/admission-configuration.yaml")
    assert not any(line.startswith("audit-policy-file=") for line in made["kube-apiserver-arg+"])
    old = config("rke2", "1.24")
    assert "audit-policy-file" not in old
    assert any(line.startswith("audit-policy-file=") for line in old["kube-apiserver-arg+"])


def test_rke2_runs_pods_so_folders_are_mounted() -> None:
    mounts = (Mount("/srv/log", is_folder=True, writable=True), Mount("/srv/x", is_folder=True))
    made = config("rke2", "1.30", Setting(Component.API_SERVER, "x", ("/srv/x/f",), mounts=mounts))
    assert made["kube-apiserver-extra-mount+"] == ["/srv/log:/srv/log:rw", "/srv/x:/srv/x:ro"]
    assert "kube-apiserver-extra-mount+" not in config("k3s", "1.30")
