"""Durations, read as Go reads them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from k8s_hardening.kube.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("500ms", Fraction(1, 2)), ("1.5h", 5400), ("0s", 0), ("2m0s", 120)],
)
def test_read(text: str, seconds: Fraction) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "-1s", "1d", "1 h", "h", "1h 2m", "1\u0661s", "9" * 40 + "s"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
