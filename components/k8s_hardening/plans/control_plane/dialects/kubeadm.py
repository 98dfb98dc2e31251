"""kubeadm: ClusterConfiguration, KubeletConfiguration and KubeProxyConfiguration in one file, patches where these end.

Source: k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/kubeadm/app/util/config/common.go (which API versions a minor takes),
apis/kubeadm/*/types.go, util/patches/patches.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.kube.yaml_text import as_yaml_stream
from k8s_hardening.plans.control_plane.dialects.kubeadm_defaults import DEFAULTS, MOUNTED, PER_NODE
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writing import (
    COMMA_LISTS,
    KUBE_PROXY,
    KUBELET,
    document_of,
    files_of,
    mounts_of,
    path_type,
    sentences,
    settings_of,
    volume_name,
)
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.control_plane.paths import HARDENING
from k8s_hardening.plans.plan import HostFile

CONFIG: Final = f"{HARDENING}/kubeadm/kubeadm-config.yaml"
PATCHES: Final = f"{HARDENING}/kubeadm/patches"

_V1BETA3_SINCE = KubeVersion(1, 22)
_V1BETA4_SINCE = KubeVersion(1, 31)
_PATCHES_SINCE = KubeVersion(1, 19)  # 1.18 knows only --experimental-kustomize (cmd/options/constant.go)
_FIELDS = {
    Component.API_SERVER: "apiServer",
    Component.CONTROLLER_MANAGER: "controllerManager",
    Component.SCHEDULER: "scheduler",
}


@dataclass(frozen=True, slots=True)
class KubeadmForm:
    """How one version of kubeadm's API writes flags down."""

    version: str
    """For example v1beta4."""
    is_list: bool
    """Whether arguments are a list of name and value, or a mapping."""
    repeats_flags: bool
    """Whether a flag that stands twice arrives twice."""


def form_of(kubernetes: KubeVersion) -> KubeadmForm:
    """The newest API version that kubeadm of a minor takes without a switch."""
    if kubernetes >= _V1BETA4_SINCE:
        return KubeadmForm("v1beta4", is_list=True, repeats_flags=True)
    return KubeadmForm("v1beta3" if kubernetes >= _V1BETA3_SINCE else "v1beta2", is_list=False, repeats_flags=False)


def write_kubeadm(part: Part, kubernetes: KubeVersion) -> DialectOutput:
    """The control plane as the configuration of `kubeadm init` and its patches."""
    form = form_of(kubernetes)
    patches, not_expressible = patches_of(part, kubernetes, form)
    documents = [_cluster_configuration(part, kubernetes, form)]
    if patches and form.version != "v1beta2":
        api_version = f"kubeadm.k8s.io/{form.version}"
        documents.append({"apiVersion": api_version, "kind": "InitConfiguration", "patches": {"directory": PATCHES}})
    documents += [one for kind in (KUBELET, KUBE_PROXY) if (one := document_of(part, kind)) is not None]
    files = [*files_of(part), *patches, HostFile(CONFIG, as_yaml_stream(documents))]
    return DialectOutput(
        host_files=tuple(sorted(files, key=lambda file: file.path)),
        manifests=part.manifests,
        not_expressible=sentences(not_expressible),
        owned_by_provider=sentences(owned_by_kubeadm(part)),
        advice=sentences([*part.advice, *_advice(kubernetes, bool(patches))]),
    )


def _cluster_configuration(part: Part, kubernetes: KubeVersion, form: KubeadmForm) -> Manifest:
    return {
        "apiVersion": f"kubeadm.k8s.io/{form.version}",
        "kind": "ClusterConfiguration",
        # A label: the newest patch level of the minor (cmd/kubeadm/app/util/version.go).
        "kubernetesVersion": f"stable-{kubernetes}",
        **cluster_settings(part, form),
    }


def cluster_settings(part: Part, form: KubeadmForm) -> dict[str, Any]:
    """The fields of a ClusterConfiguration that hold flags and mounts: what kubeadm would not choose by itself."""
    asked = {component: asked_of_kubeadm(part, component) for component in Component}
    return _fields(asked, {component: extra_mounts(part, component) for component in Component}, form)


def all_settings(part: Part, form: KubeadmForm) -> dict[str, Any]:
    """The same fields with every setting and every mount, kubeadm's own included."""
    settings = {component: settings_of(part, component) for component in Component}
    return _fields(settings, {component: mounts_of(found) for component, found in settings.items()}, form)


