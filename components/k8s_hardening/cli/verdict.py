"""From files to the findings about every Kubernetes object in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.cli.sources import Problem, Source
from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.exemption_uses import ExemptionUses
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.kube.documents import BadDocument, Document, read_documents
from k8s_hardening.kube.manifest import Manifest, as_list, expand_lists, kind_of
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge

_WORST_FIRST = {severity: rank for rank, severity in enumerate(Severity)}
_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class Item:
    """One Kubernetes object: a document, or an item of a `List`."""

    file: str
    line: int
    """Where its document starts."""
    prefix: str
    """Path to it in its document; empty for the document itself."""
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding about one object."""

    item: Item
    control: Control
    finding: Finding

    @property
    def path(self) -> str:
        """JSON path from the root of the document."""
        return f"{self.item.prefix}.{self.finding.path}" if self.item.prefix else self.finding.path


@dataclass(frozen=True, slots=True)
class Exempted:
    """A finding that an exemption covers."""

    entry: Entry
    exemption: Exemption


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on everything that one call names."""

    entries: tuple[Entry, ...]
    """By file and object in the order in which they were read, then by severity, control and path."""
    exempted: tuple[Exempted, ...]
    """What would be found without exemptions, in the same order; once for each exemption that covers it."""
    judged: int
    """Number of objects."""
    problems: tuple[Problem, ...]
    others: tuple[tuple[str, int], ...]
    """File and line of each document that is not a Kubernetes object."""


@dataclass(frozen=True, slots=True)
class Read:
    """What some files hold."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    others: tuple[tuple[str, int], ...]
    """File and line of each document that is not a Kubernetes object."""


def judge_sources(sources: Iterable[Source | Problem], controls: Sequence[Control], knowledge: Knowledge) -> Report:
    """Judge every object of some files, each alone and all of them together."""
    read = read_items(sources)
    return Report(
        _entries(read.items, controls, knowledge),
        _exempted(read.items, controls, knowledge),
        len(read.items),
        read.problems,
        read.others,
    )


def read_items(sources: Iterable[Source | Problem]) -> Read:
    """Every object of some files, in the order in which they are read."""
    items: list[Item] = []
    problems: list[Problem] = []
    others: list[tuple[str, int]] = []
    for source in sources:
        if isinstance(source, Problem):
            problems.append(source)
            continue
        for document in read_documents(source.data, source.name):
            if isinstance(document, BadDocument) and not document.foreign:
                problems += [Problem(source.name, flaw.line, flaw.what) for flaw in document.flaws]
            elif isinstance(document, BadDocument):
                others.append((source.name, document.flaws[0].line))
            elif not isinstance(document.value, dict) or "kind" not in document.value:
                # Helm's Chart.yaml has an apiVersion and no kind; the API server takes nothing without one.
                others.append((source.name, document.line))
            else:
                for one in _items(document):
                    if isinstance(one, Item):
                        items.append(one)
                    else:
                        problems.append(one)
    return Read(tuple(items), tuple(problems), tuple(others))


def _items(document: Document) -> Iterator[Item | Problem]:
    """The objects of a document that has a kind, and what keeps others from being one."""
    file, line, value = document.source, document.line, document.value
    for path in _odd_items(value):
        yield Problem(file, line, f"{path} is not a mapping, so it is not judged")
    for prefix, manifest in expand_lists(value):
        at = f"{prefix}." if prefix else ""
        if not isinstance(kind := manifest.get("kind"), str) or not kind:
            yield Problem(file, line, f"{at}kind is not a text, so the object is not judged")
        elif not isinstance(version := manifest.get("apiVersion"), str) or not version:
            yield Problem(file, line, f"{at}apiVersion is missing or not a text, so the {_plain(kind)} is not judged")
        else:
            yield Item(file, line, prefix, manifest)


def _odd_items(manifest: Manifest, prefix: str = "") -> Iterator[str]:
    """Paths in a list kind at which something else than an object stands; `expand_lists` passes over it."""
    if not kind_of(manifest).endswith("List") or manifest.get("items") is None:
        return
    if not isinstance(manifest["items"], list):
        yield f"{prefix}items"
    for index, item in enumerate(as_list(manifest["items"])):
        if isinstance(item, dict):
            yield from _odd_items(item, f"{prefix}items[{index}].")
        else:
            yield f"{prefix}items[{index}]"


def _plain(kind: str) -> str:
    return kind if kind.isalnum() and kind.isascii() else "object"


def _entries(items: Sequence[Item], controls: Sequence[Control], knowledge: Knowledge) -> tuple[Entry, ...]:
    if not items:
        return ()
    found = [
        (index, Entry(item, judged.control, judged.finding))
        for index, item in enumerate(items)
        for judged in judge(item.manifest, controls, knowledge)
    ]
    for index, judged in judge_stack([item.manifest for item in items], controls, knowledge):
        found.append((index, Entry(items[index], judged.control, judged.finding)))
    return tuple(entry for _, entry in sorted(found, key=_rank))


def _exempted(items: Sequence[Item], controls: Sequence[Control], knowledge: Knowledge) -> tuple[Exempted, ...]:
    uses = ExemptionUses(controls, knowledge)
    found = [(index, use) for index, item in enumerate(items) for use in uses.of(item.manifest)]
    found += uses.of_stack([item.manifest for item in items])
    entries = [
        (index, Exempted(Entry(items[index], use.judged.control, use.judged.finding), use.exemption))
        for index, use in found
    ]
    return tuple(one for _, one in sorted(entries, key=lambda place: _rank((place[0], place[1].entry))))


def _rank(place: tuple[int, Entry]) -> tuple[Any, ...]:
    index, entry = place
    numbered = [int(part) if part.isdigit() else part for part in _DIGITS.split(entry.finding.path)]
    return index, _WORST_FIRST[entry.control.severity], entry.control.id, numbered, entry.finding.found
