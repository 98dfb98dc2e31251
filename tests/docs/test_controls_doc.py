"""docs/controls.md is what the registry says."""

from __future__ import annotations

import re
from pathlib import Path

from k8s_hardening.controls.registry import CONTROLS
from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/controls.md"


def test_the_page_is_up_to_date() -> None:
    assert call("controls", "--format", "markdown").stdout == PAGE.read_text(), "run make docs"


def test_the_page_explains_every_control_once_and_links_to_it() -> None:
    text = PAGE.read_text()
    assert sorted(re.findall(r"^### (\S+)$", text, re.MULTILINE)) == [control.id for control in CONTROLS]
    for control in CONTROLS:
        assert f"[{control.id}](#{control.id})" in text
