"""Checked leaf types of AppArmor profiles."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.kube.apparmor import LONGEST_PROFILE_NAME
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.apparmor_file import read_profile_file
from k8s_hardening.model.apparmor_syntax import rule_problem
from k8s_hardening.model.checked import label_problem, matching, wrong

# A rule's path is written without quotes: what could end, split or continue it is refused, and so is whatever the
# parser gives a meaning that nobody needs here (escapes, classes with ranges, comments, variables of one's own).
_CHOICE = r"\{(?=[^}]*,)(?![^}]*,,)[A-Za-z0-9_./*,-]+\}"  # {a,b}: two at least, and two commas would end the rule
_NUMBER = r"@\{(?:pid|tid|uid)\}"  # a number that each process or user has of its own
_PATH = re.compile(rf"(?:@\{{(?:HOME|PROC|run|sys)\}})?/(?:[A-Za-z0-9_./*?+:~%=^-]|{_CHOICE}|{_NUMBER})*")


_PIECE = re.compile(r"(?P<variable>@\{[^}]*\})|\{(?P<choice>[^}]*)\}|.", re.DOTALL)
_OTHER = "a name"


def is_path(text: str) -> bool:
    """Whether a path, or a glob of paths, can stand in a typed profile."""
    return _PATH.fullmatch(text) is not None and step_problem(text) is None


def step_problem(text: str) -> str | None:
    """What of a path, or of one that its alternations stand for, no path of the kernel holds; None for nothing.

    The kernel asks about resolved paths, and the parser of profiles resolves none (apparmor_parser 3.0.8, seen with
    -D rule-exprs): a rule for such a path matches nothing, so that what it denies stays open.
    """
    steps: set[str | None] = {None}  # how each alternative's present step reads so far; None before the first slash
    for piece in _PIECE.finditer(text):
        if piece["variable"]:
            steps = {_OTHER}
            continue
        options = [piece[0]] if piece["choice"] is None else piece["choice"].split(",")
        steps, before = set(), steps
        for step in before:
            for option in options:
                end = step
                for char in option:
                    if char == "/" and end in ("", ".", ".."):
                        return _never(end)
                    end = "" if char == "/" else _longer(end, char)
                steps.add(end)
    last = steps & {".", ".."}
    return _never(min(map(str, last))) if last else None


def _longer(step: str | None, char: str) -> str:
    return f"{step}{char}" if f"{step}{char}" in (".", "..") else _OTHER


def _never(step: str | None) -> str:
    what = f'the step "{step}"' if step else '"//"'
    return f"has {what}, which no path that the kernel asks about holds"


def _path(text: str) -> str:
    if _PATH.fullmatch(text) is None:
        raise wrong("is not an absolute path (or glob) of letters, digits and ._*?{}/+:~%=^-", '"/var/lib/app/**"')
    if (problem := step_problem(text)) is not None:
        raise wrong(problem, '"/var/lib/app/**"')
    return text


def _capability(text: str) -> str:
    if text not in LINUX_CAPABILITIES:
        raise wrong("is not the name of a capability in lower case", '"net_bind_service"')
    return text


def _profile_name(text: str) -> str:
    if not text:
        raise wrong("is no name, and no ready-made profile gives one", '"web"')
    if len(text) > LONGEST_PROFILE_NAME:
        raise wrong(f"has {len(text)} characters, at most {LONGEST_PROFILE_NAME} are allowed", '"web"')
    if (problem := label_problem(text)) is not None:
        raise problem
    return text


def _unchecked_rule(text: str) -> str:
    if (problem := rule_problem(text)) is not None:
        raise wrong(problem, '"network netlink raw", one rule for each item')
    return text


def _unchecked_text(text: str) -> str:
    file, problems = read_profile_file(text)
    if file is None or problems:
        raise wrong(f"is not a profile of ours to be: {'; '.join(problems)}", f'"{EXAMPLE_TEXT}"')
    if file.mode is not None:
        raise wrong(f'has the flag "{file.mode}", and the mode is a setting of its own', f"mode: {file.mode}")
    return text


EXAMPLE_TEXT = "include <tunables/global> profile web { include <abstractions/base> file, }"
_INSTALLED = r"[A-Za-z0-9/_][A-Za-z0-9_./+:@-]*"
InstalledName = Annotated[str, matching(_INSTALLED, "is not the name of an AppArmor profile", '"docker-default"')]
ProfileName = Annotated[str, AfterValidator(_profile_name)]
UncheckedRule = Annotated[str, AfterValidator(_unchecked_rule)]
UncheckedText = Annotated[str, AfterValidator(_unchecked_text)]
ProfilePath = Annotated[str, AfterValidator(_path)]
Capability = Annotated[str, AfterValidator(_capability)]
