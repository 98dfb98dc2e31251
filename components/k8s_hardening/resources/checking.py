"""The arguments of a component, checked before anything is registered."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pulumi
from pydantic import BaseModel, ValidationError

from k8s_hardening.model.problems import BadInputError, explain, path_text

M = TypeVar("M", bound=BaseModel)
_AT_APPLY = "is an Output; the hardening of a cluster is decided at preview, so give a plain value"


class BadArgsError(BadInputError, pulumi.RunError):
    """A component cannot be made from its arguments; the engine shows each problem on its own line, no traceback."""


def checked(args: Any, model: type[M], name: str) -> M:
    """The arguments of a component as its strict model.

    Args:
        args: plain data, as a program writes it or as the component host hands it over; or the model itself.
        model: the pydantic model of the same fields.
        name: the component's name, which paths in messages start with.

    Raises:
        BadArgsError: with one line per problem.
    """
    if outputs := [f"{path_text(name, loc)}: {_AT_APPLY}" for loc in _outputs(args, ())]:
        raise BadArgsError(outputs)
    try:
        return model.model_validate(args)
    except ValidationError as error:
        raise BadArgsError(explain(error, model, name)) from None


def _outputs(value: Any, loc: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    # A secret is an Output too, so none gets into a message.
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        yield loc
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _outputs(item, (*loc, str(key)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _outputs(item, (*loc, index))
