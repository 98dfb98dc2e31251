"""What somebody changed in the cluster since it was applied, from the event log of a refresh that writes nothing.

The provider's own comparison leaves out what was added: it cuts a live object to the shape of what was applied, lists
by their length, so that one more rule of a Role, one more subject of a binding or an `ingress` beside a deny-all are
not seen (pulumi-kubernetes 4.27.0 pkg/provider/util.go, pruneMap and pruneSlice). Here whole objects are compared: as
the server gave them back when they were applied, and as they are now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import as_list, as_map, as_str, key_path
from k8s_hardening.plans.edits import Edit, Steps, differences

_OF_THE_SERVER = frozenset({
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
})  # fmt: skip
_PATCH = "Patch"
_NAMED_BY_SERVER = "kubernetes.io/metadata.name"
_REMADE = frozenset({
    "ClusterRole", "ClusterRoleBinding", "LimitRange", "NetworkPolicy", "ResourceQuota", "Role", "RoleBinding",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
})  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class FieldChange:
    """One field that differs."""

    path: str
    applied: str | None
    """As JSON; None where it was absent, or where it must not be shown."""
    found: str | None
    """The same of what the cluster holds now."""


@dataclass(frozen=True, slots=True, order=True)
class Drifted:
    """One object that is not as it was applied."""

    namespace: str
    """Empty for an object of the cluster."""
    kind: str
    name: str
    urn: str
    is_gone: bool
    changes: tuple[FieldChange, ...]
    """No one where it is gone."""
    is_leaving: bool
    """It is being deleted, and still there."""
    holds: tuple[str, ...]
    """What keeps an object that is being deleted, in the words of the server."""
    is_seen_by_engine: bool
    """Whether an update mends it; otherwise it takes a replacement."""

    @property
    def can_be_replaced(self) -> bool:
        """Whether nothing is lost when it is made anew: it holds no data, and nothing runs in it."""
        return self.kind in _REMADE


@dataclass(frozen=True, slots=True)
class Drift:
    """How the cluster compares with what was applied."""

    compared: int
    """Objects that were read."""
    objects: tuple[Drifted, ...]

    @property
    def is_all_gone(self) -> bool:
        """Whether not one object is there, so that it may be another cluster."""
        return bool(self.objects) and len(self.objects) == self.compared and all(one.is_gone for one in self.objects)

    @property
    def replaced(self) -> tuple[str, ...]:
        """URNs of objects that an update would not mend, and that can be made anew."""
        return tuple(one.urn for one in self._unseen() if one.can_be_replaced)

    @property
    def left(self) -> tuple[Drifted, ...]:
        """Objects that only a person can mend."""
        return tuple(one for one in self._unseen() if not one.can_be_replaced)

    def _unseen(self) -> Iterator[Drifted]:
        return (one for one in self.objects if not (one.is_gone or one.is_leaving or one.is_seen_by_engine))


def read_drift(lines: Iterable[str]) -> Drift:
    """The drift that the event log of a refresh shows, one JSON object per line."""
    compared, found = 0, []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed
        step = as_map(as_map(as_map(event).get("resOutputsEvent")).get("metadata"))
        if not as_str(step.get("type")).startswith("kubernetes:") or not as_map(step.get("old")).get("custom"):
            continue
        compared += 1
        if (one := _drifted(step)) is not None:
            found.append(one)
    return Drift(compared, tuple(sorted(found)))


def _drifted(step: dict[str, Any]) -> Drifted | None:
    old, new = as_map(step.get("old")), as_map(step.get("new"))
    inputs, applied, live = as_map(old.get("inputs")), as_map(old.get("outputs")), as_map(new.get("outputs"))
    metadata = as_map(inputs.get("metadata"))
    kind, namespace = as_str(inputs.get("kind")), as_str(metadata.get("namespace"))
    name, urn = as_str(metadata.get("name")), as_str(step.get("urn"))
    is_seen = as_str(step.get("op")) not in ("same", "refresh")
    if not live:
        return Drifted(namespace, kind, name, urn, True, (), False, (), True)
    if as_str(step.get("type")).endswith(_PATCH):
        # Only what was patched is ours; the rest of such an object is somebody else's.
        changes = set(_changes(differences(inputs, _cut(live, inputs)), inputs))
    else:
        changes = set(_changes(differences(_plain(applied), _plain(live)), inputs))
        # What a refresh of somebody else has written into the state since is seen by what was asked for.
        changes |= set(_additions(_plain(inputs), _plain(live), ""))
    if kind == "Secret":
        changes = {FieldChange(one.path, None, None) for one in changes}
    if not changes and is_seen:
        # Secret values are hidden in the log, and the engine alone can compare them.
        changes = {FieldChange("data" if kind == "Secret" else "a value that is secret", None, None)}
    is_leaving = as_map(live.get("metadata")).get("deletionTimestamp") is not None
    if not changes and not is_leaving:
        return None
    fields, holds = tuple(sorted(changes, key=repr)), _holds(live) if is_leaving else ()
    return Drifted(namespace, kind, name, urn, False, fields, is_leaving, holds, is_seen)


def _plain(manifest: dict[str, Any]) -> dict[str, Any]:
    """An object without what the server and the provider keep in it for themselves."""
    made = {key: value for key, value in manifest.items() if key != "status" and not key.startswith("__")}
    made["metadata"] = {
        key: value for key, value in as_map(manifest.get("metadata")).items() if key not in _OF_THE_SERVER
    }
    return made


def _cut(live: Any, shape: Any) -> Any:
    if isinstance(live, dict) and isinstance(shape, dict):
        return {key: _cut(live[key], value) for key, value in shape.items() if key in live}
    return live


def _changes(edits: Iterable[Edit], asked: dict[str, Any]) -> Iterator[FieldChange]:
    for edit in edits:
        if isinstance(edit.before, list) and isinstance(edit.after, list):
            yield from (FieldChange(edit.path, _json(one), None) for one in edit.before if one not in edit.after)
            yield from (FieldChange(edit.path, None, _json(one)) for one in edit.after if one not in edit.before)
        elif _counts(edit, asked):
            yield FieldChange(edit.path, _json(edit.before), _json(edit.after))


def _counts(edit: Edit, asked: dict[str, Any]) -> bool:
    if edit.before is None:  # controllers of all kinds leave notes on objects
        return edit.steps[:2] != ("metadata", "annotations")
    return edit.after is not None or _has(asked, edit.steps)  # what nobody had asked for may go


def _has(manifest: Any, steps: Steps) -> bool:
    for step in steps:
        holds = step in manifest if isinstance(manifest, dict) else isinstance(step, int) and step < len(manifest)
        if not holds:
            return False
        manifest = manifest[step]
    return True


def _additions(asked: Any, found: Any, path: str) -> Iterator[FieldChange]:
    """Items that lists have beyond what was asked for, and labels that nobody asked for; other fields are defaults."""
    if isinstance(asked, dict) and isinstance(found, dict):
        for key in asked.keys() & found.keys():
            yield from _additions(asked[key], found[key], key_path(path, key))
        if path == "metadata.labels":
            for key in found.keys() - asked.keys() - {_NAMED_BY_SERVER}:
                yield FieldChange(key_path(path, key), None, _json(found[key]))
    elif isinstance(asked, list) and isinstance(found, list):
        for item, live in zip(asked, found, strict=False):
            yield from _additions(item, live, path)
        yield from (FieldChange(path, None, _json(one)) for one in found[len(asked) :])


def _holds(live: dict[str, Any]) -> tuple[str, ...]:
    """Why an object that is being deleted is still there.

    Source: k8s.io/api v0.37.2 core/v1/types.go, NamespaceConditionType; other kinds have their finalizers alone.
    """
    conditions = [as_map(one) for one in as_list(as_map(live.get("status")).get("conditions"))]
    reasons = tuple(
        f"{as_str(one.get('type'))}: {as_str(one.get('message'))}" for one in conditions if one.get("status") == "True"
    )
    finalizers = ", ".join(as_str(one) for one in as_list(as_map(live.get("metadata")).get("finalizers")))
    return (*reasons, *((f"finalizers: {finalizers}",) if finalizers else ()))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)
