"""Values of Secrets as a program hands them over: secrets of Pulumi, and nothing that anybody can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from k8s_hardening.model.problems import path_text
from k8s_hardening.model.tenant_secrets import HIDDEN
from k8s_hardening.resources.checking import BadArgsError

_EXAMPLE = 'pulumi.Config().require_secret("dbPassword")'
_PLAIN = f"{HIDDEN} is not a secret of Pulumi, so it would stand readably in state; for example {_EXAMPLE}"
_VERSIONS = "is an Output, and versions must be known at preview; give a mapping of version to key to secret"

Values = pulumi.Output[Mapping[str, str]]


class GivenValues:
    """The values among the arguments of a component, apart from what may be shown of them."""

    def __init__(self, name: str, args: Any) -> None:
        """Take the values out of the arguments.

        Raises:
            BadArgsError: a value is plainly no secret, or there is none.
        """
        self._name = name
        self._given: dict[str, Any] = dict(args) if isinstance(args, Mapping) else {}
        self._data = self._given.get("data")
        previous = self._given.get("previous")
        self._previous: Mapping[str, Any] = previous if isinstance(previous, Mapping) else {}
        problems = [problem for path, found in self.each() for problem in _problems(path, found)]
        if isinstance(previous, pulumi.Output):
            problems.append(f"{name}.previous: {_VERSIONS}")
        if problems:
            raise BadArgsError(problems)

    def each(self) -> Iterator[tuple[str, Any]]:
        """Path and values of each version, the present one first."""
        yield f"{self._name}.data", self._data
        for version, found in self._previous.items():
            yield path_text(self._name, ["previous", str(version)]), found

    def hidden(self) -> dict[str, Any]:
        """The arguments with `[secret]` in place of every value; keys that are not known yet are left out."""
        shown = dict(self._given)
        if "data" in shown:
            shown["data"] = _hidden(self._data)
        if self._previous:
            shown["previous"] = {version: _hidden(found) for version, found in self._previous.items()}
        return shown


def _hidden(found: Any) -> Any:
    if isinstance(found, pulumi.Output):
        return {}
    return dict.fromkeys(found, HIDDEN) if isinstance(found, Mapping) else found


def _problems(path: str, found: Any) -> Iterator[str]:
    """What is wrong with values at first sight; an Output shows only later whether it is a secret."""
    if isinstance(found, Mapping):
        if not found:
            yield f'{path}: {{}} is empty; for example {{"password": {_EXAMPLE}}}'
        for key, value in found.items():
            if not isinstance(value, pulumi.Output):
                yield f"{path_text(path, [str(key)])}: {_PLAIN}"
    elif found is not None and not isinstance(found, pulumi.Output):
        yield f"{path}: {_PLAIN}"


def secret_values(found: Any, path: str) -> Values:
    """The values of one Secret, marked as a secret as a whole.

    A program in another language sends them one by one, or all of them as one secret.

    Args:
        found: mapping of key to Output, or an Output of a mapping.
        path: what messages start with.
    """
    if isinstance(found, pulumi.Output):
        return _sealed(found, path)
    return pulumi.Output.secret(
        pulumi.Output.all(**{key: _sealed(value, path_text(path, [key])) for key, value in found.items()})
    )


def _sealed(value: pulumi.Output[Any], path: str) -> pulumi.Output[Any]:
    async def sealed() -> Any:
        # Whether a value that is not known yet will be a secret is known with the value.
        if await value.is_known() and not await value.is_secret():
            raise BadArgsError([f"{path}: {_PLAIN}"])
        return value

    made: pulumi.Output[Any] = pulumi.Output.from_input(sealed())
    return pulumi.Output.secret(made)
