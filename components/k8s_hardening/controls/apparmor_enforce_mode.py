"""AppArmor profiles must stop what they forbid, not only log it.

Restricted, in the text of a profile in a ConfigMap: the flags `complain` (violations are logged and let through),
`unconfined` (as good as no profile), `default_allow` and `prompt`, of a profile, of one inside of it, or of a hat.
Allowed: none of them, `enforce` or `kill`. A complain-mode run is how a profile is learned, so an environment that is
there for it lowers the level: `enforcement.levels: {apparmor-enforce-mode: advisory}`. The mode is not mended: whoever
enforces a profile for the first time must watch the workload. Profiles that are files of the hosts never come here; the
baseline itself refuses such a mode for those.
Source: apparmor.d(5) of AppArmor 3.0.8 and 4.1 (PROFILE HEADER, PROFILE FLAGS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.texts import CONFIG_MAP, is_named_like, texts_of
from k8s_hardening.model.knowledge import Knowledge

_WEAK = ("complain", "unconfined", "default_allow", "prompt")
_MENTIONED = re.compile("|".join(_WEAK))
# In a text in quotes, and inside of a word, a # begins no comment (apparmor_parser 3.0.8).
_QUOTED_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*"?)|(?<![^\s(){}])#(?!include\b)[^\n]*', re.DOTALL)
# Flags are all that stands in brackets before the body of a profile; `flags=` itself may be left out, and they may
# stand in quotes.
_FLAGS = re.compile(r"\(([^(){}]*)\)\s*\{")
_BETWEEN = re.compile(r'[\s,"]+')
_HEADER = re.compile(r"(?m)\b(?:profile|hat)\s|^[ \t]*[/:^@\"]")
# Where a name does not begin its line: `include <tunables/global> /bin/x flags=(complain) {`.
_NAME = re.compile(r"(?:^|[>{},])[/:^]")
_LONGEST_NAME = 4096


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each value that holds a profile with such a flag."""
    for text in texts_of(manifest, CONFIG_MAP):
        if text.content is None:
            if is_named_like(manifest, text, ("apparmor",)):
                yield finding(text.path, UNKNOWN, "give the profile as a plain value")
        elif weak := _weak_flags(text.content):
            yield Finding(
                text.path,
                f"a profile with the flag {', '.join(weak)}",
                "set mode: enforce, once its log shows nothing that the workload needs",
            )


def _weak_flags(text: str) -> list[str]:
    if _MENTIONED.search(text) is None:  # cheap, and true of nearly every ConfigMap
        return []
    bare = _QUOTED_OR_COMMENT.sub(lambda found: found[1] or "", text)
    found = list(_FLAGS.finditer(bare))
    if _HEADER.search(bare) is None and not any(_follow_a_name(bare[start:end]) for start, end in _before(found)):
        return []
    flags = {word for one in found for word in _BETWEEN.split(one[1])}
    return [one for one in _WEAK if one in flags]


def _before(found: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Start and end of what stands before each of these flags, up to the flags before."""
    ended = 0
    for one in found:
        if not set(_BETWEEN.split(one[1])).isdisjoint(_WEAK):
            yield max(ended, one.start() - _LONGEST_NAME), one.start()
        ended = one.end()


def _follow_a_name(before: str) -> bool:
    """Whether a text ends with the name of a profile: a path, a hat, one with a namespace, or one in quotes."""
    head = _without(_without(before, "="), "flags")
    if head.endswith(")"):
        head = _without(_without(head[: head.rfind("(")], "="), "xattrs")
    words = head.rsplit(None, 1)
    return bool(words) and (words[-1].endswith('"') or _NAME.search(words[-1]) is not None)


def _without(text: str, end: str) -> str:
    return text.rstrip().removesuffix(end).rstrip()


CONTROL = Control(
    id="apparmor-enforce-mode",
    requirement="AppArmor profiles must stop what they forbid, not only log it.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("apparmor.d(5)",),
    check=check,
)
