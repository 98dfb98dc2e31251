"""Plain Kubernetes objects as data, with a marker for what is not known before apply.

A manifest is camelCase JSON as the API server takes it. Untrusted manifests hold anything anywhere, so controls
read through `as_map`, `as_list` and `as_str`, which never raise: what has the wrong shape counts as absent, and what
is unknown stays unknown all the way down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Manifest = dict[str, Any]


class Unknown:
    """The type of `UNKNOWN`: a value that only `pulumi up` will know."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        # A control that asks for the truth of an unknown value would let it pass in silence one way or the other.
        raise UnknownValueError("the truth of a value that is not known until apply")

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self


class UnknownValueError(Exception):
    """A control used an unknown value as if it were known; its verdict cannot be given."""


UNKNOWN: Final = Unknown()


class _UnknownMap(dict[str, Any]):
    """A mapping of which nothing is known: it may have every key, and each value is unknown."""

    def get(self, key: object, default: Any = None) -> Any:  # noqa: ARG002 - the form is that of dict
        return UNKNOWN

    def __getitem__(self, key: object) -> Any:
        return UNKNOWN

    def __contains__(self, key: object) -> bool:
        return True

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("an unknown mapping cannot be changed; ask is_changeable first")


class _EmptyMap(dict[str, Any]):
    """What an absent mapping reads as; shared, so it refuses to be filled."""

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("an absent mapping cannot be changed; use ensure_map")


_UNKNOWN_MAP: Final = _UnknownMap()
_EMPTY: Final = _EmptyMap()


def as_map(value: Any) -> dict[str, Any]:
    """The value as a mapping: absent or of another type gives an empty one; never change the result."""
    if isinstance(value, dict):
        return value
    return _UNKNOWN_MAP if value is UNKNOWN else _EMPTY


def is_changeable(mapping: dict[str, Any]) -> bool:
    """Whether a mapping from `as_map` stands in the manifest itself, and is not what absent or unknown reads as."""
    return not isinstance(mapping, _UnknownMap | _EmptyMap)


def ensure_map(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """The mapping under a key, made (in place of whatever else stands there) when it is missing."""
    value = holder.get(key)
    if not isinstance(value, dict):
        value = holder[key] = {}
    return value


def as_list(value: Any) -> list[Any]:
    """The value as a list: absent or of another type gives an empty one, unknown gives one unknown item."""
    if isinstance(value, list):
        return value
    return [UNKNOWN] if value is UNKNOWN else []


def as_str(value: Any) -> str:
    """The value as a text; anything else gives an empty one. Test for UNKNOWN first where it matters."""
    return value if isinstance(value, str) else ""


def holds_unknown(value: Any) -> bool:
    """Whether UNKNOWN is the value or sits anywhere inside it."""
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(holds_unknown, value))
    return value is UNKNOWN


def key_path(path: str, key: str) -> str:
    """The JSON path of one key of a mapping; keys that are not plain words are quoted."""
    plain = key.replace("_", "a").replace("-", "a").isalnum()
    step = key if plain else f'["{key}"]'
    return f"{path}.{step}" if path and plain else f"{path}{step}"


def kind_of(manifest: Manifest) -> str:
    """The object's kind, or an empty text."""
    return as_str(manifest.get("kind"))


def api_group_of(manifest: Manifest) -> str:
    """The API group in the object's apiVersion; empty for the core group (and for a missing apiVersion)."""
    group, slash, _ = as_str(manifest.get("apiVersion")).partition("/")
    return group if slash else ""


def name_of(manifest: Manifest) -> str:
    """metadata.name, or an empty text."""
    return as_str(as_map(manifest.get("metadata")).get("name"))


def namespace_of(manifest: Manifest) -> str:
    """metadata.namespace, or an empty text (cluster-scoped, or left to the client)."""
    return as_str(as_map(manifest.get("metadata")).get("namespace"))


def expand_lists(manifest: Manifest) -> Iterator[tuple[str, Manifest]]:
    """The object itself, or for a `List` or `...List` kind each of its items with the path to it.

    An item of a typed list (DeploymentList) may leave out apiVersion and kind: the server takes them from the list.
    Lists in lists are followed at any depth, for what a bound left out would go unjudged. To kubectl anything with
    items is a list, whatever its kind (k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1/unstructured/helpers.go, decode);
    to the server it is the object, so both are given.
    """
    waiting: list[tuple[str, Manifest, frozenset[int]]] = [("", manifest, frozenset())]
    while waiting:
        path, one, around = waiting.pop()
        kind = kind_of(one)
        items = as_list(one.get("items"))
        if not kind.endswith("List") or "items" not in one:
            yield path, {key: value for key, value in one.items() if key != "items"} if items else one
        if id(items) in around:
            continue  # a list that holds itself, as YAML aliases can make it
        found = []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                if kind != "List":
                    item = {"apiVersion": one.get("apiVersion"), "kind": kind.removesuffix("List"), **item}
                found.append((f"{path}.items[{index}]" if path else f"items[{index}]", item, around | {id(items)}))
        waiting += reversed(found)
