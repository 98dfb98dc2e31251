"""One visitor for everything that carries a pod: a rule is about a pod, not about a Deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, key_path, kind_of

# Where each built-in kind keeps its pod: the path to the object with `metadata` and `spec`.
# k8s.io/api v0.37.2: core/v1, apps/v1, batch/v1; extensions/v1beta1 for objects from before 1.16.
_TEMPLATE_OF_KIND: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_GROUPS_WITH_PODS = frozenset({"", "apps", "extensions", "batch"})
CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
_DEEPEST = 40  # a pod inside a custom resource sits a few levels down; the bound keeps a hostile object cheap


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod, of any of the three lists."""

    path: str
    """JSON path, for example spec.template.spec.initContainers[0]."""
    spec: dict[str, Any]
    list_name: str
    """initContainers, containers or ephemeralContainers."""

    @property
    def security_context(self) -> dict[str, Any]:
        """The container's securityContext, empty when absent."""
        return as_map(self.spec.get("securityContext"))


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod spec found in an object, with the metadata that goes with it."""

    path: str
    """JSON path of the pod spec, for example spec.template.spec."""
    spec: dict[str, Any]
    metadata_path: str
    metadata: dict[str, Any]

    @property
    def security_context(self) -> dict[str, Any]:
        """The pod's securityContext, empty when absent."""
        return as_map(self.spec.get("securityContext"))

    @property
    def annotations(self) -> dict[str, Any]:
        """The pod's annotations, empty when absent."""
        return as_map(self.metadata.get("annotations"))

    def containers(self) -> Iterator[Container]:
        """Every container: init containers, containers and ephemeral containers, in that order."""
        for list_name in CONTAINER_LISTS:
            for index, item in enumerate(as_list(self.spec.get(list_name))):
                yield Container(f"{self.path}.{list_name}[{index}]", as_map(item), list_name)

    @property
    def is_windows(self) -> bool:
        """Whether spec.os.name says windows (read by the Pod Security Standards from version 1.25)."""
        return as_map(self.spec.get("os")).get("name") == "windows"


def pods_of(manifest: Manifest) -> Iterator[Pod]:
    """Every pod that the object carries.

    Built-in kinds have one at a known path. Objects of other API groups (an Argo Rollout, a Knative Service) are
    searched for anything that looks like a pod spec: a mapping with a list `containers` of mappings.
    """
    if api_group_of(manifest) in _GROUPS_WITH_PODS:
        where = _TEMPLATE_OF_KIND.get(kind_of(manifest))
        if where is not None:
            holder: Any = manifest
            for step in where:
                holder = as_map(holder).get(step)
            yield _pod_at(".".join(where), as_map(holder))
            return
    if _is_custom(manifest):
        yield from _search(manifest, "", 0)


def _is_custom(manifest: Manifest) -> bool:
    # Built-in groups are short words or end in .k8s.io; a group of somebody's own always has a dot.
    group = api_group_of(manifest)
    return "." in group and not group.endswith(".k8s.io")


def _pod_at(path: str, holder: dict[str, Any]) -> Pod:
    prefix = f"{path}." if path else ""
    return Pod(
        path=f"{prefix}spec",
        spec=as_map(holder.get("spec")),
        metadata_path=f"{prefix}metadata",
        metadata=as_map(holder.get("metadata")),
    )


def _search(value: Any, path: str, depth: int) -> Iterator[Pod]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _search(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        spec = value.get("spec")
        if isinstance(spec, dict) and _looks_like_pod_spec(spec):
            yield _pod_at(path, value)
        elif path and _looks_like_pod_spec(value) and not path.endswith("spec"):
            yield Pod(path, value, f"{path}.metadata", {})
        for key, item in value.items():
            if key != "metadata":
                yield from _search(item, key_path(path, str(key)), depth + 1)


def _looks_like_pod_spec(value: dict[str, Any]) -> bool:
    containers = value.get("containers")
    return isinstance(containers, list) and any(
        item is UNKNOWN or (isinstance(item, dict) and ("image" in item or "name" in item)) for item in containers
    )
