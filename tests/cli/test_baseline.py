"""`baseline` says of every setting what the models say."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from k8s_hardening.cli.baseline_texts import parts
from k8s_hardening.model.base import Model
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call

PROJECT = Path(__file__).parents[2]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def settings(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field with its path, found without the schema from which the texts are made."""
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        for inner in models_in(field.annotation):
            origin = typing.get_origin(field.annotation)
            step = "[]" if origin is tuple else ".<name>" if origin is dict else ""
            yield from settings(inner, f"{path}{name}{step}.")


SETTINGS = dict(settings(Baseline))
SCHEMA = json.loads(call("baseline", "--format", "json-schema").stdout)


def test_the_list_holds_every_setting_once_with_its_docstring() -> None:
    lines = call("baseline").stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(SETTINGS)
    assert len(lines) > 40
    for line in lines:
        description = SETTINGS[line.split()[0]].description
        assert description
        assert " ".join(description.split()) in line


def test_the_list_says_what_is_required_and_what_is_the_default() -> None:
    lines = {line.split()[0]: line for line in call("baseline").stdout.splitlines()}
    for path, field in SETTINGS.items():
        assert ("required]" in lines[path]) is field.is_required(), path
    assert lines["images.allow_tags"].endswith("[true or false; false]")
    assert lines["tenants[].namespaces[].pod_security"].endswith('[one of restricted, baseline; "restricted"]')
    assert lines["tenants[].namespaces[].limits.max"].endswith('[mapping to text or number; {cpu: "2", memory: "4Gi"}]')
    assert lines["tenants[].decommission"].endswith("[day; none]")


def test_the_page_names_every_model_with_its_docstring() -> None:
    page = call("baseline", "--format", "markdown").stdout
    for model in {Baseline, *(inner for field in SETTINGS.values() for inner in models_in(field.annotation))}:
        first = (inspect.getdoc(model) or "").splitlines()[0]
        assert first
        assert f"\n{first}\n" in page


class Leaf(Model):
    """One leaf."""

    size: int = 3
    """How large."""


class Colour(StrEnum):
    """The only colour."""

    GREEN = "green"


class Tree(Model):
    """Every shape in which one model holds others."""

    crown: Leaf | None = None
    """At most one."""
    twigs: tuple[Leaf, ...] = ()
    """Many."""
    named: dict[str, Leaf] = {}
    """By name."""
    colour: Colour = Colour.GREEN
    """What it looks like."""
    either: int | bool = True
    """A choice."""


def test_a_model_is_found_wherever_it_stands() -> None:
    tree, leaf = parts(Tree)
    assert leaf.paths == ["crown", "twigs[]", "named.<name>"]
    assert leaf.text == "One leaf."
    assert [(one.name, one.type, one.part, one.default) for one in tree.settings] == [
        ("crown", "mapping", "crown", "none"),
        ("twigs", "list of mapping", "twigs[]", "empty"),
        ("named", "mapping to mapping", "named.<name>", "empty"),
        ("colour", "one of green", None, '"green"'),
        ("either", "whole number or true or false", None, "true"),
    ]
    assert [(one.name, one.type, one.default) for one in leaf.settings] == [("size", "whole number", "3")]


def problems(schema: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """What a schema of the kinds used here has against some data."""
    if "$ref" in schema:
        schema = {**SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}
    if "anyOf" in schema:
        if all(list(problems(one, value, path)) for one in schema["anyOf"]):
            yield path
        return
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "number": int | float,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, types[one]) for one in named) or ("enum" in schema and value not in schema["enum"]):
        yield path
    elif isinstance(value, dict):
        inner = schema.get("properties", {})
        yield from (f"{path}.{key} is missing" for key in schema.get("required", ()) if key not in value)
        for key, item in value.items():
            if key in inner:
                yield from problems(inner[key], item, f"{path}.{key}")
            elif schema.get("additionalProperties") is False:
                yield f"{path}.{key} is not known"
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from problems(schema["additionalProperties"], item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from problems(schema["items"], item, f"{path}[]")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_committed_environments_fit_the_schema(environment: str) -> None:
    document = yaml.safe_load((PROJECT / f"Pulumi.{environment}.yaml").read_text())
    assert list(problems(SCHEMA, document)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kubernetes": 1.36}, ".kubernetes"),
        ({"dialect": "kubeadmin"}, ".dialect"),
        ({"tenant": []}, ".tenant is not known"),
        ({"tenants": [{"name": "a"}]}, ".tenants[].namespaces is missing"),
        ({"tenants": [{"name": "a", "namespaces": [{"name": "b", "quota": {"pods": []}}]}]},
         ".tenants[].namespaces[].quota.pods"),
    ],
)  # fmt: skip
def test_the_schema_marks_what_the_models_refuse(change: dict[str, Any], expected: str) -> None:
    document = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())
    document["config"][ROOT].update(change)
    assert list(problems(SCHEMA, document)) == [f".config.{ROOT}{expected}"]


def test_the_schema_takes_amounts_as_numbers_as_the_models_do() -> None:
    document = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())
    document["config"][ROOT]["tenants"][0]["namespaces"][0]["quota"]["pods"] = 80
    Baseline.model_validate(document["config"][ROOT])
    assert list(problems(SCHEMA, document)) == []
