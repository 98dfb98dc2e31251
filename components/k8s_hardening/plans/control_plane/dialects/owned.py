"""Settings that every distribution makes for itself: certificates, keys and addresses in its own layout.

A value in kubeadm's PKI folder, or one of its kubeconfigs, names something that k3s, RKE2 and Talos make elsewhere and
pass to the component themselves; passed again, the component would look for a file that is not there.
"""

from __future__ import annotations

from k8s_hardening.plans.control_plane import paths
from k8s_hardening.plans.control_plane.dialects.kubeadm_defaults import DEFAULTS, PER_NODE
from k8s_hardening.plans.control_plane.part import Component, Setting

_KUBECONFIGS = (paths.CONTROLLER_MANAGER_KUBECONFIG, paths.SCHEDULER_KUBECONFIG, paths.KUBELET_KUBECONFIG)
# Addresses, ports and names follow from how the distribution was installed.
_INSTALLATION = {
    Component.API_SERVER: frozenset(
        {
            "api-audiences",
            "bind-address",
            "etcd-servers",
            # Each calls its own proxy of the aggregation layer differently.
            "requestheader-allowed-names",
            "requestheader-extra-headers-prefix",
            "requestheader-group-headers",
            "requestheader-username-headers",
            "secure-port",
            "service-account-issuer",
            "service-cluster-ip-range",
        }
    ),
    Component.CONTROLLER_MANAGER: frozenset({"cluster-cidr", "secure-port", "service-cluster-ip-range"}),
    Component.SCHEDULER: frozenset({"secure-port"}),
    Component.ETCD: frozenset(
        {"auto-tls", "client-cert-auth", "data-dir", "listen-metrics-urls", "peer-auto-tls", "peer-client-cert-auth"}
    ),
}


def is_distributions(setting: Setting) -> bool:
    """Whether the distribution itself makes this setting, in its own layout."""
    if setting.flag in PER_NODE[setting.component]:
        return True
    if any(value in _KUBECONFIGS or value.startswith(f"{paths.PKI}/") for value in setting.values):
        return True
    default = DEFAULTS[setting.component].get(setting.flag)
    return setting.flag in _INSTALLATION[setting.component] and (
        setting.component is Component.ETCD or default is None or setting.values == (default,)
    )
