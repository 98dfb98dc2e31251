"""What `apparmor import` and `apparmor learn` share: texts that come in, profiles that go out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from k8s_hardening.kube.yaml_text import as_yaml

STDIN = "-"
form_option = click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)


def read_bytes(path: str) -> bytes:
    """The content of a file, or of the standard input for `-`.

    Raises:
        OSError: the file cannot be read.
    """
    return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()


def read_lines(path: str) -> Iterator[str]:
    """The lines of a file, or of the standard input for `-`; bytes that are no UTF-8 are kept as Python escapes them.

    Raises:
        OSError: the file cannot be read.
    """
    if path == STDIN:
        yield from (line.decode("utf-8", "surrogateescape") for line in sys.stdin.buffer)
        return
    with Path(path).open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
        yield from lines


def print_profiles(profiles: Sequence[dict[str, Any]], form: str) -> None:
    """Profiles as they stand below `apparmor` in a baseline."""
    found = {"profiles": list(profiles)}
    click.echo(json.dumps(found, indent=2) if form == "json" else as_yaml(found).rstrip())


def say(lines: Iterable[str]) -> None:
    """Lines for people, beside what can be pasted."""
    for line in lines:
        click.echo(line, err=True)
