"""Properties become plain data, whatever a hostile object calls its keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi_policy import proxy

from k8s_hardening.enforcement.thaw import thaw
from k8s_hardening.kube.manifest import UNKNOWN, holds_unknown

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
    assert thaw(proxy.unknown_checking_proxy(plain)) == (plain, False)


def test_whole_numbers_are_whole_again() -> None:
    made, _ = thaw(proxy.unknown_checking_proxy({"port": 80.0, "big": -3.0, "part": 0.5, "flag": True}))
    assert made == {"port": 80, "big": -3, "part": 0.5, "flag": True}
    assert [type(value) for value in made.values()] == [int, int, float, bool]


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_what_is_unknown_is_marked_at_any_depth(sentinel: str) -> None:
    made, _ = thaw(
        proxy.unknown_checking_proxy({"a": sentinel, "b": [sentinel, {"c": sentinel}], "__target": sentinel})
    )
    assert made == {"a": UNKNOWN, "b": [UNKNOWN, {"c": UNKNOWN}], "__target": UNKNOWN}


@pytest.mark.parametrize("place", [{"a": 0}, {"__target": 0}, {"a": {"b": 0}}, {"a": [{"b": [1, 0]}]}, {"a": [[0], 0]}])
@pytest.mark.parametrize("value", [*SENTINELS, "known", None, f"{SENTINELS[0]} and more"])
def test_it_tells_whether_anything_is_unknown(place: dict[str, Any], value: str | None) -> None:
    properties = json.loads(json.dumps(place).replace("0", json.dumps(value)))
    made, told = thaw(proxy.unknown_checking_proxy(properties))
    assert told is holds_unknown(made) is (value in SENTINELS)


def test_all_the_forms_of_unknown_are_known() -> None:
    assert len(SENTINELS) == 7
