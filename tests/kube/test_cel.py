"""Expressions hold what they are given and nothing that it could be taken for."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.cel import all_of, any_of, inlined, lists_by_name, pattern, text, texts, texts_by_name


@pytest.mark.parametrize(
    ("value", "literal"),
    [("web", "'web'"), ("it's", r"'it\'s'"), ("a\\", r"'a\\'"), ("a\nb", r"'a\nb'"), ("' || true", r"'\' || true'")],
)
def test_a_text_stays_within_its_quotes(value: str, literal: str) -> None:
    assert text(value) == literal


def test_a_pattern_stands_as_it_is_and_cannot_hold_its_quote() -> None:
    assert pattern(r"^a\.b$") == r"r'^a\.b$'"
    with pytest.raises(ValueError, match="quote"):
        pattern("it's")


def test_the_same_set_gives_the_same_text() -> None:
    assert texts(["b", "a", "b"]) == "['a', 'b']"
    assert lists_by_name({"b": ["y", "x"], "a": [], "c": ["z"]}) == "{'b': ['x', 'y'], 'c': ['z']}"
    assert texts_by_name({"b": "y", "a": "x"}) == "{'a': 'x', 'b': 'y'}"
    assert texts([]) == "[]"
    assert lists_by_name({}) == "{}"


def test_conditions_of_nothing_are_never_and_always() -> None:
    assert any_of([]) == "false"
    assert all_of([]) == "true"
    assert any_of(["a", "b && c"]) == "(a) || (b && c)"
    assert all_of(["a", "b || c"]) == "(a) && (b || c)"
    assert any_of(["a && b"]) == "a && b"


def test_variables_are_written_out_all_the_way_down() -> None:
    variables = {"pod": "object.spec", "images": "variables.pod.containers.map(c, c.image)"}
    assert inlined("variables.images.all(i, i != '')", variables) == (
        "((object.spec).containers.map(c, c.image)).all(i, i != '')"
    )
