"""From YAML events to plain data, iteratively and within bounds, with the line of everything that is wrong.

PyYAML's own composer recurses, keeps the last of two equal keys and expands aliases without a bound, so a hostile file
could crash it or mean one thing here and another to the API server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

from k8s_hardening.kube.scalars import Scalar, as_json_number, plain_scalar

DEEPEST = 200
"""Levels of nesting that a document may have; the schema of a large CRD has about sixty."""
TOO_DEEP: Final = f"is nested deeper than {DEEPEST} levels"
MOST_ALIASED = 400_000
"""Values that the aliases of one file may repeat: where go.yaml.in/yaml/v2 v2.4 (decode.go) ends as well."""
MOST_EVENTS = 2_000_000
"""YAML events (a value, the start or the end of a mapping or list) of one file; manifests of 16 MiB have fewer."""
_MOST_FLAWS = 20  # per document: enough to mend it
_LONGEST_KEY = 80  # characters of a key that a message shows

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"
_MERGE_TAG: Final = f"{_TAG}merge"
_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "null": (type(None),),
}
_NOTHING: Final = object()
_MERGE: Final = object()


class Flaw(NamedTuple):
    """One thing that is wrong in a file."""

    line: int
    """Counted from 1."""
    what: str


class RefusedError(Exception):
    """The document is beyond a bound; reading it on would be unsafe."""

    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(flaw.what)


@dataclass(slots=True)
class Budget:
    """What the documents of a file may still cost."""

    aliased: int = MOST_ALIASED
    events: int = MOST_EVENTS


class _Anchored(NamedTuple):
    value: Any
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled."""

    value: Any
    line: int
    anchor: str | None
    size: int = 1
    height: int = 0
    key: Any = _NOTHING
    lines: dict[str, int] = field(default_factory=dict)
    """Line of each key that stands in the mapping itself, not merged into it."""


