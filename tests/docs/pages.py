"""The documents as data: their blocks, their inline code, their links and anchors."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_GENERATED = ("controls.md", "baseline.md")
_FOLDERS = ("", "docs", "examples/*", "components")


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(PROJECT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return _BLOCK.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language."""
        return [block for found, block in _BLOCK.findall(self.text) if found == language]

    def inline(self) -> list[str]:
        """Everything between single backticks."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    def links(self) -> list[str]:
        """The targets of all links that stay within the project."""
        found = re.findall(r"\]\(([^)\s]+)\)", self.prose)
        return [target for target in found if not re.match(r"[a-z]+:", target)]

    def anchors(self) -> set[str]:
        """What the headings can be reached by."""
        headings = map(html.unescape, re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE))
        return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages() -> list[Page]:
    """Every document of the project, sorted."""
    return [Page(path) for folder in _FOLDERS for path in sorted(PROJECT.glob(f"{folder}/*.md" if folder else "*.md"))]


def written_pages() -> list[Page]:
    """Those that people write."""
    return [page for page in pages() if page.path.name not in _GENERATED]


def page(name: str) -> Page:
    """The document of a path."""
    return Page(PROJECT / name)
