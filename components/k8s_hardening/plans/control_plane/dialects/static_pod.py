"""Static pods: the complete manifests of a control plane, and the configuration files of kubelet and kube-proxy.

What hardening does not decide (addresses, certificates, ports) is as kubeadm would have it, so the manifests also take
the place of kubeadm's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.model.control_plane.static_pods import StaticPodsSpec
from k8s_hardening.plans.control_plane import paths
from k8s_hardening.plans.control_plane.dialects.kubeadm_defaults import DEFAULTS
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
from k8s_hardening.plans.plan import HostFile, Hosts

KUBELET_CONFIG: Final = "/var/lib/kubelet/config.yaml"
KUBE_PROXY_CONFIG: Final = "/var/lib/kube-proxy/config.conf"

_SECCOMP_FIELD_SINCE = KubeVersion(1, 19)
_RUNTIME_DEFAULT = "seccomp.security.alpha.kubernetes.io/pod"
_HOST_CERTIFICATES = Mount("/etc/ssl/certs", is_folder=True)
_HIGHEST_PRIORITY = 2_000_001_000  # of system-node-critical

# What each program needs to see whatever its flags say (kubeadm v1.37.2, phases/controlplane/volumes.go).
_MOUNTS = {
    Component.API_SERVER: (Mount(paths.PKI, is_folder=True), _HOST_CERTIFICATES),
    Component.CONTROLLER_MANAGER: (
        Mount(paths.PKI, is_folder=True),
        Mount(paths.CONTROLLER_MANAGER_KUBECONFIG),
        _HOST_CERTIFICATES,
    ),
    Component.SCHEDULER: (Mount(paths.SCHEDULER_KUBECONFIG),),
    Component.ETCD: (Mount(paths.ETCD_PKI, is_folder=True), Mount(paths.ETCD_DATA, is_folder=True, writable=True)),
}
_REQUESTS = {
    Component.API_SERVER: {"cpu": "250m"},
    Component.CONTROLLER_MANAGER: {"cpu": "200m"},
    Component.SCHEDULER: {"cpu": "100m"},
    Component.ETCD: {"cpu": "100m", "memory": "100Mi"},
}
# The binary of kube-apiserver carries the file capability cap_net_bind_service, without which it does not even start
# (kubeadm v1.37.2, app/util/staticpod/utils_linux.go). The data of etcd belongs to the user etcd (CIS 1.1.12), and root
# without this capability is a user like any other.
_CAPABILITIES = {Component.API_SERVER: ["NET_BIND_SERVICE"], Component.ETCD: ["DAC_OVERRIDE"]}


def write_static_pods(part: Part, kubernetes: KubeVersion, spec: StaticPodsSpec) -> DialectOutput:
    """The control plane as manifests for the kubelet's folder of static pods."""
    files = [
        *files_of(part),
        *(
            HostFile(f"{paths.MANIFESTS}/{component}.yaml", as_yaml(static_pod(part, kubernetes, spec, component)))
            for component in Component
        ),
        *_node_files(part),
    ]
    return DialectOutput(
        host_files=tuple(sorted(files, key=lambda file: file.path)),
        manifests=part.manifests,
        advice=sentences(
            [
                *part.advice,
                "Put the manifests on the control-plane nodes last: the kubelet starts what it finds at once.",
                f"Start every kubelet with its configuration file: kubelet --config={KUBELET_CONFIG}",
            ]
        ),
    )


def static_pod(part: Part, kubernetes: KubeVersion, spec: StaticPodsSpec, component: Component) -> Manifest:
    """The manifest of one component."""
    settings = settings_of(part, component)
    flags = _flags(settings, spec, component)
    always = Setting(component, "", (), mounts=_MOUNTS[component])
    mounts = mounts_of((*settings, always))
    container: dict[str, Any] = {
        "name": component.value,
        "image": _image(spec, component),
        "imagePullPolicy": "IfNotPresent",
        "command": [component.value, *(f"--{flag}={value}" for flag, values in flags.items() for value in values)],
        "env": _environment(flags),
        "resources": {"requests": dict(_REQUESTS[component])},
        **_probes(component, flags),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], **_added(component)},
        },
        "volumeMounts": [
            {"name": volume_name(one.path), "mountPath": one.path, "readOnly": not one.writable} for one in mounts
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": component.value,
            "namespace": "kube-system",
            "labels": {"component": component.value, "tier": "control-plane"},
            **({} if kubernetes >= _SECCOMP_FIELD_SINCE else {"annotations": {_RUNTIME_DEFAULT: "runtime/default"}}),
        },
        "spec": {
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "priority": _HIGHEST_PRIORITY,
            **(
                {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
                if kubernetes >= _SECCOMP_FIELD_SINCE
                else {}
            ),
            "containers": [{key: value for key, value in container.items() if value != []}],
            "volumes": [
                {"name": volume_name(one.path), "hostPath": {"path": one.path, "type": path_type(one)}}
                for one in mounts
            ],
        },
    }


