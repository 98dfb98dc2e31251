"""The configuration of kube-proxy as a document.

Source: k8s.io/kube-proxy v0.18.19 to v0.37.2 config/v1alpha1/types.go, k8s.io/kubernetes v1.18.20 to v1.37.2
pkg/proxy/apis/config/validation/validation.go (the address of metrics is an IP with a port, and no name).
"""

from __future__ import annotations

import ipaddress

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kube_proxy import KubeProxySpec
from k8s_hardening.plans.control_plane.part import Part

_METRICS_PORT = 10249


def plan_kube_proxy(spec: KubeProxySpec, kubernetes: KubeVersion) -> Part:
    """One configuration for kube-proxy on every node."""
    address = ipaddress.ip_address(spec.metrics_address)
    host = f"[{address}]" if address.version == 6 else str(address)
    document = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
        "enableProfiling": False,
        "metricsBindAddress": f"{host}:{_METRICS_PORT}",
        **({"nodePortAddresses": list(spec.node_port_networks)} if spec.node_port_networks else {}),
    }
    return Part(documents=(document,))
