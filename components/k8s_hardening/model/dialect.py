"""The targets for control-plane settings."""

from __future__ import annotations

from enum import StrEnum


class Dialect(StrEnum):
    """A target for control-plane settings."""

    KUBEADM = "kubeadm"
    STATIC_POD = "static-pod"
    K3S = "k3s"
    RKE2 = "rke2"
    TALOS = "talos"
    CLUSTER_API = "cluster-api"
    MANAGED = "managed"
