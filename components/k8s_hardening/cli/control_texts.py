"""The controls as data, as text and as the page docs/controls.md."""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.controls import registry
from k8s_hardening.controls.control import Control, Severity
from k8s_hardening.kube.standards import wording
from k8s_hardening.kube.version import OLDEST

_WORST_FIRST = {severity: rank for rank, severity in enumerate(Severity)}
_HEAD = """\
<!-- Generated: k8s-hardening controls --format markdown > docs/controls.md (make docs). Do not edit. -->

# Controls

Every rule by which `k8s-hardening check` and the policy pack judge, and by which plans are made. A profile holds those
before it: `pss-baseline`, `pss-restricted`, `full`. *Kubernetes* says in which versions a requirement exists, of those
that are supported, and from which it asks for something else. *Fix* says whether plans mend the object by themselves.
Each control has objects that must pass and objects that must fail, under `tests/controls/<id>`.
"""


def as_data(control: Control) -> dict[str, Any]:
    """A control as plain data."""
    return {
        "id": control.id,
        "requirement": control.requirement,
        "severity": control.severity.value,
        "profile": control.profile.value,
        "chapter": control.chapter,
        "references": list(control.references),
        "standards": [wording(reference) for reference in control.references],
        "judges": "object" if control.check else "stack",
        "fix": _has_fix(control),
        "kubernetes": _versions(control),
        "revisions": [str(revision.since) for revision in control.revisions],
        "explanation": explanation(control),
    }


def explanation(control: Control) -> str:
    """The docstring of the control's own module."""
    for module in vars(registry).values():
        if inspect.ismodule(module) and any(value is control for value in vars(module).values()):
            return inspect.getdoc(module) or ""
    check = control.check or control.check_stack
    return inspect.getdoc(sys.modules[check.__module__]) or "" if check else ""


def listed(controls: Sequence[Control]) -> Iterator[str]:
    """One line per control."""
    width = max(len(control.id) for control in controls)
    for control in controls:
        yield f"{control.id:<{width}}  {control.severity.value:<8}  {control.profile.value:<14}  {control.requirement}"


def explained(control: Control) -> Iterator[str]:
    """Everything about one control."""
    yield f"{control.id}: {control.requirement}"
    yield ""
    for name, value in _facts(control):
        yield f"{name + ':':<12} {value}"
    for reference in control.references:
        yield f"{'Standard:':<12} {wording(reference)}"
    yield ""
    yield explanation(control)


def as_markdown(controls: Sequence[Control]) -> str:
    """The page of some controls: a table for each chapter, then each control in full."""
    return "\n".join(_page(controls))


def _page(controls: Sequence[Control]) -> Iterator[str]:
    yield _HEAD
    by_chapter = sorted(controls, key=lambda one: (one.chapter, _WORST_FIRST[one.severity], one.id))
    chapters = [(name, list(group)) for name, group in itertools.groupby(by_chapter, key=lambda one: one.chapter)]
    for chapter, group in chapters:
        yield f"## {chapter}\n"
        yield "| Control | Severity | Profile | Kubernetes | Fix | Standards | Requirement |"
        yield "|---|---|---|---|---|---|---|"
        for control in group:
            fix = "yes" if _has_fix(control) else "no"
            versions = "; ".join([_versions(control), *_revisions(control)])
            cells = (
                f"[{control.id}](#{control.id})",
                control.severity.value,
                control.profile.value,
                versions,
                fix,
                _cell("; ".join(control.references)),
                _cell(control.requirement),
            )
            yield f"| {' | '.join(cells)} |"
        yield ""
    for chapter, group in chapters:
        yield f"## {chapter} in full\n"
        for control in group:
            yield f"### {control.id}\n"
            yield f"{control.requirement}\n"
            for name, value in _facts(control):
                yield f"- {name}: {value}"
            yield from (f"- Standard: {wording(reference)}" for reference in control.references)
            yield f"\n```text\n{explanation(control)}\n```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _facts(control: Control) -> Iterator[tuple[str, str]]:
    yield "Severity", control.severity.value
    yield "Profile", control.profile.value
    yield "Chapter", control.chapter
    yield "References", "; ".join(control.references) or "none"
    yield "Judges", "each object alone" if control.check else "all objects of a stack together"
    yield "Fix", "plans mend the object by themselves" if _has_fix(control) else "by hand"
    yield "Kubernetes", _versions(control)
    for revision in _revisions(control):
        yield "Revisions", revision


def _revisions(control: Control) -> Iterator[str]:
    if control.revisions:
        yield "judges differently from " + ", ".join(str(revision.since) for revision in control.revisions)


def _has_fix(control: Control) -> bool:
    return control.harden is not None or any(revision.harden is not None for revision in control.revisions)


def _versions(control: Control) -> str:
    since = f"from {control.since}" if control.since > OLDEST else ""
    until = f"until {control.until}" if control.until is not None else ""
    return " ".join(filter(None, (since, until))) or "every version"
