"""A service mesh must not inject containers that the namespace's Pod Security level refuses.

Restricted fields: the labels and annotations of kube/meshes.py, of Namespaces that enforce baseline or restricted, and
of pods in such namespaces. Allowed: absent, or a value that switches injection off; any value where the environment
says that the CNI plug-in of the mesh is installed (cni.mesh_plugins). Without it the mesh adds an init container with
NET_ADMIN and NET_RAW, and the server refuses every pod. The level is that of the stack's Namespace, or the one that the
judge knows for the tenant's. Containers that were injected into the manifest belong to the control capabilities-added.
There is no fix: whether the pods shall be in the mesh, only the owner knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.stack_namespaces import labels_of, raw_name
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, key_path, kind_of
from k8s_hardening.kube.meshes import MESHES, Mesh
from k8s_hardening.kube.pod_security import ENFORCE
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.knowledge import Knowledge

REFUSING = ("baseline", "restricted")
_Switches = Mapping[str, Callable[[str], bool]]


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each label and annotation that has a mesh inject what the server refuses."""
    levels = {
        name: labels_of(manifest).get(ENFORCE)
        for manifest in manifests
        if _is_namespace(manifest) and isinstance(name := raw_name(manifest), str)
    }
    for index, manifest in enumerate(manifests):
        for mesh in MESHES.values():
            if mesh.name not in knowledge.mesh_plugins:
                for found in _switched_on(manifest, mesh, levels, knowledge):
                    yield index, found


def _is_namespace(manifest: Manifest) -> bool:
    return kind_of(manifest) == "Namespace" and not api_group_of(manifest)


def _switched_on(manifest: Manifest, mesh: Mesh, levels: Mapping[Any, Any], knowledge: Knowledge) -> Iterator[Finding]:
    if _is_namespace(manifest):
        level = _level(raw_name(manifest), levels, knowledge)
        if level is UNKNOWN or level in REFUSING:
            metadata = as_map(manifest.get("metadata"))
            yield from _on("metadata", metadata, mesh, level, mesh.namespace_labels, mesh.namespace_annotations)
        return
    level = _level(as_map(manifest.get("metadata")).get("namespace"), levels, knowledge)
    if level is UNKNOWN or level in REFUSING:
        for pod in pods_of(manifest):
            yield from _on(pod.metadata_path, pod.metadata, mesh, level, mesh.pod_labels, mesh.pod_annotations)


def _level(namespace: Any, levels: Mapping[Any, Any], knowledge: Knowledge) -> Any:
    """The level that a namespace enforces: UNKNOWN before apply, None when nothing here says it."""
    if namespace is UNKNOWN or not isinstance(namespace, str):
        return UNKNOWN if namespace is UNKNOWN else None
    if levels.get(namespace) is not None:
        return levels[namespace]
    owner = knowledge.tenant_of_namespace(namespace)
    return owner.namespaces[namespace] if owner else None


def _on(
    path: str, metadata: dict[str, Any], mesh: Mesh, level: Any, labels: _Switches, annotations: _Switches
) -> Iterator[Finding]:
    for field, switches in (("labels", labels), ("annotations", annotations)):
        for key, is_on in switches.items():
            value = as_map(metadata.get(field)).get(key)
            if value is UNKNOWN or (isinstance(value, str) and is_on(value)):
                yield finding(
                    key_path(f"{path}.{field}", key),
                    UNKNOWN if level is UNKNOWN else value,
                    f"install {mesh.plugin} and name {mesh.name} in cni.mesh_plugins, or remove it; "
                    f"the init container {mesh.init_container} needs NET_ADMIN, and the server refuses the pod",
                )


CONTROL = Control(
    id="mesh-injection",
    requirement="A service mesh must not inject containers that the namespace's Pod Security level refuses.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("PSS baseline: Capabilities", "PSS restricted: Capabilities"),
    check_stack=check_stack,
)
