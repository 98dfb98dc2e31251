"""What the server makes of an object before it is judged: its defaults, each with the source that says so.

Defaults of PodSpec reach templates, too, if not at once then when their controller makes the pod.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of
from k8s_hardening.kube.pods import Pod, pods_of
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion

_CORE = "k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/defaults.go"
_API = "k8s.io/api v0.37.2 core/v1/types.go"
_STRATEGY = "k8s.io/kubernetes {} pkg/registry/core/pod/strategy.go"
_VOLUME_META = "name"


@dataclass(frozen=True)
class Default:
    """One default: what sets it, in which versions, and how."""

    name: str
    source: str
    fill: Callable[[Manifest], None]
    since: KubeVersion = OLDEST
    until: KubeVersion = NEWEST

    def applies_to(self, version: KubeVersion) -> bool:
        return self.since <= version <= self.until


def _pods(manifest: Manifest) -> Iterator[Pod]:
    return (pod for pod in pods_of(manifest) if isinstance(pod.spec.get("containers"), list))


def _containers(manifest: Manifest) -> Iterator[tuple[Pod, dict[str, Any]]]:
    return ((pod, container.spec) for pod in _pods(manifest) for container in pod.containers() if container.spec)


def _maps(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _of_pod(field: str, value: Any) -> Callable[[Manifest], None]:
    def fill(manifest: Manifest) -> None:
        for pod in _pods(manifest):
            if pod.spec.get(field) in (None, ""):
                pod.spec[field] = value

    return fill


def _of_container(field: str, value: Any) -> Callable[[Manifest], None]:
    def fill(manifest: Manifest) -> None:
        for _, container in _containers(manifest):
            if container.get(field) in (None, ""):
                container[field] = value

    return fill


def _service_account(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        name = pod.spec.get("serviceAccountName") or pod.spec.get("serviceAccount") or "default"
        pod.spec["serviceAccountName"] = pod.spec["serviceAccount"] = name


def _empty_dir(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        for volume in _maps(pod.spec.get("volumes")):
            if all(value is None for key, value in volume.items() if key != _VOLUME_META):
                volume["emptyDir"] = {}


def _host_path_type(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        for volume in _maps(pod.spec.get("volumes")):
            if isinstance(volume.get("hostPath"), dict):
                volume["hostPath"].setdefault("type", "")


def _token_expiry(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        for volume in _maps(pod.spec.get("volumes")):
            for source in _maps((volume.get("projected") or {}).get("sources")):
                if isinstance(source.get("serviceAccountToken"), dict):
                    source["serviceAccountToken"].setdefault("expirationSeconds", 3600)


def _mode(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        for volume in _maps(pod.spec.get("volumes")):
            for kind in ("secret", "configMap", "downwardAPI", "projected"):
                if isinstance(volume.get(kind), dict):
                    volume[kind].setdefault("defaultMode", 0o644)


def _requests(resources: Any) -> None:
    if isinstance(resources, dict) and isinstance(resources.get("limits"), dict):
        requests = resources.get("requests")
        resources["requests"] = {**resources["limits"], **(requests if isinstance(requests, dict) else {})}


def _container_requests(manifest: Manifest) -> None:
    for _, container in _containers(manifest):
        _requests(container.get("resources"))


def _pod_requests(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        if not any((item.get("resources") or {}).get("requests") for item in _maps(pod.spec["containers"])):
            _requests(pod.spec.get("resources"))


def _host_ports(manifest: Manifest) -> None:
    for pod, container in _containers(manifest):
        if pod.spec.get("hostNetwork") is True:
            for port in _maps(container.get("ports")):
                port["hostPort"] = port.get("hostPort") or port.get("containerPort")


def _protocol(manifest: Manifest) -> None:
    for _, container in _containers(manifest):
        for port in _maps(container.get("ports")):
            port.setdefault("protocol", "TCP")


def _http(manifest: Manifest) -> None:
    for _, container in _containers(manifest):
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            call = (container.get(probe) or {}).get("httpGet")
            if isinstance(call, dict):
                call.setdefault("path", "/")
                call.setdefault("scheme", "HTTP")


def _seccomp_field(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        of_pod = pod.annotations.get("seccomp.security.alpha.kubernetes.io/pod")
        _profile(pod.spec, of_pod)
        for container in pod.containers():
            key = f"container.seccomp.security.alpha.kubernetes.io/{container.spec.get('name')}"
            _profile(container.spec, pod.annotations.get(key))


def _profile(holder: dict[str, Any], annotation: Any) -> None:
    context = holder.get("securityContext") or {}
    made: dict[str, Any] | None = None
    if annotation == "unconfined":
        made = {"type": "Unconfined"}
    elif annotation in ("runtime/default", "docker/default"):
        made = {"type": "RuntimeDefault"}
    elif isinstance(annotation, str) and annotation.startswith("localhost/"):
        made = {"type": "Localhost", "localhostProfile": annotation.removeprefix("localhost/")}
    if made is not None and context.get("seccompProfile") is None:
        holder["securityContext"] = {**context, "seccompProfile": made}


def _apparmor_field(manifest: Manifest) -> None:
    for pod, container in _containers(manifest):
        text = pod.annotations.get(f"container.apparmor.security.beta.kubernetes.io/{container.get('name')}")
        context = container.get("securityContext") or {}
        known = {"unconfined": {"type": "Unconfined"}, "runtime/default": {"type": "RuntimeDefault"}}
        if isinstance(text, str) and text in known and context.get("appArmorProfile") is None:
            container["securityContext"] = {**context, "appArmorProfile": known[text]}


def _tolerations(manifest: Manifest) -> None:
    for pod in _pods(manifest):
        if isinstance(pod.spec.get("tolerations") or [], list):
            pod.spec["tolerations"] = [
                *(pod.spec.get("tolerations") or []),
                *(
                    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute"}
                    for key in ("not-ready", "unreachable")
                ),
            ]


def _policy_types(manifest: Manifest) -> None:
    spec = manifest.get("spec")
    if kind_of(manifest) == "NetworkPolicy" and isinstance(spec, dict) and not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]


_RBAC = "rbac.authorization.k8s.io"


def _rbac_groups(manifest: Manifest) -> None:
    if api_group_of(manifest) == _RBAC and isinstance(manifest.get("roleRef"), dict):
        manifest["roleRef"]["apiGroup"] = manifest["roleRef"].get("apiGroup") or _RBAC
        for subject in _maps(manifest.get("subjects")):
            if subject.get("kind") in ("User", "Group"):
                subject["apiGroup"] = subject.get("apiGroup") or _RBAC


def _namespace_label(manifest: Manifest) -> None:
    if kind_of(manifest) == "Namespace" and isinstance(manifest.get("metadata"), dict):
        metadata = manifest["metadata"]
        if isinstance(metadata.get("labels") or {}, dict) and isinstance(metadata.get("name"), str):
            metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}


def _limits(manifest: Manifest) -> None:
    if kind_of(manifest) != "LimitRange" or not isinstance(manifest.get("spec"), dict):
        return
    for item in _maps(manifest["spec"].get("limits")):
        if item.get("type") == "Container":
            item["default"] = {**(item.get("max") or {}), **(item.get("default") or {})}
            item["defaultRequest"] = {**item["default"], **(item.get("defaultRequest") or {})}


DEFAULTS = (
    Default("a volume without a source is an emptyDir", f"{_CORE}, SetDefaults_Volume", _empty_dir),
    Default("a hostPath has the type of none", f"{_CORE}, SetDefaults_HostPathVolumeSource", _host_path_type),
    Default("a projected token lives an hour", f"{_CORE}, SetDefaults_ServiceAccountTokenProjection", _token_expiry),
    Default("files of volumes have a mode", f"{_CORE}, SetDefaults_SecretVolumeSource and its like", _mode),
    Default("requests follow limits", f"{_CORE}, SetDefaults_Pod", _container_requests),
    Default("requests of a pod follow its limits", f"{_CORE}, defaultPodRequests", _pod_requests, KubeVersion(1, 34)),
    Default("services are told of", f"{_CORE}, SetDefaults_Pod", _of_pod("enableServiceLinks", True)),
    Default("a pod has a securityContext", f"{_CORE}, SetDefaults_PodSpec", _of_pod("securityContext", {})),
    Default("a pod starts anew", f"{_CORE}, SetDefaults_PodSpec", _of_pod("restartPolicy", "Always")),
    Default("DNS of the cluster", f"{_CORE}, SetDefaults_PodSpec", _of_pod("dnsPolicy", "ClusterFirst")),
    Default("a scheduler", f"{_CORE}, SetDefaults_PodSpec", _of_pod("schedulerName", "default-scheduler")),
    Default("the service account under both names", f"{_CORE}, SetDefaults_PodSpec", _service_account),
    Default("a pull policy", f"{_CORE}, SetDefaults_Container", _of_container("imagePullPolicy", "IfNotPresent")),
    Default(
        "a last message",
        f"{_CORE}, SetDefaults_Container",
        _of_container("terminationMessagePolicy", "File"),
    ),
    Default("a port speaks TCP", f"{_API}, ContainerPort", _protocol),
    Default("a probe asks for /", f"{_CORE}, SetDefaults_HTTPGetAction", _http),
    Default("a pod on the network of the node takes its ports", f"{_CORE}, defaultHostNetworkPorts", _host_ports),
    Default(
        "a seccomp annotation becomes a field",
        f"{_STRATEGY.format('v1.19.16 and v1.26.15')}, applySeccompVersionSkew",
        _seccomp_field,
        KubeVersion(1, 19),
        KubeVersion(1, 26),
    ),
    Default(
        "an AppArmor annotation becomes a field",
        f"{_STRATEGY.format('v1.37.2')}, applyAppArmorVersionSkew",
        _apparmor_field,
        KubeVersion(1, 30),
    ),
    Default(
        "nodes that fail are tolerated for a while",
        "k8s.io/kubernetes v1.37.2 plugin/pkg/admission/defaulttolerationseconds/admission.go",
        _tolerations,
    ),
    Default(
        "a policy is for ingress, and for egress when it has rules",
        "k8s.io/kubernetes v1.37.2 pkg/apis/networking/v1/defaults.go, SetDefaults_NetworkPolicy",
        _policy_types,
    ),
    Default(
        "people and roles are of the RBAC group",
        "k8s.io/kubernetes v1.37.2 pkg/apis/rbac/v1/defaults.go, SetDefaults_Subject and its like",
        _rbac_groups,
    ),
    Default(
        "a namespace is labelled with its name", f"{_CORE}, SetDefaults_Namespace", _namespace_label, KubeVersion(1, 21)
    ),
    Default("limits of a range follow from its maximum", f"{_CORE}, SetDefaults_LimitRangeItem", _limits),
)
