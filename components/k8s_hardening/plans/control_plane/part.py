"""What the control plane's parts are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.plans.plan import HostFile


class Component(StrEnum):
    """A program of the control plane or of a node."""

    API_SERVER = "kube-apiserver"
    CONTROLLER_MANAGER = "kube-controller-manager"
    SCHEDULER = "kube-scheduler"
    ETCD = "etcd"


@dataclass(frozen=True, slots=True)
class Mount:
    """A path of the host that a component's pod must see under the same path."""

    path: str
    """Absolute path of a file or folder."""
    is_folder: bool = False
    writable: bool = False
    """Only for what the component itself writes, such as the audit log's folder."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One flag of a component, with the file that its value names and the mounts without which it would not start."""

    component: Component
    flag: str
    """Name without dashes, for example encryption-provider-config."""
    values: tuple[str, ...]
    """One value, or several for a flag that is repeated."""
    file: HostFile | None = None
    """The file that the value names, where we write it; its mount follows from it."""
    mounts: tuple[Mount, ...] = ()
    """What else the value needs: files that exist on the host already, folders to write to."""

    def all_mounts(self) -> tuple[Mount, ...]:
        """Everything to mount for this flag."""
        return (*((Mount(self.file.path),) if self.file is not None else ()), *self.mounts)


@dataclass(frozen=True, slots=True)
class Part:
    """What one concern (encryption, audit, ...) adds to the control plane."""

    settings: tuple[Setting, ...] = ()
    files: tuple[HostFile, ...] = ()
    """Files that no flag of a component names, such as a webhook's kubeconfig named inside another file."""
    documents: tuple[Manifest, ...] = ()
    """Component configuration as objects: KubeletConfiguration, KubeProxyConfiguration."""
    manifests: tuple[Manifest, ...] = ()
    """Objects of the cluster that belong to it, such as RBAC."""
    advice: tuple[str, ...] = ()
    """What the generator cannot do and the operator must: one sentence each, with the command where there is one."""


def combined(parts: Iterable[Part]) -> Part:
    """All parts as one, sorted; the same parts in any order give the same result.

    Raises:
        ValueError: two parts set the same flag of a component, or write the same file: a defect of the plans.
    """
    parts = tuple(parts)
    settings = sorted((one for part in parts for one in part.settings), key=lambda one: (one.component, one.flag))
    files = sorted((one for part in parts for one in part.files), key=lambda one: one.path)
    flags = [f"{one.component} --{one.flag}" for one in settings]
    paths = [one.path for one in files] + [one.file.path for one in settings if one.file is not None]
    for names in (flags, paths):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two parts of the control plane write {', '.join(twice)}")
    return Part(
        settings=tuple(settings),
        files=tuple(files),
        documents=tuple(sorted((one for part in parts for one in part.documents), key=lambda one: str(one["kind"]))),
        manifests=tuple(one for part in parts for one in part.manifests),
        advice=tuple(sorted({one for part in parts for one in part.advice})),
    )
