"""Containers must not hand each other files by a folder of the node that several of them may write.

Restricted field: readOnly of volumeMounts whose volume is a hostPath. Required: true in all containers of the pod but
one, for each folder with all that lies below it. Absent means: false. That the pod mounts a folder of the node at all
belongs to the control host-path-volumes; this one speaks where that is exempt, too. There is no fix: only the owner
knows which container has to write.
Source: k8s.io/api v0.37.2, core/v1/types.go (VolumeMount, HostPathVolumeSource).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_FIX = "set it to true in all containers but the one that writes, or use an emptyDir"


@dataclass(frozen=True, slots=True)
class _Mount:
    """A mount that may write to a folder of the node."""

    path: str
    container: str
    folder: str | None
    """The folder of the node; None when something on the way to it is known only at apply."""
    read_only: Any
    is_of_many: bool
    """Of a list of containers that is known only at apply, and may hold several."""


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each writable mount of a folder that another container may write, too."""
    for pod in pods_of(manifest):
        mounts = list(_writable_mounts(pod))
        at, below, unsure = _writers(mounts)
        everybody = {mount.container for mount in mounts}
        for mount in mounts:
            if mount.folder is None:
                others = everybody
            else:
                others = below[mount.folder] | unsure
                for folder in _with_parents(mount.folder):
                    others |= at.get(folder, set())
            if others - {mount.container} or mount.is_of_many:
                # A folder that is not known, on either side, leaves the verdict open.
                sure = mount.folder is not None and bool(others - {mount.container} - unsure)
                yield finding(f"{mount.path}.readOnly", mount.read_only if sure else UNKNOWN, _FIX)


def _writers(mounts: list[_Mount]) -> tuple[dict[str, set[str]], dict[str, set[str]], set[str]]:
    """The containers that write at each folder, at it or below it, and at a folder that is not known."""
    at: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    unsure: set[str] = set()
    for mount in mounts:
        if mount.folder is None:
            unsure.add(mount.container)
            continue
        at.setdefault(mount.folder, set()).add(mount.container)
        for folder in _with_parents(mount.folder):
            below.setdefault(folder, set()).add(mount.container)
    return at, below, unsure


def _writable_mounts(pod: Pod) -> Iterator[_Mount]:
    folders, any_unknown = _host_folders(pod)
    for container in pod.containers():
        for index, item in enumerate(as_list(container.spec.get("volumeMounts"))):
            mount = as_map(item)
            name, read_only = mount.get("name"), mount.get("readOnly")
            if read_only is True or not (name is UNKNOWN or as_str(name) in folders or any_unknown):
                continue
            if name is UNKNOWN and not folders and not any_unknown:
                continue  # whatever its name, no volume of the pod is a folder of the node
            path = f"{container.path}.volumeMounts[{index}]"
            is_of_many = pod.spec.get(container.list_name) is UNKNOWN
            yield _Mount(path, container.path, folders.get(as_str(name)), read_only, is_of_many)


def _host_folders(pod: Pod) -> tuple[dict[str, str | None], bool]:
    """The folder of the node behind each volume of that kind, and whether any volume is not known."""
    folders: dict[str, str | None] = {}
    any_unknown = False
    for item in as_list(pod.spec.get("volumes")):
        volume = as_map(item)
        name, source = volume.get("name"), volume.get("hostPath")
        if source is None:
            continue
        if name is UNKNOWN:
            any_unknown = True
            continue
        path = as_map(source).get("path")
        folders[as_str(name)] = None if path is UNKNOWN else posixpath.normpath(f"/{as_str(path).lstrip('/')}")
    return folders, any_unknown


def _with_parents(folder: str) -> Iterator[str]:
    yield folder
    while folder != "/":
        folder = posixpath.dirname(folder)
        yield folder


CONTROL = Control(
    id="shared-host-volumes",
    requirement="At most one container of a pod may write to the same folder of the node.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("Kubernetes: Volumes, hostPath",),
    check=check,
    concerns=carries_pods,
)
