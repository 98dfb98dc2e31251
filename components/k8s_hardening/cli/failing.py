"""How a command says that it cannot go on: in the words of the person who gave it its input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click


class Refused(click.ClickException):
    """Bad input: every problem on a line of its own, exit status 2."""

    exit_code = 2

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the problems on the error stream."""
        for problem in self.problems:
            click.echo(f"error: {problem}", file=file, err=file is None)


class Interrupted(click.ClickException):
    """The user stopped the command: exit status 130, as of any interrupted program."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print one word on the error stream."""
        click.echo(self.message, file=file, err=file is None)
