"""Every form of a flag reads the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.command_lines import (
    Argument,
    first_command,
    parse_extra_args,
    parse_pairs,
    parse_words,
    with_environment,
    words_of_script,
)
from k8s_hardening.kube.manifest import UNKNOWN

BOOLEANS = {"profiling"}


def parsed(*words: Any) -> list[tuple[str, str, Any]]:
    numbered = [(f"c[{index}]", word) for index, word in enumerate(words)]
    return [(one.path, one.name, one.value) for one in parse_words(numbered, BOOLEANS)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--tls-min-version=VersionTLS12"], [("c[0]", "tls-min-version", "VersionTLS12")]),
        (["--tls-min-version", "VersionTLS12"], [("c[1]", "tls-min-version", "VersionTLS12")]),
        (["-tls-min-version=VersionTLS12"], [("c[0]", "tls-min-version", "VersionTLS12")]),
        (["--tls_min_version=VersionTLS12"], [("c[0]", "tls-min-version", "VersionTLS12")]),
        (["--profiling"], [("c[0]", "profiling", "true")]),
        (["--profiling", "false"], [("c[0]", "profiling", "true")]),
        (["--profiling=false"], [("c[0]", "profiling", "false")]),
        (["--a", "--b=1"], [("c[0]", "a", "true"), ("c[1]", "b", "1")]),
        (["--a=1", "--a=2"], [("c[0]", "a", "1"), ("c[1]", "a", "2")]),
        (["--a=b=c"], [("c[0]", "a", "b=c")]),
        (["--a="], [("c[0]", "a", "")]),
        (["serve", "--a=1", "--", "--b=2"], [("c[1]", "a", "1")]),
        (["--a", UNKNOWN], [("c[1]", "a", UNKNOWN)]),
        ([UNKNOWN, "--a=1"], [("c[0]", "", UNKNOWN), ("c[1]", "a", "1")]),
        ([7, None, "--a=1"], [("c[2]", "a", "1")]),
    ],
)
def test_words(words: list[Any], expected: list[tuple[str, str, Any]]) -> None:
    assert parsed(*words) == expected


def test_extra_args_as_a_map_and_as_a_list_read_the_same() -> None:
    as_map = parse_extra_args({"profiling": "false", "v": 2, "feature_gates": True}, "x")
    as_list = parse_extra_args(
        [{"name": "profiling", "value": "false"}, {"name": "v", "value": 2}, {"name": "feature_gates", "value": True}],
        "x",
    )
    expected = [("profiling", "false"), ("v", "2"), ("feature-gates", "true")]
    assert [(one.name, one.value) for one in as_map] == expected
    assert [(one.name, one.value) for one in as_list] == expected


def test_extra_args_tell_where_a_value_stands() -> None:
    assert [one.path for one in parse_extra_args({"a": "1"}, "apiServer.extraArgs")] == ["apiServer.extraArgs.a"]
    assert [one.path for one in parse_extra_args([{"name": "a", "value": "1"}], "x")] == ["x[0].value"]


def test_what_is_not_known_may_be_any_flag() -> None:
    assert list(parse_extra_args(UNKNOWN, "x")) == [Argument("x", "", UNKNOWN)]
    assert list(parse_extra_args([{"name": UNKNOWN, "value": "1"}], "x")) == [Argument("x[0]", "", UNKNOWN)]
    assert list(parse_extra_args([UNKNOWN], "x")) == [Argument("x[0]", "", UNKNOWN)]
    assert list(parse_pairs(UNKNOWN, "x")) == [Argument("x", "", UNKNOWN)]


def test_lists_of_pairs_as_k3s_takes_them() -> None:
    found = parse_pairs(["profiling=false", "anonymous_auth=false", "bare"], "kube-apiserver-arg")
    assert [(one.name, one.value) for one in found] == [
        ("profiling", "false"),
        ("anonymous-auth", "false"),
        ("bare", "true"),
    ]
    assert list(parse_pairs("profiling=false", "x")) == [Argument("x", "profiling", "false")]


def test_references_to_the_environment_are_followed() -> None:
    words = [("c[0]", "--a=$(A)"), ("c[1]", "--b=$$(A)"), ("c[2]", "--c=$(MISSING)"), ("c[3]", "$(SECRET)")]
    found = with_environment(words, {"A": "1", "SECRET": UNKNOWN})
    assert found == [("c[0]", "--a=1"), ("c[1]", "--b=$(A)"), ("c[2]", "--c=$(MISSING)"), ("c[3]", UNKNOWN)]


def test_a_script_is_split_as_a_shell_does_and_ends_with_its_command() -> None:
    words = words_of_script("exec kube-apiserver --a='x y' \\\n --b=1 >>/var/log/x 2>&1 # --c=1")
    assert words is not None
    assert first_command(words[2:]) == ["--a=x y", "--b=1"]
    assert first_command(["--a=1;", "--b=2"]) == ["--a=1"]
    assert first_command([">", "/var/log/x", "--a=1", "&&", "--b=2"]) == ["--a=1"]
    assert words_of_script("a --x\n# a comment\nb") == ["a", "--x", ";", "b"]
    assert words_of_script("echo 'unfinished") is None
    assert words_of_script("x" * 100_000) is None


@given(st.lists(st.one_of(st.text(max_size=12), st.just(UNKNOWN), st.integers(), st.none()), max_size=8))
def test_any_words_are_read(words: list[Any]) -> None:
    for path, name, value in parsed(*words):
        assert path.startswith("c[")
        assert isinstance(name, str)
        assert name or value is UNKNOWN
