"""Where rules, comments and blocks of AppArmor's own language begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.model.apparmor_quoting import has_glob, quoted
from k8s_hardening.model.apparmor_syntax import Kind, as_rule, rule_problem, tokens


def pieces(text: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in tokens(text)]


def test_a_profile_is_taken_apart() -> None:
    text = 'include <a/b>\nprofile "x y" flags=(a, b){ # note }\n  /{usr/,}bin/* rix,\n}'
    assert pieces(text) == [
        ("include", "include <a/b>"),
        ("word", "profile"),
        ("word", '"x y"'),
        ("word", "flags=(a, b)"),
        ("open", "{"),
        ("comment", "# note }"),
        ("word", "/{usr/,}bin/*"),
        ("word", "rix"),
        ("comma", ","),
        ("close", "}"),
    ]


@given(text=st.text())
def test_pieces_stand_in_the_text_in_order(text: str) -> None:
    end = 0
    for token in tokens(text):
        if token.kind is Kind.BROKEN:
            break
        assert end <= token.start < token.end
        assert text[token.start : token.end] == token.text
        assert not text[end : token.start].strip()
        end = token.end


@pytest.mark.parametrize(
    "rule",
    [
        "capability sys_admin",
        "network netlink raw,",
        "signal (send, receive) set=(term, kill) peer=other",
        "mount options=(ro, bind) /a/ -> /b/",
        '"/a b, c" r',
        "owner /srv/{a,b}/[0-9]* rw",
        "unix (connect) type=stream peer=(label=unconfined,addr=@x)",
        "include <abstractions/ssl_certs>",
        "#include if exists <local/web>",
    ],
)
def test_one_rule_is_taken(rule: str) -> None:
    assert rule_problem(rule) is None
    assert as_rule(rule).endswith((",", ">"))
    assert not as_rule(rule).endswith(",,")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "is empty"),
        (",", "is empty"),
        ("/a r, /b r,", "is more than one rule"),
        ("/a r,/b r", "has a comma that could end it"),
        ("/a r # why", "has a comment in it"),
        ("/a#b r", "has a comment in it"),
        ("file, }", "is more than one rule"),
        ("}", "has a bracket that begins or ends a block"),
        ("profile x { file, }", "has a bracket that begins or ends a block"),
        ("/a} r", 'has "}" without its opening bracket'),
        ("/a{b r", 'has a bracket that no "}" closes'),
        ('"/a r', "has a quote that is not closed on its line"),
        ('"/a\\" r', "has a backslash before a quote or a line's end"),
        ("/a r\n", "has a line break, a tab or another unprintable character"),
        ("include <../../x>", "is not an include of a file below /etc/apparmor.d"),
        ('include "/etc/x"', "is not an include of a file below /etc/apparmor.d"),
        ("include <x> file", "is not an include of a file below /etc/apparmor.d"),
    ],
)
def test_what_is_more_or_less_than_a_rule_is_refused(rule: str, problem: str) -> None:
    assert rule_problem(rule) == problem


@given(path=st.text(max_size=20))
def test_a_quoted_name_is_one_plain_word(path: str) -> None:
    word = quoted(path.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"))
    assert rule_problem(f"{word} r") is None
    assert word.isascii()
    assert not set(word[1:-1]) & set(' "*?[]{}^@,#')


def test_globs_are_seen() -> None:
    assert not has_glob("/a.b_c-d")
    assert all(has_glob(f"/a{one}") for one in "*?^{}")
