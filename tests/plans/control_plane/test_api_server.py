from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.api_server import ApiServerSpec
from k8s_hardening.plans.control_plane.api_server import plan_api_server
from k8s_hardening.plans.control_plane.part import Component
from tests.plans.control_plane.reading import files_named_but_not_mounted, flags_of, mounted, versions

PKI = "/etc/kubernetes/pki"


def flags(version: KubeVersion, **data: Any) -> dict[str, tuple[str, ...]]:
    return flags_of(plan_api_server(ApiServerSpec.model_validate(data), version))


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_is_hardened(version: KubeVersion) -> None:
    part = plan_api_server(ApiServerSpec(), version)
    assert {setting.component for setting in part.settings} == {Component.API_SERVER}
    found = flags_of(part)
    assert len(found.pop("tls-cipher-suites")) == 6
    found.pop("insecure-port", None)
    assert found == {
        "tls-cert-file": (f"{PKI}/apiserver.crt",),
        "tls-private-key-file": (f"{PKI}/apiserver.key",),
        "tls-min-version": ("VersionTLS12",),
        "etcd-servers": ("https://127.0.0.1:2379",),
        "etcd-cafile": (f"{PKI}/etcd/ca.crt",),
        "etcd-certfile": (f"{PKI}/apiserver-etcd-client.crt",),
        "etcd-keyfile": (f"{PKI}/apiserver-etcd-client.key",),
        "kubelet-certificate-authority": (f"{PKI}/ca.crt",),
        "kubelet-client-certificate": (f"{PKI}/apiserver-kubelet-client.crt",),
        "kubelet-client-key": (f"{PKI}/apiserver-kubelet-client.key",),
        "profiling": ("false",),
        "enable-logs-handler": ("false",),
        "request-timeout": ("1m",),
    }
    assert not files_named_but_not_mounted(part)
    assert not part.advice


def test_the_port_without_tls_is_closed_while_there_is_one() -> None:
    found = {version.minor: flags(version).get("insecure-port") for version in versions()}
    assert {minor: value for minor, value in found.items() if value is not None} == {18: ("0",), 19: ("0",)}


def test_settings_reach_the_flags() -> None:
    found = flags(
        KubeVersion(1, 36),
        serving={"certificate_file": "/etc/tls/a.crt", "key_file": "/etc/tls/a.key", "tls_minimum": "1.3"},
        etcd={"servers": ["https://10.0.0.1:2379", "https://10.0.0.2:2379"], "ca_file": "/etc/etcd/ca.crt"},
        kubelet={"ca_file": "/etc/kubelets/ca.crt"},
        request_timeout="90s",
    )
    assert found["tls-cert-file"] == ("/etc/tls/a.crt",)
    assert found["tls-private-key-file"] == ("/etc/tls/a.key",)
    assert found["tls-min-version"] == ("VersionTLS13",)
    assert "tls-cipher-suites" not in found
    assert found["etcd-servers"] == ("https://10.0.0.1:2379", "https://10.0.0.2:2379")
    assert found["etcd-cafile"] == ("/etc/etcd/ca.crt",)
    assert found["kubelet-certificate-authority"] == ("/etc/kubelets/ca.crt",)
    assert found["request-timeout"] == ("90s",)


def test_files_elsewhere_are_mounted_one_by_one() -> None:
    spec = ApiServerSpec.model_validate({"kubelet": {"ca_file": "/etc/kubelets/ca.crt"}})
    assert "/etc/kubelets/ca.crt" in mounted(plan_api_server(spec, KubeVersion(1, 36)))


@pytest.mark.parametrize(("one_in", "chance"), [(50, "0.020000"), (1000, "0.001000"), (1_000_000, "0.000001")])
def test_the_chance_to_reconnect_is_what_the_server_takes(one_in: int, chance: str) -> None:
    part = plan_api_server(ApiServerSpec(reconnect_one_in=one_in), KubeVersion(1, 18))
    assert flags_of(part)["goaway-chance"] == (chance,)
    assert 0 < float(chance) <= 0.02, "more is refused by the server"
    assert "single API server" in part.advice[0]
