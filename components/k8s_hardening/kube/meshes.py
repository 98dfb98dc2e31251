"""What service meshes inject into pods, and by which labels and annotations they are asked to.

Each injects an init container that redirects the pod's traffic with NET_ADMIN and NET_RAW, which no level of the Pod
Security Standards but privileged allows, unless the CNI plug-in of the mesh does so on the node instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _is_one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _is_named(value: str) -> bool:
    return value != ""


@dataclass(frozen=True, slots=True)
class Mesh:
    """One service mesh: what switches its injection on, by the key of a label or an annotation and its value."""

    name: str
    namespace_labels: Mapping[str, Callable[[str], bool]]
    namespace_annotations: Mapping[str, Callable[[str], bool]]
    pod_labels: Mapping[str, Callable[[str], bool]]
    pod_annotations: Mapping[str, Callable[[str], bool]]
    init_container: str
    """Name of the init container that needs the capabilities."""
    plugin: str
    """The plug-in that makes the init container needless."""


# The webhook of Istio reads labels of the namespace and of the pod; its injector reads the pod's annotation as well,
# in the words of YAML for true. Source: istio.io/api v1.31.4 label/labels.gen.go (SidecarInject, IoIstioRev; the text
# of IoIstioDataplaneMode names istio-injection) and annotation/annotations.gen.go (SidecarInject); istio/istio
# pkg/kube/inject/inject.go (injectRequired, InitContainerName) and the chart istio-discovery, injection-template.yaml.
_TRUE = _is_one_of("true", "y", "yes", "on")
_ISTIO = Mesh(
    name="istio",
    namespace_labels={"istio-injection": _is_one_of("enabled"), "istio.io/rev": _is_named},
    namespace_annotations={},
    pod_labels={"sidecar.istio.io/inject": _TRUE, "istio.io/rev": _is_named},
    pod_annotations={"sidecar.istio.io/inject": _TRUE},
    init_container="istio-init",
    plugin="the Istio CNI node agent",
)
# Source: linkerd/linkerd2 pkg/k8s/labels.go (ProxyInjectAnnotation, InitContainerName), pkg/inject/report.go
# (disableByAnnotation) and the chart partials, _proxy-init.tpl; linkerd.io, CNI Plugin.
_INJECTED = _is_one_of("enabled", "ingress")
_LINKERD = Mesh(
    name="linkerd",
    namespace_labels={},
    namespace_annotations={"linkerd.io/inject": _INJECTED},
    pod_labels={},
    pod_annotations={"linkerd.io/inject": _INJECTED},
    init_container="linkerd-init",
    plugin="the Linkerd CNI plug-in",
)

MESHES: Mapping[str, Mesh] = {mesh.name: mesh for mesh in (_ISTIO, _LINKERD)}
