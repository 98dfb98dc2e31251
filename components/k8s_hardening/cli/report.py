"""A report as JSON for programs and as text for people."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator

from k8s_hardening.cli.verdict import Entry, Item, Report
from k8s_hardening.controls.control import Severity
from k8s_hardening.kube.manifest import kind_of, name_of, namespace_of

Line = list[tuple[str, str]]
"""Pieces of text, each with a style of rich; an empty style for plain text."""
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_MOST_OTHERS = 10  # files that are no Kubernetes objects which the text names


def as_json(report: Report) -> str:
    """The report as one JSON object, always in the same order."""
    return json.dumps(
        {
            "findings": [_finding(entry) for entry in report.entries],
            "exempt": [
                {
                    **_finding(one.entry),
                    "until": one.exemption.expires.isoformat(),
                    "owner": one.exemption.owner,
                    "reason": one.exemption.reason,
                }
                for one in report.exempted
            ],
            "judged": report.judged,
            "errors": [{"file": one.file, "line": one.line, "problem": one.what} for one in report.problems],
        },
        indent=2,
    )


def _finding(entry: Entry) -> dict[str, str]:
    return {
        "control": entry.control.id,
        "severity": entry.control.severity.value,
        "file": entry.item.file,
        "kind": kind_of(entry.item.manifest),
        "namespace": namespace_of(entry.item.manifest),
        "name": name_of(entry.item.manifest),
        "path": entry.path,
        "found": entry.finding.found,
        "fix": entry.finding.fix,
    }


def as_lines(report: Report, judged_by: str) -> Iterator[Line]:
    """The report by file and object, with a summary at the end.

    Args:
        report: the verdict.
        judged_by: what the objects were judged by, for the summary.
    """
    for file, entries in itertools.groupby(report.entries, key=lambda entry: entry.item.file):
        yield [(printable(file), "bold underline")]
        for item, of_item in itertools.groupby(entries, key=lambda entry: entry.item):
            yield [("  ", ""), (title(item), "bold"), (f"  line {item.line}", "dim")]
            for control, of_control in itertools.groupby(of_item, key=lambda entry: entry.control):
                severity = control.severity
                yield [
                    ("    ", ""),
                    (f"{severity.value:<8}", _STYLES[severity]),
                    (f" [{control.id}] ", "bold"),
                    (control.requirement, ""),
                ]
                for entry in of_control:
                    yield [
                        (f"             {printable(entry.path)}", "cyan"),
                        (f" is {printable(entry.finding.found)}; {printable(entry.finding.fix)}", ""),
                    ]
        yield []
    yield from _exempt(report)
    yield from _summary(report, judged_by)


def exempt_line(number: int, control: str, until: str, owner: str) -> str:
    """How much an exemption lets through, in one line."""
    return f"{count(number, 'finding')} by {control} until {until}, {owner}"


def _exempt(report: Report) -> Iterator[Line]:
    """Each exemption that lets something through, with how much and why."""
    counts = Counter(one.exemption for one in report.exempted)
    for exemption in sorted(counts, key=lambda one: (one.control, one.model_dump_json())):
        line = exempt_line(counts[exemption], exemption.control, str(exemption.expires), exemption.owner)
        yield [("exempt: ", "yellow"), (printable(f"{line}: {exemption.reason}"), "")]


def title(item: Item) -> str:
    """An object in a few words: its kind, namespace and name."""
    manifest = item.manifest
    name = name_of(manifest) or "(no name)"
    place = f"{namespace_of(manifest)}/" if namespace_of(manifest) else ""
    return printable(f"{kind_of(manifest)} {place}{name}")


def printable(text: str) -> str:
    """A text from a file without what could steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where that is due."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _summary(report: Report, judged_by: str) -> Iterator[Line]:
    if report.others:
        named = [f"{printable(file)}:{line}" for file, line in report.others[:_MOST_OTHERS]]
        more = ", ..." if len(report.others) > _MOST_OTHERS else ""
        what = "is not a Kubernetes object" if len(report.others) == 1 else "are not Kubernetes objects"
        yield [(f"{count(len(report.others), 'document')} {what}: {', '.join(named)}{more}", "dim")]
    line: Line = [(f"{count(report.judged, 'object')} judged {judged_by}: ", "")]
    if report.entries:
        by_severity = Counter(entry.control.severity for entry in report.entries)
        parts = [f"{by_severity[severity]} {severity.value}" for severity in Severity if by_severity[severity]]
        objects = count(len({id(entry.item) for entry in report.entries}), "object")
        line.append((f"{count(len(report.entries), 'finding')} in {objects} ({', '.join(parts)})", "bold red"))
    else:
        line.append(("no findings", "bold green" if not report.problems else ""))
    if report.problems:
        line.append(("; ", ""))
        line.append((f"{count(len(report.problems), 'error')} in the input", "bold red"))
    yield line
