"""Streams are read as the clients of Kubernetes read them; what is wrong is told with its line; nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.kube import documents
from k8s_hardening.kube.composing import DEEPEST, MOST_ALIASED, Budget
from k8s_hardening.kube.documents import (
    LARGEST,
    BadDocument,
    Document,
    UnreadableError,
    read_documents,
    read_one,
)


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both scanners must say the same."""
    monkeypatch.setattr(documents, "_LOADER", yaml.CSafeLoader if request.param == "libyaml" else yaml.SafeLoader)


def read(text: str | bytes, source: str = "app.yaml") -> list[Document | BadDocument]:
    return list(read_documents(text.encode() if isinstance(text, str) else text, source))


def values(text: str | bytes, source: str = "app.yaml") -> list[Any]:
    found = read(text, source)
    assert all(isinstance(document, Document) for document in found), found
    return [document.value for document in found if isinstance(document, Document)]


def flaws(text: str | bytes, source: str = "app.yaml") -> list[tuple[int, str]]:
    return [(f.line, f.what) for d in read(text, source) if isinstance(d, BadDocument) for f in d.flaws]


def test_documents_come_with_the_line_where_they_start() -> None:
    found = read("# head\n\na: 1\n---\n\nb: 2\n--- # third\nc: 3\n")
    assert found == [
        Document("app.yaml", 3, {"a": 1}),
        Document("app.yaml", 6, {"b": 2}),
        Document("app.yaml", 8, {"c": 3}),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "---\n---\n", "~\n", "null", "\ufeff", "--- # x\n# y", "\r\n"]
)
def test_an_empty_document_is_left_out(text: str) -> None:
    assert read(text) == []


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing() -> None:
    assert values("\ufeffa: b\r\n---\r\nc: |\r\n  d\r\n  e\r\n") == [{"a": "b"}, {"c": "d\ne\n"}]


def test_a_timestamp_stays_text_and_a_quoted_word_too() -> None:
    assert values("a: 2026-11-24\nb: 2026-11-24T10:00:00Z\nc: 'yes'\nd: yes\n") == [
        {"a": "2026-11-24", "b": "2026-11-24T10:00:00Z", "c": "yes", "d": True}
    ]


def test_tags_of_plain_yaml_are_obeyed() -> None:
    text = 'a: !!str 5\nb: !!int "0x10"\nc: !!bool "yes"\nd: !!float 5\ne: !!null ""\nf: !!timestamp 2001-01-01\n'
    assert values(text) == [{"a": "5", "b": 16, "c": True, "d": 5, "e": None, "f": "2001-01-01"}]
    assert values("!!map\na: !!seq [1]\n") == [{"a": [1]}]


@pytest.mark.parametrize("tag", ["!foo", "!!binary", "!!python/name:os.system", "!!set", "!!omap", "!!merge", "!"])
def test_other_tags_are_refused(tag: str) -> None:
    for text in (f"kind: a\nb: {tag} c\n", f"kind: a\nb: {tag} [c]\n", f"kind: a\nb: {tag} {{c: d}}\n"):
        [(line, what)] = flaws(text)
        assert line == 2
        assert f'the tag "{tag}"' in what or tag == "!"


def test_a_value_that_its_tag_contradicts_is_refused() -> None:
    assert flaws("kind: a\nb: !!int x\n") == [(2, "the value cannot be read as its tag !!int says")]


@pytest.mark.parametrize(
    "text",
    ["kind: A\nspec:\n  image: a\n  image: b\n", "kind: A\nspec: {image: a,\n\n  'image': b}\n"],
)
def test_a_key_that_stands_twice_is_refused_with_both_lines(text: str) -> None:
    [(line, what)] = flaws(text)
    first = 3 if "'" not in text else 2
    assert (line, what) == (4, f'key "image" stands twice in one mapping, first on line {first}')


def test_a_key_that_stands_twice_in_json_is_refused() -> None:
    text = '{"kind": "A"}\n{"kind": "B",\n "spec": {"image": "a", "image": "b"}}\n'
    found = read(text, "app.json")
    assert found[0] == Document("app.json", 1, {"kind": "A"})
    assert flaws(text, "app.json") == [(2, 'key "image" stands twice in one object of the document')]


@pytest.mark.parametrize(
    ("key", "what"),
    [("on", "a boolean"), ("8080", "a number"), ("~", "empty"), ("1.5", "a number"), ("[a]", ""), ("{a: b}", "")],
)
def test_a_key_that_is_no_text_is_refused(key: str, what: str) -> None:
    [(line, text)] = flaws(f"kind: A\n? {key}\n: b\n")
    assert line == 2
    assert what in text
    assert "JSON has only text keys" in text


