r"""AppArmor profiles in a ConfigMap must not hold backslashes that a text editor or a web page put there.

Profiles copied from rendered markdown come with `attach\_disconnected` and `/\*\*`. Run with apparmor_parser 3.0.8:
- before a word (`flags=(attach\_disconnected)`, `capability net\_admin`, `\#include`, `\@{PROC}`) it is refused, so
  the profile is never loaded;
- in the profile's name it stays, so the kernel knows another name than the one that pods ask for;
- before a glob character (`/\*\*`) it makes the character match itself, so the rule covers almost nothing.

Elsewhere in a path (`/a\_b`, `/my\040dir`) it is a harmless escape and allowed. Every value of a ConfigMap that holds a
line `profile NAME ... {` counts as a profile. One finding for each value, naming its first lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.texts import CONFIG_MAP, is_named_like, texts_of
from k8s_hardening.model.knowledge import Knowledge

_LONGEST_TOKEN = 40
_MOST_SHOWN = 3
_ESCAPED_GLOB = re.compile(r"\\[*?\[\]{}]")
_COMMENT = re.compile(r"(?<!\\)#(?!include\b).*")
_LITERAL = "matches only the character itself"
_REFUSED = "is refused by apparmor_parser"
_MISNAMED = "stays in the name that the kernel knows"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each value that is a profile with such backslashes."""
    for text in texts_of(manifest, CONFIG_MAP):
        if text.content is None:
            if is_named_like(manifest, text, ("apparmor",)):
                yield finding(text.path, UNKNOWN, "give the profile as a plain value")
            continue
        faults = list(_faults(text.content))
        if faults:
            shown = "; ".join(f"line {number}: {token} {why}" for number, token, why in faults[:_MOST_SHOWN])
            more = f" (and {len(faults) - _MOST_SHOWN} more)" if len(faults) > _MOST_SHOWN else ""
            yield Finding(
                text.path, f"a profile with stray backslashes: {shown}{more}", "remove the backslashes left by markdown"
            )


def _faults(text: str) -> Iterator[tuple[int, str, str]]:
    if "\\" not in text or "profile" not in text:  # cheap, and true of nearly every ConfigMap
        return
    lines = text.splitlines()
    if not any(_is_header(line) for line in lines):
        return
    for number, line in enumerate(lines, 1):
        if "\\" not in line:
            continue
        for token, why in _faults_of_line(_COMMENT.sub("", line), is_header=_is_header(line)):
            yield number, _shown(token), why


def _is_header(line: str) -> bool:
    words = line.split(None, 2)
    return len(words) > 1 and words[0] == "profile" and "{" in line


def _faults_of_line(line: str, *, is_header: bool) -> Iterator[tuple[str, str]]:
    before = ""
    for token in line.replace(",", " ").split():
        if "\\" in token:
            if is_header:
                yield token, _MISNAMED if before == "profile" else _REFUSED
            elif _ESCAPED_GLOB.search(token):
                yield token, _LITERAL
            elif not (token.startswith(("/", '"', "@")) or before == "->" or "=" in token):
                yield token, _REFUSED
        before = token


def _shown(token: str) -> str:
    printable = "".join(char if "!" <= char <= "~" else "?" for char in token[:_LONGEST_TOKEN])
    return printable if len(token) <= _LONGEST_TOKEN else f"{printable}..."


CONTROL = Control(
    id="apparmor-profile-text",
    requirement="AppArmor profiles must be text that the node's parser takes as it is meant.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.FULL,
    references=("apparmor.d(5)",),
    check=check,
)
