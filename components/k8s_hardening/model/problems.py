"""Validation errors in the words of the person who wrote the file: key path, value, what is wrong, a good example."""

from __future__ import annotations

import difflib
import json
import re
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from k8s_hardening.kube.secret_texts import without_user_info, without_users_of_urls
from k8s_hardening.model.checked import SUBJECT_FORM
from k8s_hardening.model.concealing import concealed
from k8s_hardening.model.raw import SECRET

_LONGEST_VALUE = 80
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# What pydantic calls its errors, in the words of a user; the rest is shown in pydantic's own words.
_WORDS = {
    "string_type": "is not a text",
    "string_unicode": "is not a text",
    "invalid_key": "is not a text, and so no key",
    "bool_type": "is not true or false",
    "int_type": "is not a whole number",
    "tuple_type": "is not a list",
    "dict_type": "is not a mapping",
    "model_type": "is not a mapping",
}
_MEMBER = re.compile(r"<[\w.]+: ('[^']*')>")  # a member of an enumeration, where only some of its members are accepted
_COMPLETE = ("refused", "kubernetes_version")
_NOTHING_TO_WRITE = ("remove it", "leave it out")  # an example of a good value would say the opposite


class BadInputError(Exception):
    """A user's input cannot be used; each problem is one line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def explain(error: ValidationError, model: type[BaseModel], root: str) -> list[str]:
    """Every problem of a validation, one line each and each once, sorted by key path (`[10]` after `[9]`).

    No line shows what was refused as the name of a configuration key, nor the user and the password of a URL.

    Args:
        error: what pydantic found.
        model: the model that was validated, for its known keys and examples.
        root: what the path starts with, for example k8s-hardening:baseline.
    """
    lines = {
        without_users_of_urls(_line(one["loc"], one["type"], one["msg"], one["input"], model, root)): [
            (isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in one["loc"]
        ]
        for one in error.errors(include_url=False)
    }
    return sorted(lines, key=lambda line: (lines[line], line))


def path_text(root: str, loc: Sequence[str | int]) -> str:
    """A location as text: root.tenants[2].name; keys that are not plain words are quoted."""
    return root + "".join(
        f".{step}" if isinstance(step, str) and _PLAIN_KEY.fullmatch(step) else f"[{_quoted(step)}]" for step in loc
    )


def _quoted(step: str | int) -> str:
    return without_user_info(json.dumps(step), also_of_hosts=True)


def _line(loc: Sequence[str | int], kind: str, message: str, value: Any, model: type[BaseModel], root: str) -> str:
    value = concealed(value, model, loc)
    loc = [step for step in loc if step != "[key]"]  # pydantic's mark for "the key itself, not its value"
    path = path_text(root, loc)
    place = _place_of(model, loc)
    if kind == "missing":
        return f"{path}: is missing{_example(place)}"
    if kind == "extra_forbidden":
        return f"{path}: is not a known key; {_where_or_what(loc, place, root)}"
    text = message if kind in _COMPLETE else _words(kind, message)
    if "for example" not in text and not text.endswith(_NOTHING_TO_WRITE):
        text += _example(place)
    return f"{path}: {shown(value, may_be_a_subject=_is_for_subjects(place.field))} {text}"


def _is_for_subjects(field: FieldInfo | None) -> bool:
    return field is not None and (SUBJECT_FORM in field.metadata or _has_form(field.annotation))


def _has_form(annotation: Any) -> bool:
    return any(part == SUBJECT_FORM or _has_form(part) for part in typing.get_args(annotation))


def _where_or_what(loc: Sequence[str | int], place: _Place, root: str) -> str:
    """What to write instead of a key that is not known, or where else to write it."""
    key, known = str(loc[-1]), place.holder.model_fields
    if near := difflib.get_close_matches(key, known, n=1):
        return f'did you mean "{near[0]}"?'
    elsewhere = [path_text(root, above) for above, holder in place.above if key in holder.model_fields]
    for name, field in known.items():
        inner = _model_in(field.annotation)
        if inner is not None and key in inner.model_fields:
            is_list = typing.get_origin(field.annotation) is tuple
            elsewhere.append(f"{path_text(root, (*loc[:-1], name))}{'[]' if is_list else ''}")
    # A key that many have, such as a name, was hardly meant for one of them.
    return f"it belongs under {elsewhere[0]}" if len(elsewhere) == 1 else f"known keys are {', '.join(known)}"


def _words(kind: str, message: str) -> str:
    if kind in {"enum", "literal_error"}:
        names = _MEMBER.sub(r"\1", message.removeprefix("Input should be "))
        return "is none of " + names.replace(" or ", ", ").replace("'", "")
    return _WORDS.get(kind) or f"is refused: {message[:1].lower()}{message[1:]}"


def shown(value: Any, *, may_be_a_subject: bool = False) -> str:
    """A value as one short line of printable text, safe for terminals and logs.

    Args:
        value: plain data.
        may_be_a_subject: whether `user:alice@example.com` is a name there, and not a password before a host.
    """
    if value is None:
        return "(absent)"
    if not isinstance(value, str | int | float | dict | list):
        return str(value)
    text = ""
    try:
        for part in json.JSONEncoder(default=str).iterencode(value):
            if "PRIVATE KEY-----" in part:
                return repr(SECRET)  # someone put a key where a certificate belongs
            text += without_user_info(part, also_of_hosts=not may_be_a_subject)
            if len(text) > _LONGEST_VALUE:  # aliases can make a short file a long value, so no more than is shown
                return f"{text[: _LONGEST_VALUE - 3]}..."
    except TypeError:  # a key that is no text
        return f"({type(value).__name__})"
    return text


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a location leads: the model that holds its last known key, that key's field, the steps inside it.

    `above` are the models on the way there, each with its own location.
    """

    holder: type[BaseModel]
    field: FieldInfo | None
    rest: tuple[str | int, ...]
    above: tuple[tuple[Sequence[str | int], type[BaseModel]], ...]


def _place_of(model: type[BaseModel], loc: Sequence[str | int]) -> _Place:
    holder, field, annotation = model, None, typing.cast(Any, model)
    rest: list[str | int] = []
    passed: list[tuple[Sequence[str | int], type[BaseModel]]] = []
    for number, step in enumerate(loc):
        inner = _model_in(annotation)
        if isinstance(step, int) or inner is None:
            rest.append(step)
            continue
        holder, field, rest = inner, inner.model_fields.get(step), []
        passed.append((loc[:number], inner))
        if field is None:
            break
        annotation = field.annotation
    return _Place(holder, field, tuple(rest), tuple(passed[:-1]))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        if (found := _model_in(part)) is not None:
            return found
    return None


def _example(place: _Place) -> str:
    found = example_of(place.field) if place.field else None
    for step in place.rest:
        if isinstance(found, list) and found:
            found = found[0]
        elif isinstance(found, dict) and found:
            found = found.get(str(step), next(iter(found.values())))
    return "" if found is None else f"; for example {flow_text(found)}"


def example_of(field: FieldInfo) -> Any:
    """A good value of a field as plain data: its example, or a default that says something; None for neither."""
    if field.examples:
        return field.examples[0]
    default = field.default
    if default is PydanticUndefined or default is None or default == () or default == {}:
        return None
    return to_jsonable_python(default)


def flow_text(value: Any) -> str:
    """Plain data as a person writes it in a YAML file, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return json.dumps(value)
