"""A user's data made plain: nothing but mappings, lists and scalars, with every secret hidden before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

Loc = tuple[str | int, ...]
Problem = tuple[Loc, Any, str]
"""Where it is, the value found there, and what is wrong with an example of a good value."""

_DEEPEST = 50  # no field of any model lies deeper; what does is refused, whatever it is


class Hidden:
    """Stands in for a value that must not be shown, or not be followed further."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


SECRET = Hidden("[secret]")
TOO_DEEP = Hidden("[too deep]")


def plain(value: Any) -> Any:
    """The data with models as mappings, tuples as lists, and each `secure:` node as `SECRET`.

    YAML aliases make one node stand in many places, or even inside itself; each node is made plain once.
    """
    return _plain(value, 0, {})


def _plain(value: Any, depth: int, made: dict[int, Any]) -> Any:
    if id(value) in made:
        return made[id(value)]
    if not isinstance(value, BaseModel | dict | list | tuple):
        return value
    if depth > _DEEPEST:
        return TOO_DEEP
    made[id(value)] = TOO_DEEP  # what a node that holds itself finds
    made[id(value)] = result = _plain_node(value, depth + 1, made)
    return result


def _plain_node(value: Any, depth: int, made: dict[int, Any]) -> Any:
    if isinstance(value, BaseModel):
        # Fields that were left out stay out, so that their defaults are not taken for a user's words.
        names = [name for name in type(value).model_fields if name in value.model_fields_set]
        return {name: _plain(getattr(value, name), depth, made) for name in names}
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return SECRET
        return {key: _plain(item, depth, made) for key, item in value.items()}
    return [_plain(item, depth, made) for item in value]


def secrets_in(value: Any) -> Iterator[Loc]:
    """Where plain data holds secrets; of a node that stands in many places, the first."""
    yield from _secrets_in(value, (), set())


def _secrets_in(value: Any, loc: Loc, seen: set[int]) -> Iterator[Loc]:
    if value is SECRET:
        yield loc
    elif isinstance(value, dict | list) and id(value) not in seen:
        seen.add(id(value))
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _secrets_in(item, (*loc, step if isinstance(step, int) else str(step)), seen)
