from __future__ import annotations

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kube_proxy import KubeProxySpec
from k8s_hardening.plans.control_plane.kube_proxy import plan_kube_proxy
from tests.plans.control_plane.reading import versions


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_keeps_its_metrics_to_the_node(version: KubeVersion) -> None:
    part = plan_kube_proxy(KubeProxySpec(), version)
    assert not part.settings
    assert part.documents == (
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
            "enableProfiling": False,
            "metricsBindAddress": "127.0.0.1:10249",
        },
    )


def test_settings_reach_the_document() -> None:
    spec = KubeProxySpec(metrics_address="::1", node_port_networks=("10.20.0.0/16",))
    [found] = plan_kube_proxy(spec, KubeVersion(1, 36)).documents
    assert found["metricsBindAddress"] == "[::1]:10249"
    assert found["nodePortAddresses"] == ["10.20.0.0/16"]
