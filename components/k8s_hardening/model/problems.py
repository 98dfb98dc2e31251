"""Validation errors in the words of the person who wrote the file: key path, value, what is wrong, a good example."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

_LONGEST_VALUE = 80


class BadInputError(Exception):
    """A user's input cannot be used; each problem is one line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def explain(error: ValidationError, model: type[BaseModel], root: str) -> list[str]:
    """Every problem of a validation, one line each, in the order of the model's fields.

    Args:
        error: what pydantic found.
        model: the model that was validated, for its known keys and examples.
        root: what the path starts with, for example k8s-hardening:baseline.
    """
    return [_line(one["loc"], one["type"], one["msg"], one["input"], model, root) for one in error.errors()]


def path_text(root: str, loc: Sequence[str | int]) -> str:
    """A location as text: root.tenants[2].name."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)


def _line(loc: Sequence[str | int], kind: str, message: str, value: Any, model: type[BaseModel], root: str) -> str:
    path = path_text(root, loc)
    holder, key = _field_of(model, loc)
    if kind == "missing":
        return f"{path}: is missing{_example(holder, key)}"
    if kind == "extra_forbidden":
        known = list(holder.model_fields) if holder else []
        near = difflib.get_close_matches(key, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known keys are {', '.join(known)}"
        return f"{path}: is not a known key; {hint}"
    text = message[0].lower() + message[1:] if message[:1].isupper() else message
    text = text.removeprefix("value error, ")
    if kind not in ("refused", "kubernetes_version", "value_error"):
        text = f"is refused: {text}"
    if "for example" not in text:
        text += _example(holder, key)
    return f"{path}: {_shown(value)} {text}"


def _shown(value: Any) -> str:
    if value is None:
        return "(absent)"
    if value == "[secret]":
        return value if isinstance(value, str) else ""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def _example(holder: type[BaseModel] | None, key: str) -> str:
    field = holder.model_fields.get(key) if holder else None
    if field is None or not field.examples:
        return ""
    return f"; for example {json.dumps(field.examples[0])}"


def _field_of(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[type[BaseModel] | None, str]:
    """The model that holds the last key of a location, and that key."""
    holder: type[BaseModel] | None = model
    keys = [step for step in loc if isinstance(step, str)]
    for key in keys[:-1]:
        field = holder.model_fields.get(key) if holder else None
        holder = _model_in(field.annotation) if field else None
    return holder, keys[-1] if keys else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        if (found := _model_in(part)) is not None:
            return found
    return None
