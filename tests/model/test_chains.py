"""Chains end, also where they are circles."""

from __future__ import annotations

import pytest

from k8s_hardening.model.chains import chain

AFTER = {"a": "b", "b": "c", "c": None, "x": "y", "y": "x", "z": "z", "w": "x"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [("c", ""), ("a", "bc"), ("x", "yx"), ("z", "z"), ("w", "xy")],
)
def test_what_one_leads_to(one: str, expected: str) -> None:
    assert chain(one, AFTER.__getitem__) == tuple(expected)
