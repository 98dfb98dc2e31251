"""The Kubernetes objects in the state of a Pulumi stack, as `pulumi stack export` prints it; no secret is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.cli.sources import STDIN
from k8s_hardening.controls.gates import is_patch
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, expand_lists
from k8s_hardening.model.problems import BadInputError

# Where a secret, an asset or a reference to a resource stands in an export: sdk v3.200.0
# go/common/resource/sig/sig.go, Key. With --show-secrets the value stands beside it, and is not looked at either.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_UNSEEN = "kubernetes:helm.sh/v3:Release"


@dataclass(frozen=True, slots=True)
class StateObject:
    """One object that a stack applied, by the inputs of its resource."""

    urn: str
    manifest: Manifest
    is_partial: bool
    """It only changes an object of somebody else's."""


@dataclass(frozen=True, slots=True)
class State:
    """What a stack holds."""

    objects: tuple[StateObject, ...]
    unseen: tuple[str, ...]
    """URNs of Helm releases: what they made is in no state."""


def read_state(data: bytes | str, name: str) -> State:
    """The objects of an export; what is secret in them reads as not known.

    Raises:
        BadInputError: it is no export of a stack.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise BadInputError([f"{name}: is not JSON; it must be what `pulumi stack export` prints"]) from None
    if not isinstance(value, dict) or not isinstance(value.get("deployment"), dict):
        raise BadInputError([f"{name}: has no deployment; it must be what `pulumi stack export` prints"])
    # A resource that waits for its deletion was replaced by another of the same name.
    resources = [
        one for one in map(as_map, as_list(value["deployment"].get("resources"))) if one.get("delete") is not True
    ]
    objects = tuple(made for one in resources for made in _objects(one))
    unseen = tuple(as_str(one.get("urn")) for one in resources if one.get("type") == _UNSEEN)
    return State(objects, unseen)


def state_in(name: str) -> State:
    """The state in a file, `-` for the standard input.

    Raises:
        BadInputError: it cannot be read, or is no state.
    """
    if name == "-":
        return read_state(sys.stdin.buffer.read(), STDIN)
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise BadInputError([f"{name}: cannot be read: {error.strerror}"]) from None
    return read_state(data, name)


def _objects(resource: dict[str, Any]) -> Iterator[StateObject]:
    inputs = _without_secrets(resource.get("inputs"))
    if not isinstance(inputs, dict) or "apiVersion" not in inputs or "kind" not in inputs:
        return
    is_partial = is_patch(as_str(resource.get("type")), inputs)
    for _, manifest in expand_lists(inputs):
        yield StateObject(as_str(resource.get("urn")), manifest, is_partial)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return UNKNOWN if _SIGNATURE in value else {key: _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