def test_a_flaw_in_what_was_never_meant_for_kubernetes_is_marked_foreign() -> None:
    [workflow] = read("on: push\njobs: {}\n")
    assert isinstance(workflow, BadDocument)
    assert workflow.foreign
    for text in ("kind: A\non: b\n", "apiVersion: v1\non: b\n", "<<: {kind: A}\non: b\n"):
        [meant] = read(text)
        assert isinstance(meant, BadDocument)
        assert not meant.foreign


def test_aliases_and_merges_are_read() -> None:
    text = "base: &base {a: 1, b: 2}\nfirst: {<<: *base, b: 3}\nlist: [*base, *base]\nmore: {<<: [{a: 5}, *base]}\n"
    base = {"a": 1, "b": 2}
    assert values(text) == [{"base": base, "first": {"a": 1, "b": 3}, "list": [base, base], "more": {"a": 5, "b": 2}}]
    assert values("&key a: 1\nb: *key\n") == [{"a": 1, "b": "a"}]


def test_a_quoted_merge_key_is_a_plain_key() -> None:
    assert values("'<<': {a: 1}\n") == [{"<<": {"a": 1}}]


def test_a_merge_after_the_key_that_it_sets_is_refused() -> None:
    """YAML lets the key win, the clients let the merge win: a way to hide a value from one of them."""
    [(line, what)] = flaws("kind: A\nsafe: &s {privileged: true}\nc:\n  privileged: false\n  <<: *s\n")
    assert line == 5
    assert '"privileged"' in what


@pytest.mark.parametrize("text", ["l: &l [{a: 1}]\nkind: {<<: *l}\n", "kind: {<<: 5}\n", "kind: {<<: [5]}\n"])
def test_a_merge_of_anything_but_mappings_is_refused(text: str) -> None:
    assert "`<<` takes a mapping" in flaws(text)[0][1]


def test_an_alias_without_anchor_or_inside_itself_is_refused() -> None:
    assert flaws("a: 1\nb: *nowhere\n") == [(2, "the alias *nowhere has no anchor before it")]
    assert flaws("a: &a\n  b: [*a]\n") == [(2, "the alias *a stands inside what it repeats")]
    assert flaws("a: &a 1\n---\nb: *a\n") == [(3, "the alias *a has no anchor before it")]


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_a_billion_laughs_are_refused_and_the_rest_is_read() -> None:
    found = read(laughs(9) + "---\nb: 1\n")
    assert isinstance(found[0], BadDocument)
    assert f"more than {MOST_ALIASED} values" in found[0].flaws[0].what
    assert found[1:] == [Document("app.yaml", 11, {"b": 1})]
    assert len(values(laughs(4))) == 1


def test_the_bound_on_aliases_holds_for_the_file_not_for_each_document() -> None:
    thirty_thousand = laughs(4) + "more: [*a3, *a3]\n"
    found = read("---\n".join([thirty_thousand] * 40))
    assert [isinstance(document, BadDocument) for document in found] == sorted(
        isinstance(document, BadDocument) for document in found
    )
    assert isinstance(found[0], Document)
    assert isinstance(found[-1], BadDocument)


@pytest.mark.parametrize("opening", ["[", '{"a":', "- ", "? "])
@pytest.mark.parametrize("times", [DEEPEST + 1, 50_000])
def test_nesting_is_bounded(opening: str, times: int) -> None:
    assert flaws(opening * times) == [(1, f"is nested deeper than {DEEPEST} levels")]


@pytest.mark.parametrize("times", [DEEPEST, 50_000])
def test_nesting_of_json_is_bounded(times: int) -> None:
    text = '{"a":' * times + "[]" + "}" * times
    assert flaws(text, "app.json") == [(1, f"is nested deeper than {DEEPEST} levels")]


def test_nesting_within_the_bound_is_read() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        text = opening * (DEEPEST - 1) + "[]" + closing * (DEEPEST - 1)
        assert values(text) == [json.loads(text)]
    assert "nested deeper" in flaws('{"a":' * DEEPEST + "[]" + "}" * DEEPEST)[0][1]


