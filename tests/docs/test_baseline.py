"""docs/baseline.md is what the models say."""

from __future__ import annotations

from pathlib import Path

from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/baseline.md"


def test_the_page_is_up_to_date() -> None:
    assert call("baseline", "--format", "markdown").stdout == PAGE.read_text(), "run make docs"
