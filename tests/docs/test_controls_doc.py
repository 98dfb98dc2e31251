"""docs/controls.md is what the registry says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from k8s_hardening.controls.control import Control
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.standards import wording
from k8s_hardening.kube.version import OLDEST
from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/controls.md"
FIXTURES = Path(__file__).parents[1] / "controls"


def test_the_page_is_up_to_date() -> None:
    assert call("controls", "--format", "markdown").stdout == PAGE.read_text(), "run make docs"


def test_the_page_explains_every_control_once_and_links_to_it() -> None:
    text = PAGE.read_text()
    assert sorted(re.findall(r"^### (\S+)$", text, re.MULTILINE)) == [control.id for control in CONTROLS]
    for control in CONTROLS:
        assert f"[{control.id}](#{control.id})" in text


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_shows_its_versions_and_the_words_of_the_standards(control: Control) -> None:
    text = PAGE.read_text()
    (row,) = (line for line in text.splitlines() if line.startswith(f"| [{control.id}](#"))
    full = text.partition(f"\n### {control.id}\n")[2].partition("\n### ")[0]
    for reference in control.references:
        assert reference in row
        assert f"- Standard: {wording(reference)}\n" in full
    versions = [control.since, control.until, *(revision.since for revision in control.revisions)]
    for version in versions:
        if version is not None and version > OLDEST:
            assert str(version) in row
            assert str(version) in full
    if not any(version is not None and version > OLDEST for version in (control.since, control.until)):
        assert "| every version" in row


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_no_control_is_without_objects_that_pass_and_objects_that_fail(control: Control, verdict: str) -> None:
    assert list((FIXTURES / control.id / verdict).glob("*.yaml"))
