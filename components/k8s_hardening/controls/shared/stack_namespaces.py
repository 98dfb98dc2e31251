"""Namespaces among the objects of a stack, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from k8s_hardening.controls.control import Finding, describe
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, kind_of, name_of, namespace_of
from k8s_hardening.kube.names import SYSTEM_NAMESPACES


def is_user_namespace(manifest: Manifest) -> bool:
    """Whether the object is a Namespace, and not one that the server makes itself."""
    return (
        kind_of(manifest) == "Namespace" and not api_group_of(manifest) and name_of(manifest) not in SYSTEM_NAMESPACES
    )


def raw_name(manifest: Manifest) -> Any:
    """metadata.name as it stands, UNKNOWN included."""
    return as_map(manifest.get("metadata")).get("name")


def labels_of(manifest: Manifest) -> dict[str, Any]:
    """metadata.labels, empty when absent."""
    return as_map(as_map(manifest.get("metadata")).get("labels"))


def user_namespaces(manifests: Sequence[Manifest]) -> Iterator[tuple[int, Any]]:
    """Index and name of every such namespace; the name may be absent or UNKNOWN."""
    for index, manifest in enumerate(manifests):
        if is_user_namespace(manifest):
            yield index, raw_name(manifest)


def by_namespace(manifests: Sequence[Manifest], group: str, kind: str) -> dict[str, list[Manifest]]:
    """The objects of a kind by their namespace; those whose namespace is unknown stand nowhere."""
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        if kind_of(manifest) == kind and api_group_of(manifest) == group:
            found.setdefault(namespace_of(manifest), []).append(manifest)
    return found


def inside(objects: dict[str, list[Manifest]], name: Any) -> list[Manifest]:
    """Those of the objects that stand in a namespace; none when its name is absent or unknown."""
    return objects.get(name, []) if isinstance(name, str) and name else []


def agreed(objects: Iterable[Manifest], effects: Callable[[Manifest], Iterable[str]]) -> set[str]:
    """What some objects of one namespace do together, whichever of those with the same name is applied last."""
    by_name: dict[str, set[str]] = {}
    nameless: set[str] = set()
    for one in objects:
        name, done = name_of(one), set(effects(one))
        if name:
            by_name[name] = by_name[name] & done if name in by_name else done
        else:
            nameless |= done
    return nameless.union(*by_name.values())


def lacking(name: Any, what: str, fix: str) -> Finding:
    """A finding about a namespace in which something is missing."""
    return Finding("metadata.name", f"{describe(name)}, a namespace {what}", fix, unknown=name is UNKNOWN)
