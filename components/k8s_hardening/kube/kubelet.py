"""Which fields of KubeletConfiguration a version can use, and what the kubelet wants of the kernel.

A kubelet drops fields that it does not know with a line in its log, so nothing but their life spans (kube/flags.py)
keeps a setting from being lost. Sources: k8s.io/kubernetes v1.18.20 to v1.37.2
pkg/kubelet/apis/config/validation/validation.go, cmd/kubelet/app/server.go, pkg/kubelet/eviction/helpers.go,
pkg/kubelet/cm/container_manager_linux.go (setupKernelTunables), pkg/features/kube_features.go.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from k8s_hardening.kube.flags import kubelet_fields
from k8s_hardening.kube.version import OLDEST, KubeVersion

API_VERSION = "kubelet.config.k8s.io/v1beta1"
"""Read by every version."""
KIND = "KubeletConfiguration"

_ON_SINCE: Final = MappingProxyType(
    {
        "seccompDefault": KubeVersion(1, 25),
        "imagePullCredentialsVerificationPolicy": KubeVersion(1, 35),
    }
)
"""Fields whose gate was off at first, with the version that turned it on; before it no kubelet starts with them."""

SERVER_CERTIFICATE_GATE = "RotateKubeletServerCertificate"
"""Feature gate of serverTLSBootstrap; on by default and known in every version from 1.18 to 1.37."""

KERNEL: Final = MappingProxyType(
    {
        "kernel.keys.root_maxbytes": 25_000_000,
        "kernel.keys.root_maxkeys": 1_000_000,
        "kernel.panic": 10,
        "kernel.panic_on_oops": 1,
        "vm.overcommit_memory": 1,
        "vm.panic_on_oom": 0,
    }
)
"""What protectKernelDefaults compares the kernel with; a kubelet that finds another value does not start."""

RESERVABLE = frozenset({"cpu", "memory", "ephemeral-storage", "pid"})
"""Resources that can be kept from the pods."""
EVICTION_SIGNALS = frozenset(
    {
        "memory.available",
        "nodefs.available",
        "nodefs.inodesFree",
        "imagefs.available",
        "imagefs.inodesFree",
        "pid.available",
    }
)
"""What every version can evict pods by."""


def usable_since(field: str) -> KubeVersion:
    """The first version whose kubelets know a field and start with it by default.

    Raises:
        KeyError: no kubelet ever had such a field.
    """
    return max(kubelet_fields()[field].first or OLDEST, _ON_SINCE.get(field, OLDEST))


def is_usable(field: str, version: KubeVersion) -> bool:
    """Whether kubelets of a version know a field, and start with it by default.

    Raises:
        KeyError: no kubelet ever had such a field.
    """
    return usable_since(field) <= version and not kubelet_fields()[field].is_past(version)
