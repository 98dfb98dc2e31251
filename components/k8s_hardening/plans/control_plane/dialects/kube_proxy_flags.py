"""Fields of a KubeProxyConfiguration as flags.

Source: k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/kube-proxy/app/options.go (AddFlags).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.plans.control_plane.dialects.kubelet_flags import fields_of
from k8s_hardening.plans.control_plane.dialects.writing import KUBE_PROXY, document_of
from k8s_hardening.plans.control_plane.part import Part

_FLAGS = {
    "bindAddress": "bind-address",
    "bindAddressHardFail": "bind-address-hard-fail",
    "clusterCIDR": "cluster-cidr",
    "enableProfiling": "profiling",
    "healthzBindAddress": "healthz-bind-address",
    "hostnameOverride": "hostname-override",
    "metricsBindAddress": "metrics-bind-address",
    "mode": "proxy-mode",
    "nodePortAddresses": "nodeport-addresses",
    "portRange": "proxy-port-range",
}

# Whoever installs kube-proxy gives it its credentials.
_INSTALLERS = frozenset({"clientConnection.kubeconfig"})


def kube_proxy_fields(part: Part) -> Iterator[tuple[str, Any]]:
    """Each setting of kube-proxy, with its dotted name, that its installer must be told."""
    for field, value in fields_of(document_of(part, KUBE_PROXY) or {}):
        if field not in _INSTALLERS:
            yield field, value


def kube_proxy_flag(field: str, value: Any) -> str | None:
    """A field as `flag=value`, or None when no flag sets it."""
    if field not in _FLAGS:
        return None
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{_FLAGS[field]}={text.lower() if isinstance(value, bool) else text}"
