"""Each test with a mark stands in the folder in which its target looks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.parametrize("mark", ["e2e", "cluster", "kernel"])
def test_marked_tests_stand_in_the_folder_of_their_mark(mark: str) -> None:
    marked = [
        path.relative_to(TESTS)
        for path in sorted(TESTS.rglob("*.py"))
        if re.search(rf"\bmark\.{mark}\b", path.read_text()) and path != Path(__file__)
    ]
    assert marked
    assert {path.parts[0] for path in marked} == {mark}
