"""Properties become plain data, whatever a hostile object calls its keys."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy import proxy

from k8s_hardening.enforcement.thaw import thaw
from k8s_hardening.kube.manifest import UNKNOWN

SENTINELS = [value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")]


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"a": {"b": [1, "x", None, True, [], {}, [{"c": ""}]]}, "d": 1.5},
        {"labels": {"__target": {"a": "b"}, "a": "c"}},
        {"list": [[["deep"]]]},
    ],
)
def test_plain_data_comes_back_as_it_was(plain: dict[str, Any]) -> None:
    assert thaw(proxy.unknown_checking_proxy(plain)) == plain


def test_whole_numbers_are_whole_again() -> None:
    made = thaw(proxy.unknown_checking_proxy({"port": 80.0, "big": -3.0, "part": 0.5, "flag": True}))
    assert made == {"port": 80, "big": -3, "part": 0.5, "flag": True}
    assert [type(value) for value in made.values()] == [int, int, float, bool]


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_what_is_unknown_is_marked_at_any_depth(sentinel: str) -> None:
    made = thaw(proxy.unknown_checking_proxy({"a": sentinel, "b": [sentinel, {"c": sentinel}], "__target": sentinel}))
    assert made == {"a": UNKNOWN, "b": [UNKNOWN, {"c": UNKNOWN}], "__target": UNKNOWN}


def test_all_the_forms_of_unknown_are_known() -> None:
    assert len(SENTINELS) == 7