def _fields(
    settings: dict[Component, tuple[Setting, ...]], mounts: dict[Component, tuple[Mount, ...]], form: KubeadmForm
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for component, field in _FIELDS.items():
        values: dict[str, Any] = {}
        if arguments := _extra_args(settings[component], form):
            values["extraArgs"] = arguments
        if volumes := [_volume(mount) for mount in mounts[component]]:
            values["extraVolumes"] = volumes
        if values:
            made[field] = values
    if arguments := _extra_args(settings[Component.ETCD], form):
        made["etcd"] = {"local": {"extraArgs": arguments}}
    return made


def asked_of_kubeadm(part: Part, component: Component) -> tuple[Setting, ...]:
    """The settings that kubeadm must be told, since it would not choose them itself."""
    return tuple(_with_kubeadm_default(one) for one in settings_of(part, component) if not _is_kubeadms(one))


def _is_kubeadms(setting: Setting) -> bool:
    default = DEFAULTS[setting.component].get(setting.flag)
    return setting.flag in PER_NODE[setting.component] or setting.values == (default,)


def _with_kubeadm_default(setting: Setting) -> Setting:
    """A plug-in list takes the place of kubeadm's own, so what kubeadm would have enabled is said again."""
    if setting.flag != "enable-admission-plugins":
        return setting
    plugins = {name for value in setting.values for name in value.split(",")}
    default = DEFAULTS[setting.component][setting.flag]
    return Setting(
        setting.component, setting.flag, (",".join(sorted(plugins | {default})),), setting.file, setting.mounts
    )


def _extra_args(settings: tuple[Setting, ...], form: KubeadmForm) -> Any:
    # Where a flag stands once, its first value takes the place of kubeadm's own, and a patch adds the others.
    pairs = [
        (one.flag, value) for one in settings for value in (_values(one) if form.repeats_flags else _values(one)[:1])
    ]
    return [{"name": flag, "value": value} for flag, value in pairs] if form.is_list else dict(pairs)


def _values(setting: Setting) -> tuple[str, ...]:
    return (",".join(setting.values),) if setting.flag in COMMA_LISTS else setting.values


def _repeats(setting: Setting) -> bool:
    return len(_values(setting)) > 1


def extra_mounts(part: Part, component: Component) -> tuple[Mount, ...]:
    """What kubeadm does not mount by itself."""
    own = MOUNTED[component]
    return tuple(
        mount
        for mount in mounts_of(settings_of(part, component))
        if not any(mount.path == path or mount.path.startswith(f"{path}/") for path in own)
    )


def _volume(mount: Mount) -> dict[str, Any]:
    return {
        "name": volume_name(mount.path),
        "hostPath": mount.path,
        "mountPath": mount.path,
        "readOnly": not mount.writable,
        "pathType": path_type(mount),
    }


def patches_of(part: Part, kubernetes: KubeVersion, form: KubeadmForm) -> tuple[list[HostFile], list[str]]:
    """Files for kubeadm's patches folder, and what not even a patch can say in this version."""
    repeated = {
        component: found
        for component in Component
        if not form.repeats_flags and (found := [one for one in asked_of_kubeadm(part, component) if _repeats(one)])
    }
    volumes = extra_mounts(part, Component.ETCD)
    if kubernetes < _PATCHES_SINCE:
        return [], [
            *(_refused(one, kubernetes) for settings in repeated.values() for one in settings),
            *(f"kubeadm of Kubernetes {kubernetes} cannot mount {mount.path} into etcd." for mount in volumes),
        ]
    files = [HostFile(f"{PATCHES}/{name}0+json.json", _added_flags(found)) for name, found in repeated.items()]
    if volumes:
        files.append(HostFile(f"{PATCHES}/etcd0+strategic.json", _added_volumes(Component.ETCD, volumes)))
    return files, []


def _refused(setting: Setting, kubernetes: KubeVersion) -> str:
    return (
        f"kubeadm of Kubernetes {kubernetes} writes a flag only once, so {setting.component} cannot get "
        f"--{setting.flag} {len(setting.values)} times."
    )


def _added_flags(settings: list[Setting]) -> str:
    operations = [
        {"op": "add", "path": "/spec/containers/0/command/-", "value": f"--{one.flag}={value}"}
        for one in settings
        for value in one.values[1:]
    ]
    return json.dumps(operations, indent=2) + "\n"


def _added_volumes(component: Component, mounts: tuple[Mount, ...]) -> str:
    container = {
        "name": component.value,
        "volumeMounts": [
            {"name": volume_name(one.path), "mountPath": one.path, "readOnly": not one.writable} for one in mounts
        ],
    }
    volumes = [
        {"name": volume_name(one.path), "hostPath": {"path": one.path, "type": path_type(one)}} for one in mounts
    ]
    return json.dumps({"spec": {"containers": [container], "volumes": volumes}}, indent=2) + "\n"


def owned_by_kubeadm(part: Part) -> Iterator[str]:
    """What kubeadm does as asked without being told."""
    for component in Component:
        own = [f"--{one.flag}" for one in settings_of(part, component) if _is_kubeadms(one)]
        if own:
            yield f"kubeadm itself gives {component} {', '.join(own)}."


def _advice(kubernetes: KubeVersion, has_patches: bool) -> Iterator[str]:
    yield f"Put the files on every control-plane node first, then make the cluster: kubeadm init --config {CONFIG}"
    if not has_patches:
        return
    if kubernetes < _V1BETA3_SINCE:
        yield (
            "Tell kubeadm init, join and upgrade of the patches, which no field of v1beta2 names: "
            f"--experimental-patches {PATCHES}"
        )
    else:
        yield f"Tell kubeadm join --control-plane and kubeadm upgrade of the patches, too: --patches {PATCHES}"