class Composer:
    """Fills in one document from its events."""

    def __init__(self, first_line: int, budget: Budget) -> None:
        self.value: Any = None
        self.flaws: list[Flaw] = []
        self.line: int | None = None
        """Line of the first event with content; None for an empty document."""
        self._first_line = first_line
        self._budget = budget
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}

    def compose(self, events: Iterable[Any]) -> tuple[int, int] | None:
        """Read events up to the end of the first document.

        Args:
            events: of a PyYAML parser, which gives every event its marks, although the type says otherwise.

        Returns:
            Line and column of the document's end, counted from 0; None when the stream holds no document.

        Raises:
            RefusedError: a bound is exceeded.
            yaml.YAMLError: not YAML.
        """
        for event in events:
            self._budget.events -= 1
            if self._budget.events < 0:
                raise RefusedError(Flaw(self._first_line, f"the file holds more than {MOST_EVENTS} values; split it"))
            line = event.start_mark.line + self._first_line
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._start(event, line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), line)
            elif isinstance(event, yaml.DocumentEndEvent):
                end: Any = event.end_mark
                return end.line, end.column
        return None

    def _flaw(self, line: int, what: str) -> None:
        if len(self.flaws) < _MOST_FLAWS:
            self.flaws.append(Flaw(line, what))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        text: str = event.value
        if _HALF_PAIR.search(text):  # PyYAML's own scanner lets it through, libyaml does not
            self._flaw(line, "holds half of a surrogate pair, which is not a character")
            text = _HALF_PAIR.sub("\ufffd", text)
        in_key = bool(self._open) and self._open[-1].key is _NOTHING and isinstance(self._open[-1].value, dict)
        if in_key and text == "<<" and (event.tag == _MERGE_TAG or (event.tag is None and event.implicit[0])):
            self._open[-1].key = _MERGE
            return
        value: Scalar
        if event.tag is None:
            value = plain_scalar(text) if event.implicit[0] else text
        else:
            value = self._tagged(event.tag, text, line)
        if isinstance(value, float) and not math.isfinite(value):
            self._flaw(line, "not a number and infinity cannot be written in JSON; use a number or quote the text")
            value = text
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        if in_key and not isinstance(value, str):
            kind = "empty (null)" if value is None else "a boolean" if isinstance(value, bool) else "a number"
            self._flaw(line, f'key {shown(text)} is {kind}; JSON has only text keys, so quote it: "{shown(text, "")}"')
            value = text
        self._add(value, 1, 0, line)

    def _tagged(self, tag: str, text: str, line: int) -> Scalar:
        name = tag.removeprefix(_TAG)
        if name in ("str", "timestamp") and tag != name:
            return text
        types = _TYPES.get(name) if tag != name else None
        if types is None:
            self._foreign_tag(tag, line)
            return text
        value = plain_scalar(text)
        if type(value) not in types:
            self._flaw(line, f"the value cannot be read as its tag !!{name} says")
            return text
        return as_json_number(float(value)) if name == "float" and isinstance(value, int) else value

    def _foreign_tag(self, tag: str, line: int) -> None:
        short = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
        self._flaw(line, f"the tag {shown(short)} is not one that Kubernetes objects use; remove it")

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        if len(self._open) >= DEEPEST:
            raise RefusedError(Flaw(line, TOO_DEEP))
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if event.tag not in (None, f"{_TAG}map" if isinstance(value, dict) else f"{_TAG}seq"):
            self._foreign_tag(str(event.tag), line)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(value, line, event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = _Anchored(done.value, done.size, done.height)
        self._add(done.value, done.size, done.height, done.line)

    def _alias(self, anchor: str, line: int) -> None:
        target = self._anchors.get(anchor, _NOTHING)
        if target is None:
            raise RefusedError(Flaw(line, f"the alias *{shown(anchor, '')} stands inside what it repeats"))
        if not isinstance(target, _Anchored):
            raise RefusedError(Flaw(line, f"the alias *{shown(anchor, '')} has no anchor before it"))
        self._budget.aliased -= target.size
        if self._budget.aliased < 0:
            raise RefusedError(Flaw(line, f"the aliases of the file repeat more than {MOST_ALIASED} values"))
        if len(self._open) + target.height > DEEPEST:
            raise RefusedError(Flaw(line, TOO_DEEP))
        if self._open and self._open[-1].key is _MERGE and not isinstance(target.value, dict):
            # An alias of a list of mappings is refused by the clients, though a list in place is not.
            self._flaw(line, "`<<` takes a mapping or a list of mappings")
            self._open[-1].key = _NOTHING
            return
        self._add(target.value, target.size, target.height, line)

    def _add(self, value: Any, size: int, height: int, line: int) -> None:
        if self.line is None:
            self.line = line
        if not self._open:
            self.value = value
            return
        holder = self._open[-1]
        holder.size += size
        holder.height = max(holder.height, height + 1)
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif holder.key is _NOTHING:
            holder.key = self._key(value, holder, line)
        elif holder.key is _MERGE:
            self._merge(value, holder, line)
            holder.key = _NOTHING
        else:
            holder.value[holder.key] = value
            holder.key = _NOTHING

    def _key(self, value: Any, holder: _Open, line: int) -> str:
        if not isinstance(value, str):
            what = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "not a text"
            self._flaw(line, f"a key is {what}; JSON has only text keys")
            return ""
        if value in holder.lines:
            self._flaw(line, f"key {shown(value)} stands twice in one mapping, first on line {holder.lines[value]}")
        holder.lines[value] = line
        return value

    def _merge(self, value: Any, holder: _Open, line: int) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            self._flaw(line, "`<<` takes a mapping or a list of mappings")
            return
        for source in reversed(sources):
            # YAML lets the mapping's own keys win, the clients what comes later (yaml/v2 v2.4 decode.go, mapping).
            both = sorted(source.keys() & holder.lines.keys())
            if both:
                self._flaw(
                    line, f"`<<` sets {shown(both[0])} again, and readers disagree on which wins; put `<<` first"
                )
            holder.value.update(source)


def shown(text: str, quote: str = '"') -> str:
    """A short text of the file as printable ASCII, for messages."""
    short = text if len(text) <= _LONGEST_KEY else f"{text[: _LONGEST_KEY - 3]}..."
    return quote + short.encode("ascii", "backslashreplace").decode().translate(_CONTROLS) + quote


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