def _image(spec: StaticPodsSpec, component: Component) -> str:
    return {
        Component.API_SERVER: spec.api_server_image,
        Component.CONTROLLER_MANAGER: spec.controller_manager_image,
        Component.SCHEDULER: spec.scheduler_image,
        Component.ETCD: spec.etcd_image,
    }[component]


def _added(component: Component) -> dict[str, list[str]]:
    return {"add": list(_CAPABILITIES[component])} if component in _CAPABILITIES else {}


def _flags(settings: Iterable[Setting], spec: StaticPodsSpec, component: Component) -> dict[str, tuple[str, ...]]:
    """Every flag with its values, by name: what kubeadm would say, what this cluster is, and above all the settings."""
    made: dict[str, tuple[str, ...]] = {
        flag: (value,) for flag, value in {**DEFAULTS[component], **_of_cluster(spec, component)}.items()
    }
    for one in settings:
        made[one.flag] = (",".join(one.values),) if one.flag in COMMA_LISTS else one.values
    if "authorization-config" in made:  # the two exclude each other (k8s.io/kubernetes v1.37.2 authorization.go)
        made.pop("authorization-mode", None)
    return dict(sorted(made.items()))


def _of_cluster(spec: StaticPodsSpec, component: Component) -> dict[str, str]:
    """Flags that depend on the node; the kubelet puts its own name and address in place of `$(...)`."""
    if component is Component.API_SERVER:
        return {"advertise-address": "$(HOST_IP)", "service-cluster-ip-range": spec.service_cidr}
    if component is Component.CONTROLLER_MANAGER:
        if spec.pod_cidr is None:
            return {}
        return {
            "allocate-node-cidrs": "true",
            "cluster-cidr": spec.pod_cidr,
            "service-cluster-ip-range": spec.service_cidr,
        }
    if component is Component.ETCD:
        members = spec.etcd_members or {"$(NODE_NAME)": "$(HOST_IP)"}
        return {
            "name": "$(NODE_NAME)",
            "listen-client-urls": "https://127.0.0.1:2379,https://$(HOST_IP):2379",
            "advertise-client-urls": "https://$(HOST_IP):2379",
            "listen-peer-urls": "https://$(HOST_IP):2380",
            "initial-advertise-peer-urls": "https://$(HOST_IP):2380",
            "initial-cluster": ",".join(
                f"{name}=https://{f'[{address}]' if ':' in address else address}:2380"
                for name, address in sorted(members.items())
            ),
        }
    return {}


def _environment(flags: dict[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    used = " ".join(value for values in flags.values() for value in values)
    return [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}
        for name, field in (("HOST_IP", "status.hostIP"), ("NODE_NAME", "spec.nodeName"))
        if f"$({name})" in used
    ]


def _probes(component: Component, flags: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Timings as kubeadm has them (v1.37.2, app/util/staticpod/utils.go); paths that every version answers."""
    if component is Component.ETCD:
        live = ready = _http("127.0.0.1", 2381, "/health", "HTTP")
    elif component is Component.API_SERVER:
        host, port = _reachable(flags), int(flags["secure-port"][0])
        if flags.get("anonymous-auth") == ("false",):
            # A probe has no credentials, so it can only see whether somebody listens.
            live = ready = {"tcpSocket": {"host": host, "port": port}}
        else:
            live, ready = _http(host, port, "/livez", "HTTPS"), _http(host, port, "/readyz", "HTTPS")
    else:
        port = 10257 if component is Component.CONTROLLER_MANAGER else 10259
        port = int(flags.get("secure-port", (str(port),))[0])
        live = ready = _http(_reachable(flags), port, "/healthz", "HTTPS")
    return {
        "startupProbe": {**live, "periodSeconds": 10, "timeoutSeconds": 15, "failureThreshold": 24},
        "livenessProbe": {**live, "periodSeconds": 10, "timeoutSeconds": 15, "failureThreshold": 8},
        "readinessProbe": {**ready, "periodSeconds": 1, "timeoutSeconds": 15, "failureThreshold": 3},
    }


def _reachable(flags: dict[str, tuple[str, ...]]) -> str:
    bound = flags.get("bind-address", ("0.0.0.0",))[0]  # noqa: S104 - the server's own default
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, bound)  # noqa: S104 - what to ask instead


def _http(host: str, port: int, path: str, scheme: str) -> dict[str, Any]:
    return {"httpGet": {"host": host, "port": port, "path": path, "scheme": scheme}}


def _node_files(part: Part) -> list[HostFile]:
    files = []
    if (kubelet := document_of(part, KUBELET)) is not None:
        # Without this folder the kubelet would not find the manifests.
        kubelet = {**kubelet, "staticPodPath": kubelet.get("staticPodPath", paths.MANIFESTS)}
        files.append(HostFile(KUBELET_CONFIG, as_yaml(kubelet), Hosts.EVERY_NODE))
    if (proxy := document_of(part, KUBE_PROXY)) is not None:
        files.append(HostFile(KUBE_PROXY_CONFIG, as_yaml(proxy), Hosts.EVERY_NODE))
    return files
