"""What the dialects write changes only together with the files that show it."""

from __future__ import annotations

import pytest

from tests.plans.control_plane.dialects.samples import CASES
from tests.plans.control_plane.golden import GOLDEN, golden_text


@pytest.mark.parametrize(("dialect", "version"), CASES)
def test_the_control_plane_is_the_one_that_was_reviewed(dialect: str, version: str) -> None:
    reviewed = (GOLDEN / f"{dialect}-{version}.yaml").read_text()
    assert golden_text(dialect, version) == reviewed, "review it, then run python -m tests.plans.control_plane.golden"


def test_no_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{dialect}-{version}.yaml" for dialect, version in CASES}
