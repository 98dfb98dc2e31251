"""Figures as a table for people, and as the block of docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_HEADINGS = ("what", "time of", "measured", "target")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure."""

    what: str
    clock: str
    """CPU or wall."""
    value: float
    unit: str
    target: float | None = None
    """What it must stay below; None where there is no promise."""

    @property
    def is_missed(self) -> bool:
        """Whether the promise is broken."""
        return self.target is not None and self.value > self.target

    def cells(self) -> tuple[str, str, str, str]:
        """The figure as texts."""
        target = "" if self.target is None else f"<= {self.target:g} {self.unit}"
        return self.what, self.clock, f"{self.value:.2f} {self.unit}", target


def table(figures: Iterable[Figure]) -> str:
    """Figures as a table."""
    return markdown_table([_HEADINGS, *(figure.cells() for figure in figures)])


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it reads well in a terminal, too; the first row holds the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])]) + "\n"


def write_block(path: Path, text: str, name: str = "figures") -> None:
    """Put a text in place of a block of a document, by default that of the figures.

    Raises:
        ValueError: the document has no place for it.
    """
    block = re.compile(rf"(<!-- {name}: begin.*?-->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    document = path.read_text()
    if len(block.findall(document)) != 1:
        raise ValueError(f"{path.name} has no single block of {name}")
    path.write_text(block.sub(lambda match: f"{match[1]}{text}{match[2]}", document))
