"""The settings of a baseline as text, as the page docs/baseline.md and as a JSON schema for editors.

All come from the pydantic models: names, types and defaults of the fields, and their docstrings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import flow_text
from k8s_hardening.model.reading import ROOT

_PREFIX = "#/$defs/"
_HEAD = f"""\
<!-- Generated: k8s-hardening baseline --format markdown > docs/baseline.md (make docs). Do not edit. -->

# Settings of a baseline

Everything that may stand under `{ROOT}` in `Pulumi.<environment>.yaml`. A key that is not listed here is
refused, and all problems of a file are shown at once. [Writing an environment](writing-an-environment.md) is the guide.
For an editor, `k8s-hardening baseline --format json-schema` prints the same as a JSON schema.
"""
_REQUIRED, _NONE, _EMPTY, _INNER = _WORDS = ("required", "none", "empty", "its defaults")
_TYPES = {"string": "text", "boolean": "true or false", "number": "number", "integer": "whole number"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a model."""

    name: str
    type: str
    """In words."""
    part: str | None
    """Path of the part that it holds; None for plain values."""
    default: str
    """A value, or one of `_WORDS`."""
    text: str
    example: str
    """Empty where the type, or another part, says enough."""


@dataclass(frozen=True, slots=True)
class Part:
    """One model, at every place where it stands."""

    text: str
    paths: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)


def parts(model: type[BaseModel] = Baseline) -> list[Part]:
    """A model and all models below it, each once, itself first."""
    schema = model.model_json_schema()
    found: dict[str, Part] = {}
    _collect(schema, "", "", schema.get("$defs", {}), found)
    return list(found.values())


def listed() -> Iterator[str]:
    """One line per setting and place."""
    rows = [
        (f"{path}.{setting.name}" if path else setting.name, setting)
        for part in parts()
        for path in part.paths
        for setting in part.settings
    ]
    width = max(len(path) for path, _ in rows)
    for path, setting in rows:
        yield f"{path:<{width}}  {setting.text} [{setting.type}; {setting.default}]"


def as_markdown() -> str:
    """The page of all settings."""
    return "\n".join(_page())


def as_json_schema() -> str:
    """A JSON schema of a whole `Pulumi.<environment>.yaml`, as editors want it."""
    baseline = _untitled(Baseline.model_json_schema())
    definitions = baseline.pop("$defs")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pulumi.<environment>.yaml of k8s-hardening",
        "type": "object",
        "properties": {"config": {"type": "object", "properties": {ROOT: baseline}}},
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2)


def _collect(model: dict[str, Any], name: str, path: str, definitions: dict[str, Any], found: dict[str, Part]) -> None:
    if name in found:
        found[name].paths.append(path)
    else:
        found[name] = Part(model["description"], [path])
        required = model.get("required", ())
        found[name].settings.extend(
            _setting(key, value, key in required, path, definitions) for key, value in model["properties"].items()
        )
    for key, value in model["properties"].items():
        for inner, step in _models_in(value, definitions):
            _collect(definitions[inner], inner, _below(path, f"{key}{step}"), definitions, found)


def _setting(key: str, value: dict[str, Any], required: bool, path: str, definitions: dict[str, Any]) -> Setting:
    inner, step = next(_models_in(value, definitions), (None, ""))
    examples = value.get("examples") if inner is None else None
    return Setting(
        name=key,
        type=_type(value, definitions),
        part=None if inner is None else _below(path, f"{key}{step}"),
        default=_REQUIRED if required else _default(value, inner),
        # pydantic leaves out a text that is that of the model, too.
        text=" ".join((value.get("description") or definitions[inner or ""]["description"]).split()),
        example=flow_text(examples[0]) if examples else "",
    )


def _below(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _models_in(value: dict[str, Any], definitions: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name of each model that a field holds, and what follows the field's key in a path to it."""
    name = value.get("$ref", "").removeprefix(_PREFIX)
    if "properties" in definitions.get(name, {}):
        yield name, ""
    for one in value.get("anyOf", ()):
        yield from _models_in(one, definitions)
    for key, step in (("items", "[]"), ("additionalProperties", ".<name>")):
        if isinstance(value.get(key), dict):
            yield from ((inner, f"{step}{rest}") for inner, rest in _models_in(value[key], definitions))


def _type(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "anyOf" in value:  # `X | None`: to write null is the same as to leave it out
        return " or ".join(_type(one, definitions) for one in value["anyOf"] if one.get("type") != "null")
    if "$ref" in value:
        return _type(definitions[value["$ref"].removeprefix(_PREFIX)], definitions)
    if "enum" in value or "const" in value:
        return "one of " + ", ".join(value.get("enum") or [value["const"]])
    if value["type"] == "array":
        return f"list of {_type(value['items'], definitions)}"
    if value["type"] == "object":
        return "mapping" if "properties" in value else f"mapping to {_type(value['additionalProperties'], definitions)}"
    if value.get("format") == "date":
        return "day"
    kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
    return " or ".join(_TYPES[kind] for kind in kinds)


def _default(value: dict[str, Any], inner: str | None) -> str:
    default = value["default"]
    if default is None:
        return _NONE
    if default in ([], {}):
        return _EMPTY
    return _INNER if inner else flow_text(default)


def _page() -> Iterator[str]:
    yield _HEAD
    headings = {path: _heading(part.paths) for part in parts() for path in part.paths}
    for part in parts():
        yield f"## {_prose(_heading(part.paths))}\n"
        yield f"{_prose(part.text)}\n"
        yield "| Key | Type | Default | Meaning | Example |"
        yield "|---|---|---|---|---|"
        for one in part.settings:
            kind = one.type if one.part is None else f"[{one.type}](#{_anchor(headings[one.part])})"
            default = one.default if one.default in _WORDS else _code(one.default)
            yield _row((_code(one.name), kind, default, _prose(one.text), _code(one.example)))
        yield ""


def _heading(paths: Iterable[str]) -> str:
    return ", ".join(paths) or ROOT


def _anchor(heading: str) -> str:
    """The anchor that the usual renderers give a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def _prose(text: str) -> str:
    return text.replace("<", "&lt;")  # a place to fill in is no tag of HTML


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _untitled(value: Any) -> Any:
    """A schema without the titles that pydantic makes up from the names; editors show the names already."""
    if isinstance(value, dict):
        return {key: _untitled(item) for key, item in value.items() if key != "title" or not isinstance(item, str)}
    return [_untitled(item) for item in value] if isinstance(value, list) else value
