"""Prints every figure; `--write` puts them into docs/performance.md."""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys

from tests.bench import commands, pack_cost, reach_cost
from tests.bench.figures import Figure, table, write_block
from tests.bench.measuring import RUNS, reference
from tests.bench.pack_cost import ROUNDS
from tests.bench.samples import ROOT

_PAGE = ROOT / "docs/performance.md"


def main() -> int:
    """Measure, print, and end with 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--reach", action="store_true", help="measure only what is reachable in large clusters")
    arguments = parser.parse_args()
    missed = _reach(write=arguments.write)
    if not arguments.reach:
        missed += _figures(write=arguments.write)
    for what in missed:
        print(f"target missed: {what}", file=sys.stderr)
    return 1 if missed else 0


def _reach(*, write: bool) -> list[str]:
    text, missed = reach_cost.measured()
    print(text)
    if write:
        write_block(_PAGE, text, "reach")
    return missed


def _figures(*, write: bool) -> list[str]:
    setting = _setting()
    measured: list[Figure] = []
    for figure in itertools.chain(pack_cost.figures(), commands.figures()):
        print(f"  {figure.what} ({figure.clock}): {figure.value:.2f} {figure.unit}", file=sys.stderr, flush=True)
        measured.append(figure)
    text = f"{setting}\n\n{table(measured)}"
    print(text, end="")
    if write:
        write_block(_PAGE, text)
    return [figure.what for figure in measured if figure.is_missed]


def _setting() -> str:
    return (
        f"Medians of {RUNS} runs, of {ROUNDS} for one resource, with Python {platform.python_version()} "
        f"on {os.cpu_count()} cores ({platform.machine()}); load of the machine at the start {os.getloadavg()[0]:.1f}; "
        f"squaring a million numbers took {reference() * 1000:.0f} ms of the processor."
    )


if __name__ == "__main__":
    sys.exit(main())
