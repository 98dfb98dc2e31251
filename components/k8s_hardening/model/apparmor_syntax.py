"""AppArmor's own language, as far as it must be understood to keep a text in its place.

No rule is judged here; what matters is where a rule, a comment or a block begins and ends. Where versions of the
parser could differ about that, the text counts as broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

INCLUDE = re.compile(r"#?include(?:[ \t]+if[ \t]+exists)?[ \t]+(?:<[^<>\"\n]+>|\"[^\"\n]+\")")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_PAIRS.values())


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    """With all quotes and brackets that belong to it, as `"/a b"`, `/{usr/,}bin/*`, `flags=(complain)`."""
    INCLUDE = "include"
    COMMENT = "comment"
    COMMA = "comma"
    """The end of a rule."""
    OPEN = "open"
    CLOSE = "close"
    BROKEN = "broken"
    """From here on nothing can be said; the text is what is wrong."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a profile, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The pieces of a text; after a broken one there are no more."""
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        token = _token(text, at, char)
        yield token
        if token.kind is Kind.BROKEN:
            return
        at = token.end


def _token(text: str, at: int, char: str) -> Token:
    if match := INCLUDE.match(text, at):
        return Token(Kind.INCLUDE, match[0], at, match.end())
    if char == "#":
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        return Token(Kind.COMMENT, text[at:end], at, end)
    for kind, sign in ((Kind.OPEN, "{"), (Kind.CLOSE, "}"), (Kind.COMMA, ",")):
        if char == sign:
            return Token(kind, char, at, at + 1)
    return _word(text, at)


def _word(text: str, start: int) -> Token:
    at, open_ones = start, list[str]()
    while at < len(text):
        char = text[at]
        if char == "\\":
            if text[at + 1 : at + 2] in ("", '"', "\n"):
                return Token(Kind.BROKEN, "a backslash before a quote or a line's end", at, at)
            at += 2
            continue
        if char == "\n" and open_ones and open_ones[0] != ")":
            break
        if char == '"':
            end = text.find('"', at + 1)
            if end < 0 or "\n" in text[at:end]:
                return Token(Kind.BROKEN, "a quote that is not closed on its line", at, at)
            if text[end - 1] == "\\":
                return Token(Kind.BROKEN, "a backslash before a quote or a line's end", end, end)
            at = end
        elif char in _PAIRS:
            open_ones.append(_PAIRS[char])
        elif char in _CLOSING:
            if not open_ones or open_ones.pop() != char:
                return Token(Kind.BROKEN, f'"{char}" without its opening bracket', at, at)
        elif not open_ones and (char.isspace() or _ends_rule(text, at)):
            break
        at += 1
        if not open_ones and char in '")' and text[at : at + 1] == "{":
            break  # `flags=(complain){`
    if open_ones:
        return Token(Kind.BROKEN, f'a bracket that no "{open_ones[-1]}" closes', start, start)
    return Token(Kind.WORD, text[start:at], start, at)


def _ends_rule(text: str, at: int) -> bool:
    return text[at] == "," and (at + 1 == len(text) or text[at + 1].isspace())


def line_of(text: str, position: int) -> int:
    """The number of the line on which a position is."""
    return text.count("\n", 0, position) + 1


def rule_problem(rule: str) -> str | None:
    """What keeps a text from being one rule within a profile, or None."""
    if not rule.isprintable():
        return "has a line break, a tab or another unprintable character"
    if rule.startswith(("include", "#include")):
        if INCLUDE.fullmatch(rule) is None or '"' in rule or ".." in rule:
            return "is not an include of a file below /etc/apparmor.d"
        return None
    found = list(tokens(rule))
    if found and found[-1].kind is Kind.COMMA:
        found.pop()
    if not found:
        return "is empty"
    last = found[-1]
    if last.kind is Kind.BROKEN:
        return f"has {last.text}"
    for token in found:
        if token.kind in (Kind.OPEN, Kind.CLOSE):
            return "has a bracket that begins or ends a block"
        if token.kind is not Kind.WORD or "#" in _unquoted(token.text):
            return "has a comment in it" if token.kind is not Kind.COMMA else "is more than one rule"
        if "," in re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)|\{[^{}]*\}|\[[^]]*\]", "", _unquoted(token.text)):
            return "has a comma that could end it"
    return None


def _unquoted(word: str) -> str:
    return re.sub(r'"[^"]*"', "", word)


def as_rule(rule: str) -> str:
    """A rule as it stands in a profile: with a comma, unless it is an include."""
    return rule if INCLUDE.fullmatch(rule) else rule.rstrip(" ,") + ","
