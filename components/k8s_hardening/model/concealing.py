"""Refused values without what must not be shown of them: secrets where the name of a configuration key belongs.

The likeliest mistake with a field that names a key of the configuration is to write the secret itself. A text that
could be such a name is accepted, so what is refused there is never shown, whatever it is.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from k8s_hardening.model.checked import ConfigKey
from k8s_hardening.model.raw import SECRET, Hidden, plain


def concealed(value: Any, model: type[BaseModel], loc: Sequence[str | int]) -> Any:
    """A value found at a location of a model, with each value of a field for configuration keys hidden.

    Args:
        value: plain data of any shape, as a user wrote it.
        model: what the location starts from.
        loc: steps as pydantic names them, `[key]` for a key itself.
    """
    if loc and loc[-1] == "[key]":
        return value  # a key of a mapping, which names nothing of the configuration
    type_: Any = model
    for step in loc:
        type_ = _inside(type_, step)
    hidden = _Concealing().conceal(plain(value), type_)
    return Hidden(_in_words(value)) if hidden is SECRET and value is not SECRET else hidden


def _inside(type_: Any, step: str | int) -> Any:
    """What a step leads to; a step that the type does not know (a member of a union) stays where it is."""
    if (model := _model_of(type_)) is not None and isinstance(step, str):
        return model.model_fields.get(step, type_)
    items = _items_of(type_)
    return type_ if items is None else items.type_


class _Concealing:
    """One walk through plain data; aliases make one node stand in many places, and each is walked once for a type."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Any] = {}

    def conceal(self, value: Any, type_: Any) -> Any:
        """The value with `SECRET` in place of what is, or stands for, the name of a key.

        What has another shape than the model is searched all the same: one item in place of a list, a mapping of items
        in place of their list, and a list in place of one.
        """
        key = (id(value), id(type_))
        if key not in self._made:
            self._made[key] = self._conceal(value, type_)
        return self._made[key]

    def _conceal(self, value: Any, type_: Any) -> Any:
        if value is None or not _holds_keys(type_, frozenset()):
            return value
        if (model := _model_of(type_)) is not None:
            return self._conceal_fields(value, model, type_)
        items = _items_of(type_)
        if items is None:
            return SECRET
        if isinstance(value, dict):
            inner = _model_of(items.type_)
            if not items.has_names and inner is not None and not inner.model_fields.keys().isdisjoint(value):
                return self._conceal_fields(value, inner, items.type_)
            return {key: self.conceal(item, items.type_) for key, item in value.items()}
        if isinstance(value, list):
            return [self.conceal(item, items.type_) for item in value]
        return self.conceal(value, items.type_)

    def _conceal_fields(self, value: Any, model: type[BaseModel], type_: Any) -> Any:
        if isinstance(value, list):
            return [self.conceal(item, type_) for item in value]
        known = model.model_fields
        if not isinstance(value, dict):
            return SECRET if any(map(_is_for_keys, known.values())) else value
        return {key: self.conceal(item, known[key]) if key in known else SECRET for key, item in value.items()}


@dataclass(frozen=True, slots=True)
class _Items:
    """What a collection holds, and whether each has a name (a mapping) or none (a list)."""

    type_: Any
    has_names: bool


def _parts(type_: Any) -> tuple[Any, ...]:
    """Members of a union, the bare type of an annotated one with its validators, or nothing."""
    if isinstance(type_, FieldInfo):
        return (type_.annotation, *type_.metadata)
    origin = typing.get_origin(type_)
    return () if isinstance(origin, type) and issubclass(origin, dict | tuple | list) else typing.get_args(type_)


def _holds_keys(type_: Any, seen: frozenset[Any]) -> bool:
    if isinstance(type_, ConfigKey):
        return True
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        fields = () if type_ in seen else type_.model_fields.values()
        return any(_holds_keys(field, seen | {type_}) for field in fields)
    return any(_holds_keys(part, seen) for part in (*_parts(type_), *typing.get_args(type_)))


def _is_for_keys(field: FieldInfo) -> bool:
    """Whether it names keys itself, and is no model (nor a collection of models) that does so further inside."""
    inner: Any = field
    while (items := _items_of(inner)) is not None:
        inner = items.type_
    return _model_of(inner) is None and _holds_keys(field, frozenset())


def _model_of(type_: Any) -> type[BaseModel] | None:
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        return type_
    return next((found for part in _parts(type_) if (found := _model_of(part)) is not None), None)


def _items_of(type_: Any) -> _Items | None:
    origin, found = typing.get_origin(type_), typing.get_args(type_)
    if origin in (dict, tuple, list):
        return _Items(found[1] if origin is dict else found[0], origin is dict)
    return next((items for part in _parts(type_) if (items := _items_of(part)) is not None), None)


def _in_words(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return "(a mapping)" if isinstance(value, dict) else "(a list)"
    length = len(str(value))
    return f"(a value of {length} character{'' if length == 1 else 's'})"
