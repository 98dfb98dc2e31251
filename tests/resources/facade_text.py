"""The text of resources/control_plane_args.py, from the models: the component host reads source, so it must be source.

`python -m tests.resources.facade_text` writes it anew.
"""

from __future__ import annotations

import datetime
import enum
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs, ControlPlaneSpec

TARGET = Path(__file__).parents[2] / "components/k8s_hardening/resources/control_plane_args.py"
_HEAD = '''\
"""Arguments of the control plane, as plain dictionaries of any language.

Written by `python -m tests.resources.facade_text` from the models of model/control_plane, which check them. The
component host reads the types themselves, so this file has no `from __future__ import annotations`, no Literal, no
union and no tuple.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict
'''
# The component's own arguments have the shorter name.
_NAMES = {ControlPlaneSpec: "ControlPlaneSettingsArgs", ControlPlaneInputs: "ControlPlaneArgs"}


def facade_text() -> str:
    """The whole file, formatted."""
    return _HEAD + "".join(f"\n\n{_class(name, model)}" for name, model in _models().items())


def facade_names() -> list[str]:
    """Names of all classes in the file."""
    return sorted(_models())


def _models() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for root in (ControlPlaneSpec, ControlPlaneInputs):
        _collect(root, found)
    return found


def _name(model: type[BaseModel]) -> str:
    return _NAMES.get(model, f"{model.__name__.removesuffix('Spec')}Args")


def _collect(model: type[BaseModel], found: dict[str, type[BaseModel]]) -> None:
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            if _name(inner) not in found:
                _collect(inner, found)
    found[_name(model)] = model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for part in typing.get_args(annotation) for inner in _models_in(part)]


def _class(name: str, model: type[BaseModel]) -> str:
    lines = [f"class {name}(TypedDict):", f'    """{_first_line(model)}"""', ""]
    for key, field in model.model_fields.items():
        annotation = _type(field.annotation)
        lines.append(f"    {key}: {annotation if field.is_required() else f'NotRequired[{annotation}]'}")
        lines += _docstring(field.description or "")
    return "\n".join(lines) + "\n"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _docstring(text: str) -> list[str]:
    # The host takes the text as it stands in the source, so further lines begin where they begin for a reader.
    first, *rest = f'''"""{text}"""'''.splitlines()
    return [f"    {first}", *rest]


def _type(annotation: Any) -> str:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return _name(annotation)
        if issubclass(annotation, enum.Enum | KubeVersion | datetime.date):
            return "str"
        if annotation in (str, bool, int, float):
            return annotation.__name__
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(parts[0])
    if origin in (typing.Union, types.UnionType):
        (one,) = (part for part in parts if part is not type(None))
        return _type(one)
    if origin is tuple:
        return f"Sequence[{_type(parts[0])}]"
    if origin is dict:
        return f"Mapping[str, {_type(parts[1])}]"
    raise TypeError(f"no facade for {annotation}")


def main() -> None:
    """Write the file anew."""
    TARGET.write_text(facade_text())


if __name__ == "__main__":
    main()
