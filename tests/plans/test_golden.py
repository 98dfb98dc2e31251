"""Plans change only together with the files that show them."""

from __future__ import annotations

import pytest

from tests.plans.environments import VERSIONS
from tests.plans.golden import GOLDEN, golden_texts


@pytest.mark.parametrize("version", VERSIONS)
def test_the_plan_is_the_one_that_was_reviewed(version: str) -> None:
    for path, text in golden_texts(version).items():
        assert (GOLDEN / path).read_text() == text, "review it, then run python -m tests.plans.golden"


def test_no_file_is_left_over() -> None:
    expected = {GOLDEN / path for version in VERSIONS for path in golden_texts(version)}
    assert {path for path in GOLDEN.rglob("*") if path.is_file()} == expected
