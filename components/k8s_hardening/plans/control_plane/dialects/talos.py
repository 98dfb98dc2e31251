"""Talos: patches of the machine configuration.

Sources: github.com/siderolabs/talos/pkg/machinery v1.11.5 config/types/v1alpha1 and kubelet/kubelet.go;
siderolabs/talos internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go (which flags are denied, merged
or its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import yaml

from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.control_plane.dialects.kube_proxy_flags import kube_proxy_fields, kube_proxy_flag
from k8s_hardening.plans.control_plane.dialects.kubeadm_defaults import DEFAULTS
from k8s_hardening.plans.control_plane.dialects.kubelet_flags import without
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.owned import is_distributions
from k8s_hardening.plans.control_plane.dialects.writing import (
    COMMA_LISTS,
    KUBELET,
    document_of,
    files_of,
    mounts_of,
    relocated,
    sentences,
    settings_of,
)
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.control_plane.paths import AUDIT_LOG, HARDENING
from k8s_hardening.plans.plan import HostFile, Hosts

CONTROL_PLANE_PATCH: Final = f"{HARDENING}/talos/control-plane.yaml"
NODE_PATCH: Final = f"{HARDENING}/talos/every-node.yaml"

# The root file system is read-only: files are made under /var only, and there they stay.
_PLACES = {HARDENING: f"/var{HARDENING}", AUDIT_LOG: "/var/log/audit/kube/kube-apiserver.log"}
_FIELDS = {
    Component.API_SERVER: "apiServer",
    Component.CONTROLLER_MANAGER: "controllerManager",
    Component.SCHEDULER: "scheduler",
    Component.ETCD: "etcd",
}
# Talos writes these files itself, from fields of its own that take the same content.
_OWN_FIELDS = frozenset({"audit-policy-file", "admission-control-config-file", "authorization-config"})
# Talos gives these itself and refuses another value.
_DENIED = frozenset(
    {"authorization-config", "encryption-provider-config", "encryption-provider-config-automatic-reload"}
)
# Talos keeps the audit log in /var/log/audit/kube, and its nodes join by bootstrap tokens.
_TALOS_OWN = frozenset({"audit-log-path", "enable-bootstrap-token-auth"})
_SYSCTLS = "/etc/sysctl.d/"
# Talos sets the kernel's parameters from a field, encrypts with a key of its own, and gives nobody a shell in which to
# change owners, so advice on these is not for it.
_NOT_ON_TALOS = (_SYSCTLS, f"/var{HARDENING}/encryption/", "/var/lib/etcd")
_KUBELET_PROTECTED = frozenset(
    {
        "authentication",
        "authorization",
        "cgroupRoot",
        "kubeletCgroups",
        "port",
        "protectKernelDefaults",
        "resolvConf",
        "rotateCertificates",
        "seccompDefault",
        "staticPodPath",
        "systemCgroups",
    }
)


def write_talos(part: Part) -> DialectOutput:
    """The control plane as two patches: one for control-plane nodes, one for all."""
    part = relocated(part, _PLACES)
    cluster: dict[str, Any] = {}
    for component, field in _FIELDS.items():
        if made := _component(part, component):
            cluster[field] = made
    proxy, proxy_gaps = _proxy(kube_proxy_fields(part))
    if proxy:
        cluster["proxy"] = {"extraArgs": proxy}
    machine: dict[str, Any] = {}
    if files := [_file(one) for one in files_of(part) if _is_to_make(part, one)]:
        machine["files"] = files
    node = _node(part)
    patches = [
        HostFile(CONTROL_PLANE_PATCH, as_yaml(_patch(machine, cluster))),
        HostFile(NODE_PATCH, as_yaml(_patch(node, {})), Hosts.EVERY_NODE),
    ]
    return DialectOutput(
        host_files=tuple(patches),
        manifests=part.manifests,
        not_expressible=sentences([*_gaps(part), *proxy_gaps]),
        owned_by_provider=sentences(_own(part)),
        advice=sentences(
            [
                *(text for text in part.advice if not any(place in text for place in _NOT_ON_TALOS)),
                f"Patch control-plane nodes: talosctl patch machineconfig --nodes NODE --patch @{CONTROL_PLANE_PATCH}",
                f"Patch every node: talosctl patch machineconfig --nodes NODE --patch @{NODE_PATCH}",
            ]
        ),
    )


def _patch(machine: dict[str, Any], cluster: dict[str, Any]) -> Manifest:
    return {key: value for key, value in (("machine", machine), ("cluster", cluster)) if value}


def _component(part: Part, component: Component) -> dict[str, Any]:
    settings = settings_of(part, component)
    asked = [one for one in settings if _is_argument(one)]
    made: dict[str, Any] = {}
    if arguments := {one.flag: _value(one) for one in asked if _is_single(one)}:
        made["extraArgs"] = arguments
    # The manifest of etcd is no pod: Talos runs it as a service that sees the host.
    seen = mounts_of(_seen_by_pod(settings))
    if component is not Component.ETCD and (mounts := [one for one in seen if _is_writable_place(one)]):
        made["extraVolumes"] = [_volume(mount) for mount in mounts]
    for setting in settings:
        made.update(_field(setting))
    return made


def _is_talos_own(setting: Setting) -> bool:
    if setting.flag == "authorization-mode":  # would be added to the same list once more
        return setting.values == (DEFAULTS[setting.component][setting.flag],)
    return setting.flag in _TALOS_OWN or is_distributions(setting)


def _is_argument(setting: Setting) -> bool:
    return not _is_talos_own(setting) and setting.flag not in _OWN_FIELDS | _DENIED


def _seen_by_pod(settings: Iterable[Setting]) -> Iterator[Setting]:
    """The settings with what a pod must see for them: of what Talos takes as a field, all but the file itself."""
    for setting in settings:
        if _is_argument(setting):
            yield setting
        elif setting.flag in _OWN_FIELDS:
            yield replace(setting, file=None)


def _is_single(setting: Setting) -> bool:
    return setting.flag in COMMA_LISTS or len(setting.values) == 1


def _value(setting: Setting) -> str:
    return ",".join(setting.values)


def _is_writable_place(mount: Mount) -> bool:
    return mount.path.startswith("/var/")


def _volume(mount: Mount) -> dict[str, Any]:
    return {"hostPath": mount.path, "mountPath": mount.path, "readonly": not mount.writable}


def _field(setting: Setting) -> dict[str, Any]:
    """A file of the API server that Talos takes as a field."""
    if setting.file is None or setting.flag not in _OWN_FIELDS:
        return {}
    document = as_map(yaml.safe_load(setting.file.text))
    if setting.flag == "audit-policy-file":
        return {"auditPolicy": document}
    if setting.flag == "admission-control-config-file":
        plugins = [as_map(one) for one in as_list(document.get("plugins"))]
        return {
            "admissionControl": [
                {"name": one.get("name"), "configuration": one["configuration"]}
                for one in plugins
                if "configuration" in one
            ]
        }
    return {
        "authorizationConfig": [
            {key: one[key] for key in ("type", "name", "webhook") if key in one}
            for one in map(as_map, as_list(document.get("authorizers")))
        ]
    }


def _is_to_make(part: Part, file: HostFile) -> bool:
    """Whether Talos must make a file; what it takes as a field, or encrypts with a key of its own, needs none."""
    return (
        file.path.startswith("/var/")
        and not file.path.startswith(f"/var{HARDENING}/encryption/")
        and not any(one.file == file and one.flag in _OWN_FIELDS for one in part.settings)
    )


def _node(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {}
    lines = [line for file in files_of(part) if file.path.startswith(_SYSCTLS) for line in file.text.splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    if sysctls := {name.strip(): value.strip() for name, _, value in pairs}:
        made["sysctls"] = sysctls
    if kubelet := _kubelet(document_of(part, KUBELET)):
        made["kubelet"] = kubelet
    return made


def _file(file: HostFile) -> dict[str, Any]:
    # The pods of Talos run as nobody, so their files are readable; none of them holds a secret.
    return {"path": file.path, "permissions": 0o644, "op": "create", "content": file.text}


def _kubelet(document: Manifest | None) -> dict[str, Any]:
    if document is None:
        return {}
    made: dict[str, Any] = {}
    if document.get("seccompDefault") is True:
        made["defaultRuntimeSeccompProfileEnabled"] = True
    extra = {
        key: value for key, value in without(document, _KUBELET_PROTECTED).items() if key not in ("apiVersion", "kind")
    }
    if extra:
        made["extraConfig"] = extra
    return made


def _proxy(fields: Iterable[tuple[str, Any]]) -> tuple[dict[str, str], list[str]]:
    arguments, gaps = {}, []
    for field, value in fields:
        flag, equals, text = (kube_proxy_flag(field, value) or "").partition("=")
        if equals:
            arguments[flag] = text
        else:
            gaps.append(f"Talos starts kube-proxy with flags, and none sets {field}.")
    return dict(sorted(arguments.items())), gaps


def _gaps(part: Part) -> Iterator[str]:
    for file in files_of(part):
        if not file.path.startswith(("/var/", _SYSCTLS)):
            yield f"Talos keeps files of others only below /var, so {file.path} is not made."
    for setting in part.settings:
        if _is_talos_own(setting):
            continue
        if (setting.component, setting.flag) == (Component.API_SERVER, "tls-cipher-suites"):
            yield "Talos adds --tls-cipher-suites of kube-apiserver to a list of its own, which cannot be made shorter."
        if setting.flag in ("encryption-provider-config", "encryption-provider-config-automatic-reload"):
            yield (
                f"Talos refuses --{setting.flag}: it encrypts Secrets itself, with the key "
                "secretboxEncryptionSecret of its own secrets bundle."
            )
        elif setting.flag in _OWN_FIELDS and setting.file is None:
            yield f"Talos takes the content of --{setting.flag} and not a path, and the content is not ours to give."
        elif _is_argument(setting) and not _is_single(setting):
            yield f"Talos writes a flag only once, so {setting.component} cannot get --{setting.flag} several times."
        elif setting.flag == "admission-control-config-file" and setting.file is not None:
            for plugin in as_list(as_map(yaml.safe_load(setting.file.text)).get("plugins")):
                if "configuration" not in as_map(plugin):
                    yield f"Talos takes the configuration of {as_map(plugin).get('name')} as a value and not as a path."
    for component in (Component.API_SERVER, Component.CONTROLLER_MANAGER, Component.SCHEDULER):
        for mount in mounts_of(_seen_by_pod(settings_of(part, component))):
            if not _is_writable_place(mount):
                yield f"Talos keeps files of others only below /var, so {component} cannot see {mount.path}."


def _own(part: Part) -> Iterator[str]:
    for component in Component:
        settings = settings_of(part, component)
        if own := [f"--{one.flag}" for one in settings if _is_talos_own(one)]:
            yield f"Talos itself gives {component} {', '.join(own)}, in its own layout."
    if (document := document_of(part, KUBELET)) is not None and (own := sorted(_KUBELET_PROTECTED & set(document))):
        yield (
            f"Talos itself decides {', '.join(own)} of the kubelet: no anonymous access, authorization by webhook, "
            "kernel defaults protected, certificates renewed."
        )
