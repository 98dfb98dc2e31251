"""Edits say what differs, as small as can be, and lead from one form of data to the other."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.plans.edits import Edit, apply, copied, differences, plain_copy

LEAVES = st.one_of(st.booleans(), st.integers(-2, 2), st.text("ab", max_size=2))
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=12
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), TREES)


@given(MAPPINGS, MAPPINGS)
def test_edits_lead_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    made = copy.deepcopy(before)
    for edit in list(differences(before, after)):
        apply(made, edit)
    assert made == after
    assert list(differences(made, after)) == []


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["a.c"]),
        ({}, {"a": {"b": {"c": 1}}}, ["a.b.c"]),
        ({"a": None}, {"a": {"b": 1}}, ["a.b"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["a[1].b"]),
        ({"a": ["x"]}, {"a": ["y"]}, ["a"]),
        ({"a": [{"b": 1}]}, {"a": []}, ["a"]),
        ({"x.io/a": 1}, {}, ['["x.io/a"]']),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": UNKNOWN}, {"a": True}, ["a"]),
        ({"a": UNKNOWN}, {"a": UNKNOWN}, []),
    ],
)
def test_edits_are_small(before: Any, after: Any, paths: list[str]) -> None:
    assert [edit.path for edit in differences(before, after)] == paths


def test_data_that_holds_itself_ends() -> None:
    before: dict[str, Any] = {"a": 1}
    before["self"] = before
    after = copy.deepcopy(before)
    after["a"] = 2
    assert Edit(("a",), 1, 2) in list(differences(before, after))
    assert copied(before)["self"]["self"]["a"] == 1


def test_a_copy_is_its_own_and_a_plain_one_knows_no_objects() -> None:
    thing = object()
    data = {"a": [thing, {"b": (1, thing)}]}
    assert copied(data) == {"a": [thing, {"b": [1, thing]}]}
    copied(data)["a"].append(1)
    assert len(data["a"]) == 2
    assert plain_copy(data) == {"a": [UNKNOWN, {"b": [1, UNKNOWN]}]}
