"""Talos: patches that its machine configuration takes, and what it does not let anybody change."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.plans.control_plane.dialects.talos import CONTROL_PLANE_PATCH, NODE_PATCH
from k8s_hardening.plans.control_plane.part import Component, Mount, Setting
from k8s_hardening.plans.plan import HostFile
from tests.plans.control_plane.dialects.samples import VERSIONS, documents_of, flag, paths_of, planned, written

# github.com/siderolabs/talos/pkg/machinery v1.11.5, kubelet/kubelet.go.
PROTECTED = {
    "apiVersion",
    "authentication",
    "authorization",
    "cgroupRoot",
    "kind",
    "kubeletCgroups",
    "port",
    "protectKernelDefaults",
    "resolvConf",
    "rotateCertificates",
    "systemCgroups",
    "staticPodPath",
    "seccompDefault",
}


def patch(version: str = "1.37", path: str = CONTROL_PLANE_PATCH) -> dict[str, Any]:
    (found,) = documents_of(planned("talos", version), path)
    made: dict[str, Any] = found
    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_is_in_two_patches(version: str) -> None:
    assert paths_of(planned("talos", version)) == {CONTROL_PLANE_PATCH, NODE_PATCH}


@pytest.mark.parametrize("version", VERSIONS)
def test_no_protected_field_of_the_kubelet_is_named(version: str) -> None:
    kubelet = patch(version, NODE_PATCH)["machine"]["kubelet"]
    assert set(kubelet["extraConfig"]).isdisjoint(PROTECTED)
    assert kubelet.get("defaultRuntimeSeccompProfileEnabled", False) is (version in ("1.30", "1.37"))


@pytest.mark.parametrize("version", VERSIONS)
def test_flags_that_talos_denies_are_not_given(version: str) -> None:
    arguments = patch(version)["cluster"]["apiServer"]["extraArgs"]
    denied = {"encryption-provider-config", "authorization-config", "client-ca-file", "etcd-servers", "tls-cert-file"}
    assert denied.isdisjoint(arguments)
    assert all(isinstance(value, str) for value in arguments.values())


def test_policy_and_admission_are_fields() -> None:
    server = patch()["cluster"]["apiServer"]
    assert server["auditPolicy"]["kind"] == "Policy"
    assert {one["name"] for one in server["admissionControl"]} == {"EventRateLimit", "PodSecurity"}
    assert {"audit-policy-file", "admission-control-config-file"}.isdisjoint(server["extraArgs"])


def test_nodes_join_by_tokens_so_these_stay_on() -> None:
    assert "enable-bootstrap-token-auth" not in patch()["cluster"]["apiServer"]["extraArgs"]


def test_encryption_is_talos_own_and_said_to_be() -> None:
    output = planned("talos", "1.37")
    assert any("refuses --encryption-provider-config:" in text for text in output.not_expressible)
    assert not any("bootstrap.sh" in text for text in output.advice)
    assert not any("/var/lib/etcd" in text for text in output.advice)  # there is no shell in which to own it
    assert not any("encryption" in one["path"] for one in patch().get("machine", {}).get("files", []))


def test_files_lie_below_var_and_are_mounted_from_there() -> None:
    file = HostFile("/etc/kubernetes/hardening/authentication/config.yaml", "a: /etc/kubernetes/hardening/x/y\n")
    output = written("talos", "1.37", Setting(Component.API_SERVER, "authentication-config", (file.path,), file))
    (made,) = documents_of(output, CONTROL_PLANE_PATCH)
    folder = "/var/etc/kubernetes/hardening/authentication"
    assert made["cluster"]["apiServer"] == {
        "extraArgs": {"authentication-config": f"{folder}/config.yaml"},
        "extraVolumes": [{"hostPath": folder, "mountPath": folder, "readonly": True}],
    }
    (written_file,) = made["machine"]["files"]
    assert written_file == {
        "path": f"{folder}/config.yaml",
        "permissions": 0o644,
        "op": "create",
        "content": "a: /var/etc/kubernetes/hardening/x/y\n",
    }


def test_what_talos_has_no_words_for_is_reported() -> None:
    repeated = written(
        "talos", "1.37", flag("service-account-issuer", "https://a.example.com", "https://b.example.com")
    )
    assert any("several times" in text for text in repeated.not_expressible)
    elsewhere = Setting(Component.API_SERVER, "x", ("/srv/x",), mounts=(Mount("/srv/x"),))
    assert any("cannot see /srv/x" in text for text in written("talos", "1.37", elsewhere).not_expressible)


def test_parameters_of_the_kernel_are_a_field() -> None:
    assert patch(path=NODE_PATCH)["machine"]["sysctls"]["vm.overcommit_memory"] == "1"
