"""One visitor for everything that carries a pod: a rule is about a pod, not about a Deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.apis import BUILT_IN_GROUPS
from k8s_hardening.kube.keeping import once
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
KINDS_WITH_PODS = frozenset(_TEMPLATE_OF_KIND)
"""The built-in kinds that carry a pod."""
_GROUPS_WITH_PODS = frozenset({"", "apps", "extensions", "batch"})
CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
# Where custom resources keep containers by other names: Argo Workflows v1alpha1 (Template) and Tekton v1 (TaskSpec).
_FOREIGN_CONTAINERS = ("container", "script", "sidecars", "steps", "stepTemplate")
_HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")
_TELLING = frozenset({*CONTAINER_LISTS, *_FOREIGN_CONTAINERS, *_HOST_FIELDS, "volumes"})
_DEEPEST = 40  # a pod inside a custom resource sits a few levels down; the bound keeps a hostile object cheap


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod, of any of the three lists."""

    path: str
    """JSON path, for example spec.template.spec.initContainers[0]."""
    spec: dict[str, Any]
    list_name: str
    """initContainers, containers or ephemeralContainers; in a fragment also what a custom resource calls them."""

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
    is_fragment: bool = False
    """Part of a pod in a custom resource, whose controller adds the rest: not to be blamed for what it leaves out."""

    @property
    def security_context(self) -> dict[str, Any]:
        """The pod's securityContext, empty when absent."""
        return as_map(self.spec.get("securityContext"))

    @property
    def annotations(self) -> dict[str, Any]:
        """The pod's annotations, empty when absent."""
        return as_map(self.metadata.get("annotations"))

    @once
    def containers(self) -> Iterator[Container]:
        """Every container: init containers, containers and ephemeral containers, in that order; then others."""
        for list_name in (*CONTAINER_LISTS, *(_FOREIGN_CONTAINERS if self.is_fragment else ())):
            value = self.spec.get(list_name)
            if isinstance(value, dict) and self.is_fragment:
                yield Container(f"{self.path}.{list_name}", value, list_name)
            for index, item in enumerate(as_list(value)):
                if isinstance(item, dict) or item is UNKNOWN or not self.is_fragment:
                    yield Container(f"{self.path}.{list_name}[{index}]", as_map(item), list_name)

    @property
    def is_complete(self) -> bool:
        """Whether a server could make the pod from what is said: there are containers, and each has an image."""
        containers = as_list(self.spec.get("containers"))
        return bool(containers) and all(as_map(item).get("image") is not None for item in containers)

    @property
    def is_windows(self) -> bool:
        """Whether spec.os.name says windows (read by the Pod Security Standards from version 1.25)."""
        return as_map(self.spec.get("os")).get("name") == "windows"


@once
def pods_of(manifest: Manifest) -> Iterator[Pod]:
    """Every pod that the object carries.

    Built-in kinds have one at a known path. Objects of other API groups (an Argo Rollout, a Knative Service) are
    searched for anything that looks like a pod spec: a mapping with a list `containers` of mappings. A mapping with
    other containers, a namespace of the node or a folder of the node counts as a fragment of one.
    """
    group = api_group_of(manifest)
    if group in _GROUPS_WITH_PODS:
        where = _TEMPLATE_OF_KIND.get(kind_of(manifest))
        if where is not None:
            holder: Any = manifest
            for step in where:
                holder = as_map(holder).get(step)
            yield _pod_at(".".join(where), as_map(holder))
    elif _is_custom(group):
        yield from _search(manifest)


def carries_pods(manifest: Manifest) -> bool:
    """Whether `pods_of` gives any."""
    return any(True for _ in pods_of(manifest))


def _is_custom(group: str) -> bool:
    return "." in group and group not in BUILT_IN_GROUPS  # a group of somebody's own always has a dot


def _pod_at(path: str, holder: dict[str, Any], *, is_fragment: bool = False) -> Pod:
    prefix = f"{path}." if path else ""
    return Pod(
        path=f"{prefix}spec",
        spec=as_map(holder.get("spec")),
        metadata_path=f"{prefix}metadata",
        metadata=as_map(holder.get("metadata")),
        is_fragment=is_fragment,
    )


def _search(manifest: Manifest) -> Iterator[Pod]:
    # Value, its path, its depth, and whether it was taken for the pod spec of what holds it.
    waiting: list[tuple[Any, str, int, bool]] = [(manifest, "", 0, False)]
    while waiting:
        value, path, depth, was_taken = waiting.pop()
        found: list[tuple[Any, str, int, bool]] = []
        if isinstance(value, list):
            found += [
                (item, f"{path}[{index}]", depth + 1, False)
                for index, item in enumerate(value)
                if isinstance(item, dict | list)
            ]
        else:
            spec = value.get("spec")
            is_holder = False
            if isinstance(spec, dict) and _may_be_pod_spec(spec):
                is_holder = True
                yield _pod_at(path, value, is_fragment=not _is_whole(spec))
            if path and not was_taken and _may_be_pod_spec(value):
                yield Pod(path, value, f"{path}.metadata", {}, is_fragment=not _is_whole(value))
            found += [
                (item, key_path(path, str(key)), depth + 1, is_holder and key == "spec")
                for key, item in value.items()
                if key != "metadata" and isinstance(item, dict | list)
            ]
        if depth < _DEEPEST:
            waiting += reversed(found)


def _is_whole(spec: dict[str, Any]) -> bool:
    return _holds_containers(spec.get("containers"))


def _may_be_pod_spec(value: dict[str, Any]) -> bool:
    return not _TELLING.isdisjoint(value) and (
        any(_holds_containers(value.get(name)) for name in CONTAINER_LISTS)
        or any(_holds_images(value.get(name)) for name in _FOREIGN_CONTAINERS)
        or any(value.get(field) is True or value.get(field) is UNKNOWN for field in _HOST_FIELDS)
        or any(isinstance(volume, dict) and "hostPath" in volume for volume in as_list(value.get("volumes")))
    )


def _holds_containers(value: Any) -> bool:
    if value is UNKNOWN:
        return True
    return isinstance(value, list) and any(
        item is UNKNOWN or (isinstance(item, dict) and ("image" in item or "name" in item)) for item in value
    )


def _holds_images(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) and ("image" in item or "securityContext" in item) for item in items)
