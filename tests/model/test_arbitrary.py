"""Whatever data comes, the models answer with problems in their own words, and never with a traceback."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.model.problems import BadInputError, explain
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.model.tenant import TenantInputs
from tests.model.sample import sample

pytestmark = pytest.mark.thorough

WORDS = st.sampled_from(
    [
        "name",
        "tenants",
        "namespaces",
        "flows",
        "admins",
        "viewers",
        "parent",
        "access",
        "break_glass",
        "secure",
        "cidr",
        "1.36",
        "10.0.0.0/8",
        "group:a",
        "TCP/1-2",
        "a",
        "\ud800",
    ]
)
KEYS = st.one_of(WORDS, st.text(max_size=5), st.integers(0, 3), st.none())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=8))
JSON_LIKE = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, item in items for place in places_in(item, (*path, step)))]


PLACES = [place for place in places_in(sample()) if place]


def check_words(error: ValidationError, model: type[BaseModel]) -> None:
    lines = explain(error, model, "root")
    assert lines
    assert all(line.isprintable() for line in lines)


@settings(max_examples=150, deadline=None)
@given(raw=JSON_LIKE)
def test_any_data_is_accepted_or_refused_in_words(raw: Any) -> None:
    with pytest.raises(BadInputError) as caught:
        read_baseline(raw)
    assert all(line.isprintable() for line in caught.value.problems)


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(PLACES), value=JSON_LIKE)
def test_any_value_anywhere_in_a_good_baseline(place: tuple[Any, ...], value: Any) -> None:
    data = copy.deepcopy(sample())
    holder: Any = data
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    try:
        made = Baseline.model_validate(data)
    except ValidationError as error:
        check_words(error, Baseline)
    else:
        assert Baseline.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize("model", [TenantInputs, DenyAllInputs, Knowledge])
@settings(max_examples=60, deadline=None)
@given(raw=JSON_LIKE)
def test_the_inputs_of_components_and_of_the_pack(model: type[BaseModel], raw: Any) -> None:
    try:
        model.model_validate(raw)
    except ValidationError as error:
        check_words(error, model)
    else:
        assert model is Knowledge  # an empty one is valid; a component always needs a name
