from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.kubelet import KERNEL
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kubelet import EVICTION, KubeletSpec
from k8s_hardening.plans.control_plane.kubelet import SYSCTL_FILE, kubelet_configuration, plan_kubelet
from k8s_hardening.plans.plan import Hosts
from tests.plans.control_plane.reading import versions

NEW = KubeVersion(1, 37)


def configuration(version: KubeVersion = NEW, **data: Any) -> dict[str, Any]:
    return kubelet_configuration(KubeletSpec.model_validate(data), version)


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_is_closed_to_strangers(version: KubeVersion) -> None:
    found = configuration(version)
    assert (found["apiVersion"], found["kind"]) == ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")
    assert found["authentication"] == {
        "anonymous": {"enabled": False},
        "webhook": {"enabled": True},
        "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
    }
    assert found["authorization"] == {"mode": "Webhook"}
    assert found["readOnlyPort"] == 0
    assert found["healthzBindAddress"] == "127.0.0.1"
    assert found["tlsMinVersion"] == "VersionTLS12"
    assert len(found["tlsCipherSuites"]) == 6


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_renews_certificates_and_bounds_pods(version: KubeVersion) -> None:
    found = configuration(version)
    assert found["rotateCertificates"] is True
    assert found["serverTLSBootstrap"] is True
    assert found["featureGates"] == {"RotateKubeletServerCertificate": True}
    assert found["protectKernelDefaults"] is True
    assert found["makeIPTablesUtilChains"] is True
    assert found["podPidsLimit"] == 4096
    assert found["streamingConnectionIdleTimeout"] == "5m"
    assert (found["eventRecordQPS"], found["eventBurst"]) == (50, 100)
    assert found["enforceNodeAllocatable"] == ["pods"]
    assert found["evictionHard"] == EVICTION
    assert (
        found["kubeReserved"].keys() == found["systemReserved"].keys() == {"cpu", "memory", "ephemeral-storage", "pid"}
    )


@pytest.mark.parametrize(
    ("field", "first", "value"),
    [
        ("enableContentionProfiling", 18, False),
        ("enableSystemLogHandler", 19, False),
        ("enableProfilingHandler", 21, False),
        ("enableDebugFlagsHandler", 21, False),
        ("seccompDefault", 25, True),
        ("imagePullCredentialsVerificationPolicy", 35, "AlwaysVerify"),
    ],
)
def test_a_field_is_written_from_its_version_on(field: str, first: int, value: object) -> None:
    for version in versions():
        assert configuration(version).get(field) == (value if version.minor >= first else None), version


def test_settings_reach_the_document() -> None:
    found = configuration(
        client_ca_file="/etc/pki/ca.crt",
        tls_minimum="1.3",
        pod_pids_limit=1024,
        streaming_idle_timeout="10m",
        events_per_second=5,
        kube_reserved={"cpu": "1", "memory": "1Gi"},
        system_reserved={"memory": 1000},
        eviction_hard={"memory.available": "5%"},
        trust_preloaded_images=True,
    )
    assert found["authentication"]["x509"] == {"clientCAFile": "/etc/pki/ca.crt"}
    assert found["tlsMinVersion"] == "VersionTLS13"
    assert "tlsCipherSuites" not in found, "TLS 1.3 leaves nothing to choose"
    assert found["podPidsLimit"] == 1024
    assert found["streamingConnectionIdleTimeout"] == "10m"
    assert (found["eventRecordQPS"], found["eventBurst"]) == (5, 10)
    assert found["kubeReserved"] == {"cpu": "1", "memory": "1Gi"}
    assert found["systemReserved"] == {"memory": "1000"}
    assert found["evictionHard"] == {**EVICTION, "memory.available": "5%"}
    assert found["imagePullCredentialsVerificationPolicy"] == "NeverVerifyPreloadedImages"


def test_the_kernel_gets_what_the_kubelet_compares_it_with() -> None:
    part = plan_kubelet(KubeletSpec(), NEW)
    [file] = part.files
    assert (file.path, file.hosts) == (SYSCTL_FILE, Hosts.EVERY_NODE)
    lines = dict(line.split(" = ") for line in file.text.splitlines())
    assert lines == {name: str(value) for name, value in KERNEL.items()}
    assert any(SYSCTL_FILE in advice for advice in part.advice)


def test_without_that_the_kernel_is_left_alone() -> None:
    part = plan_kubelet(KubeletSpec(protect_kernel_defaults=False), NEW)
    assert not part.files
    assert not any("sysctl" in advice for advice in part.advice)
    assert part.documents[0]["protectKernelDefaults"] is False


def test_the_operator_is_told_what_the_generator_cannot_do() -> None:
    assert any("kubernetes.io/kubelet-serving" in advice for advice in plan_kubelet(KubeletSpec(), NEW).advice)
    for version in versions():
        told = any("seccomp" in advice for advice in plan_kubelet(KubeletSpec(), version).advice)
        assert told is (version < KubeVersion(1, 25))
