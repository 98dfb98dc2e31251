"""docs/cnis.md is what the table of network plug-ins says, and says what it is not."""

from __future__ import annotations

from pathlib import Path

from k8s_hardening.kube.cnis import CNIS
from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/cnis.md"


def test_the_page_is_up_to_date() -> None:
    assert call("cnis", "--format", "markdown").stdout == PAGE.read_text(), "run make docs"


def test_the_page_has_a_row_and_a_part_for_each_plug_in() -> None:
    text = PAGE.read_text()
    for name, cni in CNIS.items():
        assert f"\n| [{name}](#{name}) | " in text
        assert f"\n## {name}\n\n{cni.title}.\n" in text


def test_the_page_says_that_nothing_was_seen_in_traffic() -> None:
    assert "no node of a cluster runs here" in PAGE.read_text()
