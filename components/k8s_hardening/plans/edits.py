"""Differences between two forms of plain data, as edits that can be made to a third."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, key_path

Steps = tuple[str | int, ...]
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Edit:
    """One value at one place; None stands for no value."""

    steps: Steps
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The JSON path of the place."""
        path = ""
        for step in self.steps:
            path = f"{path}[{step}]" if isinstance(step, int) else key_path(path, step)
        return path


def differences(before: Any, after: Any) -> Iterator[Edit]:
    """The smallest edits that turn one value into the other; lists of another length are replaced as a whole."""
    yield from _differences(before, after, (), set())


def _differences(before: Any, after: Any, steps: Steps, around: set[tuple[int, int]]) -> Iterator[Edit]:
    if before is None and isinstance(after, dict) and after:
        before = {}
    pair = (id(before), id(after))
    if before is after or pair in around:
        return  # data may hold itself, as YAML aliases can make it
    around.add(pair)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differences(before.get(key), after.get(key), (*steps, key), around)
    elif isinstance(before, list) and isinstance(after, list) and _are_alike(before, after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*steps, index), around)
    elif type(before) is not type(after) or before != after:
        yield Edit(steps, before, after)
    around.discard(pair)


def _are_alike(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and any(isinstance(item, dict | list) for item in before)


def apply(root: Any, edit: Edit) -> None:
    """Make an edit, along a way that is there or can be made of mappings."""
    holder = root
    for step in edit.steps[:-1]:
        if isinstance(step, str) and holder.get(step) is None:
            holder[step] = {}
        holder = holder[step]
    last = edit.steps[-1]
    if edit.after is None and isinstance(holder, dict):
        holder.pop(last, None)
    else:
        holder[last] = copied(edit.after)


def copied(value: Any) -> Any:
    """A copy whose mappings and lists are its own; what else it holds is shared."""
    return _copied(value, {}, plain=False)


def plain_copy(value: Any) -> Any:
    """A copy as plain data: what is neither a mapping, a list nor a JSON value is UNKNOWN."""
    return _copied(value, {}, plain=True)


def _copied(value: Any, made: dict[int, Any], *, plain: bool) -> Any:
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, Mapping):
        mapping: dict[Any, Any] = {}
        made[id(value)] = mapping
        mapping.update({key: _copied(item, made, plain=plain) for key, item in value.items()})
        return mapping
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        items: list[Any] = []
        made[id(value)] = items
        items += [_copied(item, made, plain=plain) for item in value]
        return items
    return UNKNOWN if plain and not isinstance(value, _PLAIN) else value
