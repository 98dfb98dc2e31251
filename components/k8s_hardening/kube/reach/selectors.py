"""Label selectors over many objects at once.

`kube/label_selectors.py` asks one selector about one object. Here each label is indexed with the objects that carry
it, so that a selector costs some operations on bits, however many objects there are.
Source: k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector), validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map, key_path
from k8s_hardening.kube.names import is_label_key, is_label_value
from k8s_hardening.kube.reach.masks import Bounds

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of a selector."""

    key: str | None
    """None when it is not known yet; then the condition may hold for anything."""
    operator: str
    values: frozenset[str] = frozenset()
    is_open: bool = False
    """Further values are not known yet."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector that is present; all of its conditions must hold."""

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def of(cls, raw: Any) -> Selector:
        """Read a selector; what the server would refuse in it is told by `selector_flaws`."""
        if raw is UNKNOWN:
            return cls((_VAGUE,))
        found = [_VAGUE] if as_map(raw).get("matchLabels") is UNKNOWN else []
        if not found:
            found += [_of_label(key, value) for key, value in as_map(as_map(raw).get("matchLabels")).items()]
        found += [_of_expression(as_map(one)) for one in as_list(as_map(raw).get("matchExpressions"))]
        return cls(tuple(sorted(set(found), key=repr)))

    def __str__(self) -> str:
        return ",".join(map(_text, self.requirements))


_VAGUE = Requirement(None, "Exists")


def _text(one: Requirement) -> str:
    if one.key is None or one.is_open:
        return f"{one.key or ''}(not known yet)"
    if one.operator in ("Exists", "DoesNotExist"):
        return one.key if one.operator == "Exists" else f"!{one.key}"
    if one.operator == "In" and len(one.values) == 1:
        return f"{one.key}={next(iter(one.values))}"
    return f"{one.key} {one.operator.lower()} ({','.join(sorted(one.values))})"


def _of_label(key: str, value: Any) -> Requirement:
    if value is UNKNOWN:
        return Requirement(key, "In", is_open=True)
    return Requirement(key, "In", frozenset({_value(value)}))


def _value(value: Any) -> str:
    # A null in a map of texts is the empty text: encoding/json of Go.
    return value if isinstance(value, str) else ""


def _of_expression(raw: dict[str, Any]) -> Requirement:
    key, operator, values = raw.get("key"), raw.get("operator"), as_list(raw.get("values"))
    if key is UNKNOWN or operator is UNKNOWN:
        return _VAGUE
    known = frozenset(_value(one) for one in values if one is not UNKNOWN)
    return Requirement(str(key), str(operator), known, is_open=UNKNOWN in values)


def selector_flaws(raw: Any, path: str) -> Iterator[tuple[str, str]]:
    """Path and flaw of each value of a selector that the server refuses."""
    if raw is UNKNOWN or raw is None:
        return
    if not isinstance(raw, dict):
        yield path, "is not a selector"
        return
    labels, expressions = raw.get("matchLabels"), raw.get("matchExpressions")
    if not (labels is None or labels is UNKNOWN or isinstance(labels, dict)):
        yield f"{path}.matchLabels", "is not a mapping"
    for key, value in as_map(labels).items():
        is_text = value is None or (isinstance(value, str) and is_label_value(value))
        if not isinstance(key, str) or not is_label_key(key) or not (value is UNKNOWN or is_text):
            yield key_path(f"{path}.matchLabels", str(key)), "is not a label"
    if not (expressions is None or expressions is UNKNOWN or isinstance(expressions, list)):
        yield f"{path}.matchExpressions", "is not a list"
    for index, one in enumerate(as_list(expressions)):
        yield from _expression_flaws(one, f"{path}.matchExpressions[{index}]")


def _expression_flaws(raw: Any, path: str) -> Iterator[tuple[str, str]]:
    if raw is UNKNOWN:
        return
    key, operator, values = (as_map(raw).get(field) for field in ("key", "operator", "values"))
    if key is not UNKNOWN and not (isinstance(key, str) and is_label_key(key)):
        yield f"{path}.key", "is not the key of a label"
    if operator is not UNKNOWN and operator not in OPERATORS:
        yield f"{path}.operator", f"is none of {', '.join(OPERATORS)}"
        return
    if not (values is None or values is UNKNOWN or isinstance(values, list)):
        yield f"{path}.values", "is not a list"
    elif operator in ("In", "NotIn") and not as_list(values):
        yield f"{path}.values", f"is empty, and {operator} needs values"
    elif operator in ("Exists", "DoesNotExist") and isinstance(values, list) and values:
        yield f"{path}.values", f"is given, and {operator} takes none"
    # Servers before 1.26 keep such a selector (k8s.io/apimachinery v0.25.16 pkg/apis/meta/v1/validation), but nobody
    # can read it: LabelSelectorAsSelector refuses it in every version.
    for index, value in enumerate(as_list(values)):
        if not (value is UNKNOWN or (isinstance(value, str) and is_label_value(value))):
            yield f"{path}.values[{index}]", "is not the value of a label"


class LabelIndex:
    """The labels of many objects, by key and value; an object is known by its place in the sequence.

    Labels are a mapping, of which single values may be UNKNOWN, or UNKNOWN as a whole.
    """

    def __init__(self, labels: Sequence[Any]) -> None:
        self._all = (1 << len(labels)) - 1
        self._vague = 0
        self._with_key: dict[str, int] = {}
        self._with_value: dict[tuple[str, str], int] = {}
        self._with_unknown: dict[str, int] = {}
        self._answers: dict[Selector, Bounds] = {}
        for place, one in enumerate(labels):
            self._add(1 << place, one)

    def _add(self, bit: int, labels: Any) -> None:
        if not isinstance(labels, Mapping):
            self._vague |= bit
            return
        for key, value in labels.items():
            self._with_key[key] = self._with_key.get(key, 0) | bit
            if value is UNKNOWN:
                self._with_unknown[key] = self._with_unknown.get(key, 0) | bit
            else:
                self._with_value[key, value] = self._with_value.get((key, value), 0) | bit

    def matches(self, selector: Selector) -> Bounds:
        """The objects that a selector matches."""
        found = self._answers.get(selector)
        if found is None:
            found = Bounds(self._all, self._all)
            for one in selector.requirements:
                found &= self._holding(one)
            self._answers[selector] = found
        return found

    def _holding(self, one: Requirement) -> Bounds:
        if one.key is None:
            return Bounds(0, self._all)
        has = self._with_key.get(one.key, 0)
        present = Bounds(has, has | self._vague)
        if one.operator == "Exists":
            return present
        if one.operator == "DoesNotExist":
            return self._not(present)
        equal = 0
        for value in one.values:
            equal |= self._with_value.get((one.key, value), 0)
        may = present.may if one.is_open else equal | self._with_unknown.get(one.key, 0) | self._vague
        among = Bounds(equal, may)
        return among if one.operator == "In" else self._not(among)

    def _not(self, bounds: Bounds) -> Bounds:
        return Bounds(self._all & ~bounds.may, self._all & ~bounds.sure)
