"""What the writers of the dialects share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from k8s_hardening.kube.manifest import Manifest, kind_of
from k8s_hardening.kube.names import LONGEST_LABEL
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.plan import HostFile

KUBELET = "KubeletConfiguration"
KUBE_PROXY = "KubeProxyConfiguration"

# Flags whose value is a list with commas; of the other repeated flags each occurrence is a value of its own.
# Source: k8s.io/kubernetes v1.37.2 pkg/kubeapiserver/options, k8s.io/apiserver v0.37.2 pkg/server/options:
# StringSliceVar, which service-account-issuer, service-account-key-file and oidc-required-claim are not.
COMMA_LISTS = frozenset(
    {
        "api-audiences",
        "authorization-mode",
        "cipher-suites",
        "controllers",
        "disable-admission-plugins",
        "enable-admission-plugins",
        "etcd-servers",
        "feature-gates",
        "oidc-signing-algs",
        "requestheader-allowed-names",
        "runtime-config",
        "tls-cipher-suites",
    }
)


def settings_of(part: Part, component: Component) -> tuple[Setting, ...]:
    """The settings of one component, by flag."""
    return tuple(one for one in part.settings if one.component is component)


def arguments(setting: Setting) -> tuple[str, ...]:
    """A setting as `flag=value`, once for each occurrence on the command line."""
    values = (",".join(setting.values),) if setting.flag in COMMA_LISTS else setting.values
    return tuple(f"{setting.flag}={value}" for value in values)


def files_of(part: Part) -> tuple[HostFile, ...]:
    """Every file that the parts write, by path."""
    files = [*part.files, *(one.file for one in part.settings if one.file is not None)]
    return tuple(sorted(files, key=lambda file: file.path))


def document_of(part: Part, kind: str) -> Manifest | None:
    """The component configuration of a kind, if a part gives one."""
    return next((one for one in part.documents if kind_of(one) == kind), None)


def mounts_of(settings: Iterable[Setting]) -> tuple[Mount, ...]:
    """What a component's pod must see of its host, each path once, by path.

    Our own files come with their folder: a file that is mounted alone keeps its old content when a new file takes its
    place, and the API server would never read what it is told to reload. What lies in a folder that is mounted anyway
    needs no mount of its own.
    """
    merged: dict[str, Mount] = {}
    for mount in _all_mounts(settings):
        known = merged.get(mount.path, mount)
        merged[mount.path] = replace(mount, writable=mount.writable or known.writable)
    folders = [one for one in merged.values() if one.is_folder]
    return tuple(
        one
        for _, one in sorted(merged.items())
        if not any(one.path.startswith(f"{folder.path}/") and folder.writable >= one.writable for folder in folders)
    )


def _all_mounts(settings: Iterable[Setting]) -> Iterator[Mount]:
    for setting in settings:
        if setting.file is not None:
            yield Mount(setting.file.path.rpartition("/")[0], is_folder=True)
        yield from setting.mounts


def volume_name(path: str) -> str:
    """Name of the volume for a path of the host: a DNS-1123 label, different for every path."""
    name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    if len(name) <= LONGEST_LABEL and f"/{name.replace('-', '/')}" == path:
        return name  # it can be read back, so no other path has it
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_LABEL - 9].rstrip('-')}-{digest}"


def path_type(mount: Mount) -> str:
    """How the kubelet checks a mount; only what a component writes to is made when it is missing.

    A file of ours that is missing keeps the pod from starting, which is better than an empty policy.
    """
    if not mount.is_folder:
        return "File"
    return "DirectoryOrCreate" if mount.writable else "Directory"


def relocated(part: Part, places: dict[str, str]) -> Part:
    """The part with folders of the host replaced, in values, mounts and the text of files alike."""
    form = re.compile("|".join(rf"{re.escape(old)}(?![A-Za-z0-9_.-])" for old in sorted(places, reverse=True)))

    def moved(text: str) -> str:
        return form.sub(lambda match: places[match[0]], text)

    def moved_file(file: HostFile) -> HostFile:
        return HostFile(moved(file.path), moved(file.text), file.hosts)

    return Part(
        settings=tuple(
            Setting(
                one.component,
                one.flag,
                tuple(map(moved, one.values)),
                moved_file(one.file) if one.file is not None else None,
                tuple(replace(mount, path=moved(mount.path)) for mount in one.mounts),
            )
            for one in part.settings
        ),
        files=tuple(map(moved_file, part.files)),
        documents=tuple(_moved_tree(one, moved) for one in part.documents),
        manifests=part.manifests,
        advice=tuple(map(moved, part.advice)),
    )


def _moved_tree(value: Any, moved: Any) -> Any:
    if isinstance(value, str):
        return moved(value)
    if isinstance(value, dict):
        return {key: _moved_tree(item, moved) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved_tree(item, moved) for item in value]
    return value


def sentences(texts: Iterable[str]) -> tuple[str, ...]:
    """Sentences, each once, sorted."""
    return tuple(sorted(set(texts)))
