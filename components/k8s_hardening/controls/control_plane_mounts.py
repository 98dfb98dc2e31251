"""A file that a flag names must be there for the program to see.

Judged: flags whose value is a path, in pods and in kubeadm's files. The path must lie below a mount of the container:
volumeMounts of a pod; extraVolumes, and what kubeadm mounts by itself. A flag without its mount keeps the API server
from starting, and an audit log that is not mounted is gone with the container.
Source: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kubeadm/app/phases/controlplane/volumes.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import told, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.model.knowledge import Knowledge

# How the names of flags end whose value is a file.
_ENDS = (
    "-authority",
    "-certificate",
    "-config",
    "-key",
    "-path",
    "cafile",
    "certfile",
    "file",
    "keyfile",
    "kubeconfig",
)
_NOT_A_FILE_TO_SEE = frozenset({"log-file"})


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag that names a file outside of every mount."""
    for settings in settings_of(manifest):
        yield from unreadable(settings)
        if settings.mounts is None:
            continue
        for argument in settings.arguments:
            value = argument.value
            if not argument.name.endswith(_ENDS) or argument.name in _NOT_A_FILE_TO_SEE:
                continue
            if value is UNKNOWN or _is_out_of_sight(value, settings.mounts):
                yield told(settings, argument, "mount the file, or its folder, into the container at the same path")


def _is_out_of_sight(value: object, mounts: tuple[str, ...]) -> bool:
    if not isinstance(value, str) or not value.startswith("/"):
        return False  # no path of the host
    return not any(_is_below(value, mount) for mount in mounts)


def _is_below(path: str, mount: str) -> bool:
    return bool(mount) and (path == mount or path.startswith(f"{mount.rstrip('/')}/"))


CONTROL = Control(
    id="control-plane-mounts",
    requirement="A file that a flag names must be mounted where the program sees it.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("Kubernetes: Static Pods",),
    check=check,
    concerns=may_configure,
)