def test_nesting_through_aliases_is_bounded() -> None:
    step = "[" * 90, "]" * 90
    text = f"a: &a {step[0]}{step[1]}\nb: &b {step[0]}*a{step[1]}\nc: {step[0]}*b{step[1]}\n"
    assert flaws(text) == [(3, f"is nested deeper than {DEEPEST} levels")]


def test_a_broken_document_leaves_the_others_readable() -> None:
    found = read("a: 1\n---\nb: c: d\n---\ne: [\n---\nf: 2\n")
    assert [type(document) for document in found] == [Document, BadDocument, BadDocument, Document]
    assert [line for line, _ in flaws("a: 1\n---\nb: c: d\n---\nf: 2\n")] == [3]


def test_a_tab_is_named() -> None:
    [(line, what)] = flaws("a:\n  b: 1\n\tc: 2\n")
    assert line == 3
    assert "a tab cannot indent YAML" in what


def test_a_template_is_named() -> None:
    [(line, what)] = flaws("kind: A\n{{- if .Values.on }}\nb: 1\n{{- end }}\n")
    assert line >= 2
    assert "looks like a template" in what


def test_text_behind_a_separator_is_refused() -> None:
    found = read("a: 1\n--- b: 2\n---\nc: 3\n")
    assert found[0] == Document("app.yaml", 1, {"a": 1})
    assert flaws("a: 1\n--- b: 2\n---\nc: 3\n") == [
        (2, "`---` is followed by text, which the clients of Kubernetes refuse")
    ]
    assert found[2] == Document("app.yaml", 4, {"c": 3})


@pytest.mark.parametrize("second", ["...\nb: 2\n", "...\n\n# x\n... # y\n- b\n", "...\n%TAG !a! b:\n"])
def test_what_the_clients_would_skip_after_a_document_is_refused(second: str) -> None:
    [(line, what)] = flaws(f"a: 1\n{second}")
    assert line == 2 + second.rstrip("\n").count("\n")
    assert "the clients skip it" in what


@pytest.mark.parametrize("line_end", ["\r", "\x85", "\u2028"])
def test_a_separator_behind_an_unusual_line_end_hides_nothing(line_end: str) -> None:
    assert "the clients skip it" in flaws(f"a: 1{line_end}---{line_end}b: 2{line_end}")[0][1]


def test_an_end_of_document_with_nothing_behind_it_is_fine() -> None:
    assert values("a: 1\n... # end\n\n# more\n---\nb: 2\n...\n") == [{"a": 1}, {"b": 2}]
    assert values("a: 1") == [{"a": 1}]


def test_directives_are_refused_at_once() -> None:
    """The clients cannot read them, and libyaml takes time that grows with the square of their number."""
    many = "".join(f"%TAG !a{n}! tag:example.com,2026:{n}\n" for n in range(100_000))
    [(line, what)] = flaws(f"# head\n{many}")
    assert line == 1
    assert "% directive" in what


def test_bytes_that_are_not_utf_8_are_told_with_their_line() -> None:
    found = read(b"a: 1\n---\nb: 2\nc: \xff\n---\nd: 3\n")
    assert [type(document) for document in found] == [Document, BadDocument, Document]
    assert flaws(b"a: 1\n---\nb: 2\nc: \xff\n---\nd: 3\n") == [(4, "is not UTF-8")]
    assert flaws("a: 1\n".encode("utf-16")) == [(1, "is UTF-16 or UTF-32; save it as UTF-8")]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\ufffe"])
def test_control_characters_are_told_with_their_line(character: str) -> None:
    assert flaws(f"ä: 1\nb: 'ä{character}'\n") == [(2, "holds a control character or another one that YAML forbids")]


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert flaws(b"a" * (LARGEST + 1)) == [(1, "is larger than 16 MiB; split it")]


def test_a_file_full_of_errors_ends() -> None:
    found = read("---\n:\n - a: b: c\n" * 5000)
    assert len(found) == 101
    assert isinstance(found[-1], BadDocument)
    assert "the rest of the file is not" in found[-1].flaws[0].what


@pytest.mark.parametrize(("piece", "source"), [("{}", "x.json"), ("---\na\n", "x.yaml")])
def test_a_file_of_endless_documents_ends(monkeypatch: pytest.MonkeyPatch, piece: str, source: str) -> None:
    monkeypatch.setattr(documents, "MOST_DOCUMENTS", 50)
    found = read(piece * 200, source)
    assert len(found) == 51
    assert isinstance(found[-1], BadDocument)
    assert "is beyond 50 documents" in found[-1].flaws[0].what


