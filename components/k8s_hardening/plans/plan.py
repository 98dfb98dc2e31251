"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from k8s_hardening.controls.judging import harden
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.model.knowledge import Knowledge

# What others need comes first: namespaces, then their limits, then who may act, then which connections exist.
_KINDS_IN_ORDER = (
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "NetworkPolicy",
    "ServiceAccount",
    "PodSecurityPolicy",
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
)


class Hosts(StrEnum):
    """Which nodes hold a file."""

    CONTROL_PLANE = "control-plane"
    EVERY_NODE = "every-node"
    WORKERS = "workers"
    ETCD = "etcd"
    """Members of an etcd outside of the control plane."""
    EVERY_HOST = "every-host"
    """Every node, and those members."""


@dataclass(frozen=True, slots=True)
class HostFile:
    """One file of the hosts; mode 0600, owned by root."""

    path: str
    """Absolute path on the host."""
    text: str
    hosts: Hosts = Hosts.CONTROL_PLANE


@dataclass(frozen=True, slots=True)
class Notes:
    """What a reader must know beside the files, one sentence each."""

    not_expressible: tuple[str, ...] = ()
    """Settings for which the dialect of the control plane has no words."""
    owned_by_provider: tuple[str, ...] = ()
    """What the distribution or the provider decides by itself."""
    advice: tuple[str, ...] = ()
    """What is left to the operator, with the command where there is one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one environment consists of."""

    manifests: tuple[Manifest, ...]
    """Kubernetes objects in the order in which they apply."""
    host_files: tuple[HostFile, ...]
    notes: Notes = Notes()


def in_apply_order(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Objects sorted so that each comes after those it needs; the same set gives the same order."""

    def rank(manifest: Manifest) -> tuple[int, str, str, str]:
        kind = kind_of(manifest)
        known = _KINDS_IN_ORDER.index(kind) if kind in _KINDS_IN_ORDER else len(_KINDS_IN_ORDER)
        return known, namespace_of(manifest), kind, name_of(manifest)

    return tuple(sorted(manifests, key=rank))


def hardened(manifests: Iterable[Manifest], knowledge: Knowledge) -> tuple[Manifest, ...]:
    """Objects in apply order, each passed through every control's fix."""
    return in_apply_order(harden(manifest, CONTROLS, knowledge) for manifest in manifests)
