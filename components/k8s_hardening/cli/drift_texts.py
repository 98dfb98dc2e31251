"""Drift as lines and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from k8s_hardening.cli.report import Line, printable
from k8s_hardening.engine.drift import Drift, Drifted, FieldChange

_LONGEST = 160  # characters of a value


def drift_lines(drift: Drift) -> Iterator[Line]:
    """Each object that differs with its fields, and how many there are."""
    for one in drift.objects:
        yield from object_lines(one)
    if drift.objects:
        yield [(f"{len(drift.objects)} of {drift.compared} objects not as applied.", "red")]
    elif drift.compared:
        yield [(f"{drift.compared} objects are as they were applied.", "green")]
    else:
        yield [("Nothing was applied yet.", "")]


def object_lines(one: Drifted) -> Iterator[Line]:
    """One object with its fields."""
    state = " is gone" if one.is_gone else " is being deleted" if one.is_leaving else ""
    yield [(printable(title_of(one)), "bold"), (state, "red")]
    for reason in one.holds:
        yield [("  held by ", "yellow"), (printable(reason), "")]
    for change in one.changes:
        yield [(f"  {printable(_sentence(change))}", "")]


def title_of(one: Drifted) -> str:
    """The name of an object for people."""
    return " ".join(part for part in (one.namespace and f"{one.namespace}:", one.kind, one.name) if part)


def _sentence(change: FieldChange) -> str:
    applied, found = (None if one is None else _short(one) for one in (change.applied, change.found))
    if applied is None and found is None:
        return f"{change.path} differs"
    if applied is None:
        return f"{change.path}: {found} was added"
    if found is None:
        return f"{change.path}: {applied} was removed"
    return f"{change.path} is {found}, applied was {applied}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def drift_json(drift: Drift) -> str:
    """The same, for programs."""
    return json.dumps(
        {
            "compared": drift.compared,
            "objects": [
                {
                    "kind": one.kind,
                    "namespace": one.namespace,
                    "name": one.name,
                    "urn": one.urn,
                    "gone": one.is_gone,
                    "leaving": one.is_leaving,
                    "holds": list(one.holds),
                    "fields": [
                        {"path": field.path, "applied": field.applied, "found": field.found} for field in one.changes
                    ],
                }
                for one in drift.objects
            ],
        },
        indent=2,
    )
