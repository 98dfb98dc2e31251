"""Fields of KubeletConfiguration by version, and what the kubelet wants of the kernel.

A kubelet drops fields that it does not know with a line in its log, so nothing but this table keeps a setting from
being lost. Sources: k8s.io/kubelet v0.18.19 to v0.37.2 config/v1beta1/types.go; k8s.io/kubernetes v1.18.20 to v1.37.2
pkg/kubelet/apis/config/validation/validation.go, cmd/kubelet/app/server.go, pkg/kubelet/eviction/helpers.go,
pkg/kubelet/cm/container_manager_linux.go (setupKernelTunables), pkg/features/kube_features.go.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from k8s_hardening.kube.version import OLDEST, KubeVersion

API_VERSION = "kubelet.config.k8s.io/v1beta1"
"""Read by every version."""
KIND = "KubeletConfiguration"

FIELDS_SINCE: Final = MappingProxyType(
    {
        "enableSystemLogHandler": KubeVersion(1, 19),
        "enableProfilingHandler": KubeVersion(1, 21),
        "enableDebugFlagsHandler": KubeVersion(1, 21),
        # The field is there from 1.22, but a kubelet before 1.25 does not start with it: its gate is off.
        "seccompDefault": KubeVersion(1, 25),
        # The same from 1.33 until 1.35.
        "imagePullCredentialsVerificationPolicy": KubeVersion(1, 35),
    }
)
"""The first version that takes a field by default; fields that are not listed exist in every version."""

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


def is_known(field: str, version: KubeVersion) -> bool:
    """Whether kubelets of a version take a field."""
    return version >= FIELDS_SINCE.get(field, OLDEST)
