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


def is_path(text: str) -> bool:
    """Whether a path, or a glob of paths, can stand in a typed profile."""
    return _PATH.fullmatch(text) is not None and "//" not in text and "/../" not in f"{text}/"


def _path(text: str) -> str:
    if not is_path(text):
        raise wrong("is not an absolute path (or glob) of letters, digits and ._*?{}/+:~%=^-", '"/var/lib/app/**"')
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
