"""Whole profile files that others wrote, under a name of ours.

What stands between the braces stays as it is. The name goes, since the kernel shall know the profile by a hash of its
text, and with it the path that it attaches to: a pod names its profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.model.apparmor_syntax import Kind, Token, line_of, tokens

_FLAGS = re.compile(r"(?:flags\s*=\s*)?\(([^()]*)\)", re.DOTALL)
_MODES = frozenset({"enforce", "complain"})
_OPEN_MODES = frozenset({"unconfined", "default_allow", "prompt"})
_UNPRINTABLE = re.compile(r"[^\t\n -~\u00a0-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile file in its parts."""

    preamble: str
    """What stands before the profile: includes, variables, the abi."""
    name: str
    """The name that it gives itself, without quotes."""
    attachment: str
    """The programs that it attaches to by itself; empty for none."""
    flags: tuple[str, ...]
    body: str
    """What stands between the braces."""

    @property
    def mode(self) -> str | None:
        """The mode that its flags name."""
        return next((flag for flag in self.flags if flag in _MODES), None)

    def under(self, name: str, mode: str | None) -> str:
        """The file with a profile of another name and mode."""
        flags = [flag for flag in self.flags if flag not in _MODES]
        if mode == "complain":
            flags.append(mode)
        marks = f" flags=({','.join(flags)})" if flags else ""
        return f"{self.preamble}profile {name}{marks} {{{self.body}}}\n"


def read_profile_file(text: str) -> tuple[ProfileFile | None, list[str]]:
    """The parts of a profile file, and all that is wrong with it; without problems there are parts."""
    problems = []
    if found := _UNPRINTABLE.search(text):
        problems.append(f"line {line_of(text, found.start())}: has an unprintable character")
    heads, end, broken = _blocks(text)
    problems += broken
    if not broken:
        problems += _number_problems(text, heads)
    if broken or len(heads) != 1:
        return None, problems
    head, opening, closing = heads[0]
    file, wrong = _parts(text, head, opening, closing)
    problems += wrong
    if text[closing + 1 :].strip() and end > closing + 1:
        problems.append(f"line {line_of(text, end)}: has a rule after the profile's end")
    return (None if problems else file), problems


def read_flags(text: str) -> tuple[str, ...]:
    """The flags of a profile file; none of a text that is no profile."""
    file, _ = read_profile_file(text)
    return () if file is None else file.flags


def _blocks(text: str) -> tuple[list[tuple[list[Token], int, int]], int, list[str]]:
    """Each outermost block with the words before it, where the last thing outside of comments ends, and problems."""
    heads: list[tuple[list[Token], int, int]] = []
    statement: list[Token] = []
    depth, opened, end = 0, 0, 0
    for token in tokens(text):
        if token.kind is Kind.BROKEN:
            return heads, end, [f"line {line_of(text, token.start)}: has {token.text}"]
        if token.kind is Kind.COMMENT:
            continue
        end = token.end
        if token.kind is Kind.OPEN:
            depth += 1
            if depth == 1:
                opened = token.start
        elif token.kind is Kind.CLOSE:
            depth -= 1
            if depth < 0:
                return heads, end, [f'line {line_of(text, token.start)}: has "}}" without its opening bracket']
            if depth == 0:
                heads.append((_head(text, statement), opened, token.start))
                statement = []
        elif depth == 0:
            if token.kind in (Kind.COMMA, Kind.INCLUDE):
                statement = []
            else:
                statement.append(token)
    if depth:
        return heads, end, ['has a "{" that no "}" closes']
    return heads, end, []


def _head(text: str, statement: list[Token]) -> list[Token]:
    """The words of a block's head: those after the last variable, which ends with its line."""
    for index in range(len(statement) - 1, -1, -1):
        if re.match(r"[@$]\{?\w+\}?\s*\+?=", text[statement[index].start :]):
            line = line_of(text, statement[index].start)
            return [token for token in statement[index + 1 :] if line_of(text, token.start) > line]
    return statement


def _number_problems(text: str, heads: list[tuple[list[Token], int, int]]) -> Iterator[str]:
    if not heads:
        yield "holds no profile; for example: profile web { file, }"
    for head, opening, _ in heads[1:]:
        name = " ".join(token.text for token in head) or "?"
        yield (
            f"line {line_of(text, opening)}: holds another profile ({name}); give each profile a file of its own, "
            "and put what belongs to one profile into it as a child"
        )


def _parts(text: str, head: list[Token], opening: int, closing: int) -> tuple[ProfileFile | None, list[str]]:
    words = [token.text for token in head]
    if words[:1] == ["profile"]:
        words = words[1:]
    elif words and not words[0].startswith(("/", '"/', "@")):
        words = []  # without its keyword a profile is named by a path
    if not words:
        return None, [f"line {line_of(text, opening)}: has a block without the name of a profile"]
    flags: tuple[str, ...] = ()
    attachments = []
    line = line_of(text, opening)
    problems = []
    for word in words[1:]:
        if word in ("flags", "flags=", "="):
            continue  # blanks around the sign are allowed
        if word.startswith("xattrs"):
            attachments.append(word)
        elif match := _FLAGS.fullmatch(word):
            flags = tuple(match[1].replace(",", " ").split())
        elif word.startswith(("/", '"', "@", "{")):
            attachments.append(word)
        else:
            problems.append(f'line {line}: has "{word}" in the head of the profile')
    for_nothing = sorted(_OPEN_MODES.intersection(flags))
    problems += [f'line {line}: has the flag "{flag}", which confines nothing' for flag in for_nothing]
    if "kill" in flags and _MODES.intersection(flags):
        problems.append(f"line {line}: has flags of two modes")
    name = words[0].strip('"')
    return (
        ProfileFile(text[: head[0].start], name, " ".join(attachments), flags, text[opening + 1 : closing]),
        problems,
    )
