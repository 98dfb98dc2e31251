"""Lines of text to the terminal, in colour where somebody looks at it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

import click

from k8s_hardening.cli.report import Line


def wants_colour(no_color: bool, stream: TextIO | None = None) -> bool:
    """Whether a stream, by default the standard output, is a terminal whose user wants colours (https://no-color.org)."""
    wanted = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and (stream or sys.stdout).isatty()


def print_lines(lines: Iterable[Line], *, colour: bool, stream: TextIO | None = None) -> None:
    """Print lines, by default to standard output; long ones are left whole, so that they can be searched and copied."""
    if not colour:
        for line in lines:
            click.echo("".join(text for text, _ in line), file=stream)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream or sys.stdout, force_terminal=True, highlight=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