@pytest.mark.parametrize("text", ["- a\n" * 300, "---\na: [1, 2]\n" * 60, "{a: b," * 100])
def test_a_file_of_endless_values_ends(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(documents, "Budget", lambda: Budget(events=200))
    assert "the file holds more than" in flaws(text)[0][1]


def test_json_is_read_as_json() -> None:
    assert values('{"a": "\\ud83d\\ude00",\t"b": 1.0}{"c": 18446744073709551616}\n---\n{"d": "\\/"}', "x.json") == [
        {"a": "\U0001f600", "b": 1.0},
        {"c": 2.0**64},
        {"d": "/"},
    ]


def test_a_comment_or_a_yaml_document_may_follow_one_json_object() -> None:
    assert read('{"a": 1} # one\n') == [Document("app.yaml", 1, {"a": 1})]
    assert read('{"a": 1}\n\nb: 2\n') == [Document("app.yaml", 1, {"a": 1}), Document("app.yaml", 3, {"b": 2})]


def test_a_brace_may_open_yaml_as_well() -> None:
    assert values("{a: b, c: [1, 0777]}\n") == [{"a": "b", "c": [1, 511]}]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ('{"a": 1,\n "b" 2}', 2, "is not JSON"),
        ('{"a": 1}\n{"b" 2}', 2, "is not JSON"),
        ('{"a": 1}{"b": 2}\nc: 3', 2, "is not JSON"),
        ('{"kind": "\\ud800"}', 1, "surrogate"),
        ('{"a": 1e999, "b" 2}', 1, "out of range"),
        ('{"a": Infinity, "b" 2}', 1, "holds Infinity"),
        ('{"a": ' + "9" * 100_000 + ', "b" 2}', 1, "out of range"),
    ],
)
def test_bad_json_is_told_with_its_line(text: str, line: int, part: str) -> None:
    [(found, what)] = flaws(text, "app.json")
    assert found == line
    assert part in what


def test_no_message_shows_a_piece_of_the_file() -> None:
    for text in ("data:\n  password: 's3cr3t\n", "data: {password: s3cr3t\n", "data:\n  password: !!int s3cr3t\n"):
        assert flaws(text)
        assert not any("s3cr3t" in what for _, what in flaws(text))


def test_keys_in_messages_are_short_and_printable() -> None:
    key = "\\e[31m" + "ü" * 500
    [(_, what)] = flaws(f'kind: A\nb:\n  "{key}": 1\n  "{key}": 2\n')
    assert what.isascii()
    assert what.isprintable()
    assert len(what) < 1000


def test_a_configuration_file_is_one_document() -> None:
    assert read_one(b"config:\n  a: 1\n", "Pulumi.dev.yaml") == {"config": {"a": 1}}
    assert read_one(b"# nothing\n", "Pulumi.dev.yaml") is None
    with pytest.raises(UnreadableError, match='line 2: key "a" stands twice'):
        read_one(b"a: 1\na: 2\n", "Pulumi.dev.yaml")
    with pytest.raises(UnreadableError, match="line 3: is a second document"):
        read_one(b"a: 1\n---\nb: 2\n", "Pulumi.dev.yaml")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(value=st.dictionaries(st.text(st.characters(codec="utf-8")), JSON_VALUES, min_size=1, max_size=4))
def test_any_json_object_is_read_back(value: dict[str, Any]) -> None:
    assert list(read_documents(json.dumps(value).encode(), "x")) == [Document("x", 1, value)]


YAML_PIECES = st.sampled_from([
    "a", "kind", ": ", ":\n", "- ", "? ", "\n", "\n  ", "\n---\n", "...", "\t", "{", "}", "[", "]", ",", "&a ", "*a",
    "!!int ", "!x ", "<<: ", "'", '"', "|\n", ">-\n", "#", "%YAML 1.1\n", "\r\n", "\x00", "\u2028", "\ufeff", "\x85",
    "0x1", "yes", "\\ud800", "@", "`", "\U0001f600", "--- ", "null",
])  # fmt: skip


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=60) | st.lists(YAML_PIECES, max_size=25).map("".join).map(str.encode))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2\x80") + 2
    for source in ("x.yaml", "x.json"):
        for document in read_documents(data, source):
            if isinstance(document, Document):
                json.dumps(document.value, allow_nan=False, ensure_ascii=False).encode()
                assert 1 <= document.line <= lines
            else:
                assert document.flaws
                assert all(1 <= flaw.line <= lines and flaw.what.isprintable() for flaw in document.flaws)
