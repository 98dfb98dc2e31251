"""What a run of the engine showed, for people and as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from k8s_hardening.cli.printing import wants_colour
from k8s_hardening.cli.report import exempt_line, printable
from k8s_hardening.engine.events import Summary
from k8s_hardening.engine.workspace import Outcome


def print_summary(outcome: Outcome, *, no_color: bool = False) -> None:
    """Resources judged, findings by control, and verdicts that could not be given."""
    summary = outcome.summary
    colours: Literal["auto"] | None = "auto" if wants_colour(no_color, sys.stderr) else None
    console = Console(stderr=True, highlight=False, soft_wrap=True, color_system=colours)
    console.print(f"\nPolicy pack: {len(summary.judged)} resources judged, {_verdict(outcome)}.")
    if summary.violations:
        console.print(_table(summary))
    for line in _exempt(summary):
        console.print(Text.assemble(("exempt: ", "yellow"), printable(line)))
    for message in sorted(summary.not_run):
        console.print(Text.assemble(("not judged: ", "red"), printable(message)))
    undecided = sum(one.undecided for one in summary.violations)
    if undecided:
        console.print(f"{undecided} verdicts cannot be given before apply; they are given at up.")


def _verdict(outcome: Outcome) -> str:
    if outcome.summary.is_blocked:
        return "[red]blocked[/]"
    if outcome.status != 0:
        return "[red]but the engine failed[/]"
    return "[green]nothing blocks[/]" if outcome.summary.is_judged else "[red]so nothing is proven[/]"


def _table(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("control", "mandatory", "advisory", "undecided"):
        table.add_column(heading, justify="left" if heading == "control" else "right")
    for control, counts in _counts(summary).items():
        table.add_row(control, *(str(counts[key]) for key in ("mandatory", "advisory", "undecided")))
    return table


def _exempt(summary: Summary) -> Iterator[str]:
    """Each exemption that lets something through, with how much."""
    counts = Counter((one.control, one.until, one.owner) for one in summary.exempt)
    for (control, until, owner), number in sorted(counts.items()):
        yield exempt_line(number, control, until, owner)


def _counts(summary: Summary) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for one in sorted(summary.violations):
        found = counts.setdefault(one.control, Counter())
        found[one.level] += 1
        found["undecided"] += one.undecided
    return counts


def summary_json(summary: Summary) -> str:
    """The same, for programs."""
    return json.dumps(
        {
            "judged": len(summary.judged),
            "blocked": summary.is_blocked,
            "changes": summary.changes,
            "steps": dict(sorted(summary.steps.items())),
            "findings": [
                {
                    "control": one.control,
                    "level": one.level,
                    "urn": one.urn,
                    "message": one.message,
                    "undecided": one.undecided,
                }
                for one in sorted(summary.violations)
            ],
            "exempt": [
                {
                    "control": one.control,
                    "until": one.until,
                    "owner": one.owner,
                    "urn": one.urn,
                    "message": one.message,
                }
                for one in sorted(summary.exempt)
            ],
            "not_judged": sorted(summary.not_run),
        },
        indent=2,
    )


def show(outcome: Outcome, form: str, *, no_color: bool = False) -> None:
    """Print a summary as text or as JSON, and what to do about a failure."""
    if form == "json":
        click.echo(summary_json(outcome.summary))
    else:
        print_summary(outcome, no_color=no_color)
    if outcome.hint:
        click.echo(f"error: {outcome.hint}", err=True)


def status_of(outcome: Outcome) -> int:
    """Exit status of a run: 0 when nothing blocks, else 1. A run that the pack did not judge proves nothing."""
    if outcome.status != 0 or outcome.summary.is_blocked:
        return 1
    if not outcome.summary.judged:
        click.echo("the pack judged no resource, so nothing is proven", err=True)
        return 1
    if not outcome.summary.stack_judged:
        click.echo("the policies over all resources together did not run, so nothing is proven", err=True)
        return 1
    return 0
