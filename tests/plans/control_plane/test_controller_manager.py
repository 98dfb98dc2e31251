from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.controller_manager import ControllerManagerSpec
from k8s_hardening.plans.control_plane.controller_manager import plan_controller_manager
from k8s_hardening.plans.control_plane.part import Component
from tests.plans.control_plane.reading import files_named_but_not_mounted, flags_of, versions


def flags(version: KubeVersion, **data: Any) -> dict[str, tuple[str, ...]]:
    return flags_of(plan_controller_manager(ControllerManagerSpec.model_validate(data), version))


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_is_hardened(version: KubeVersion) -> None:
    part = plan_controller_manager(ControllerManagerSpec(), version)
    assert {setting.component for setting in part.settings} == {Component.CONTROLLER_MANAGER}
    found = flags_of(part)
    assert found["profiling"] == ("false",)
    assert found["bind-address"] == ("127.0.0.1",)
    assert found["use-service-account-credentials"] == ("true",)
    assert found["root-ca-file"] == ("/etc/kubernetes/pki/ca.crt",)
    assert found["service-account-private-key-file"] == ("/etc/kubernetes/pki/sa.key",)
    assert found["terminated-pod-gc-threshold"] == ("1000",)
    assert found["feature-gates"] == ("RotateKubeletServerCertificate=true",)
    assert found["tls-min-version"] == ("VersionTLS12",)
    assert len(found["tls-cipher-suites"]) == 6
    assert not files_named_but_not_mounted(part)


def test_the_port_without_tls_is_closed_while_there_is_one() -> None:
    closed = [version.minor for version in versions() if flags(version).get("port") == ("0",)]
    assert closed == [18, 19, 20, 21]
    assert "port" not in flags(KubeVersion(1, 22))


def test_the_flag_of_the_certificates_life_lost_its_prefix_in_1_19() -> None:
    old, new = flags(KubeVersion(1, 18)), flags(KubeVersion(1, 19))
    assert old["experimental-cluster-signing-duration"] == new["cluster-signing-duration"] == ("720h",)
    assert "cluster-signing-duration" not in old
    assert "experimental-cluster-signing-duration" not in new


def test_settings_reach_the_flags() -> None:
    found = flags(
        KubeVersion(1, 36),
        bind_address="::1",
        tls_minimum="1.3",
        root_ca_file="/etc/pki/root.crt",
        service_account_key_file="/etc/pki/sa.key",
        certificate_life="168h",
        terminated_pods_kept=10,
    )
    assert found["bind-address"] == ("::1",)
    assert found["tls-min-version"] == ("VersionTLS13",)
    assert "tls-cipher-suites" not in found
    assert found["root-ca-file"] == ("/etc/pki/root.crt",)
    assert found["service-account-private-key-file"] == ("/etc/pki/sa.key",)
    assert found["cluster-signing-duration"] == ("168h",)
    assert found["terminated-pod-gc-threshold"] == ("10",)
