"""Whether what one rule lets through is also let through by others, whichever pods there will ever be.

A rule is a box: for each label of the pods that it opens, the name of the peers' namespace, each of its other labels,
each label of the peers, the addresses and the ports it says which values pass, and everything passes of which all do.
So a rule is within others exactly when nothing is left of its box once theirs are cut out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from k8s_hardening.kube.reach.ports import PortSet, met, without
from k8s_hardening.kube.reach.selectors import Requirement, Selector

ABSENT = None
"""Stands among the values of a label for pods, or namespaces, that do not have it."""
_MOST_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Values:
    """Values of a label, or names: those that are listed, or all others."""

    listed: frozenset[str | None]
    is_others: bool = False

    def __and__(self, other: Values) -> Values:
        if self.is_others and other.is_others:
            return Values(self.listed | other.listed, is_others=True)
        if self.is_others or other.is_others:
            few, many = (other, self) if self.is_others else (self, other)
            return Values(few.listed - many.listed)
        return Values(self.listed & other.listed)

    def __invert__(self) -> Values:
        return Values(self.listed, is_others=not self.is_others)

    def __sub__(self, other: Values) -> Values:
        return self & ~other

    def __bool__(self) -> bool:
        return self.is_others or bool(self.listed)


ANY = Values(frozenset(), is_others=True)


@dataclass(frozen=True, slots=True)
class Spans:
    """Ports by protocol, or addresses by family."""

    ranges: PortSet

    def __and__(self, other: Spans) -> Spans:
        return Spans(met(self.ranges, other.ranges))

    def __sub__(self, other: Spans) -> Spans:
        return Spans(without(self.ranges, other.ranges))

    def __bool__(self) -> bool:
        return bool(self.ranges)


Axis = tuple[str, str]
"""What a box says something about: ("pods", "app"), ("namespace", ""), ("peers", "role")."""


@dataclass(frozen=True, slots=True)
class Box:
    """What passes, by axis."""

    ports: Spans
    values: Mapping[Axis, Values]
    """An axis that is not here lets everything pass."""
    addresses: Spans | None = None
    """Peers by their addresses; None for pods, which have no address before they run."""

    def __bool__(self) -> bool:
        return bool(self.ports) and (self.addresses is None or bool(self.addresses)) and all(self.values.values())

    def __and__(self, other: Box) -> Box | None:
        """What passes in both; None where nothing does."""
        if (self.addresses is None) != (other.addresses is None):
            return None
        values = dict(self.values)
        for axis, passes in other.values.items():
            values[axis] = values.get(axis, ANY) & passes
        addresses = self.addresses & other.addresses if self.addresses and other.addresses else self.addresses
        both = Box(self.ports & other.ports, values, addresses)
        return both or None


def values_of(requirement: Requirement) -> Values:
    """The values of a label that a requirement lets pass, or may let pass where it is not fully known."""
    if requirement.key is None:
        return ANY
    present = ~Values(frozenset({ABSENT}))
    if requirement.operator in ("Exists", "DoesNotExist"):
        return present if requirement.operator == "Exists" else ~present
    among = Values(frozenset(requirement.values))
    if requirement.operator == "NotIn":
        return ~among  # further values that are not known yet only take away
    return present if requirement.is_open else among


def axes_of(selector: Selector, what: str) -> dict[Axis, Values]:
    """A selector as part of a box."""
    found: dict[Axis, Values] = {}
    for one in selector.requirements:
        if one.key is not None:
            axis = (what, one.key)
            found[axis] = found.get(axis, ANY) & values_of(one)
    return found


def left_of(box: Box, others: Sequence[Box]) -> Box | None:
    """A part of a box that is in none of others; None when there is none.

    The work could grow with every combination of the others' conditions. What is not shown to be in them within a
    bounded number of steps counts as left.
    """
    waiting = [(box, 0)] if box else []
    for _ in range(_MOST_STEPS):
        if not waiting:
            return None
        part, number = waiting.pop()
        both = None
        while number < len(others) and (both := part & others[number]) is None:
            number += 1
        if both is None:
            return part
        waiting += [(rest, number + 1) for rest in _cut(part, both)]
    return waiting[-1][0] if waiting else None


def _cut(box: Box, inner: Box) -> Iterator[Box]:
    """What of a box is not in one that lies within it, in parts that do not overlap."""
    values, ports = dict(box.values), box.ports
    for axis, passes in inner.values.items():
        had = values.get(axis, ANY)
        if rest := had - passes:
            yield Box(ports, {**values, axis: rest}, box.addresses)
        values[axis] = passes
    if rest_of_ports := ports - inner.ports:
        yield Box(rest_of_ports, values, box.addresses)
    if box.addresses is not None and inner.addresses is not None and (others := box.addresses - inner.addresses):
        yield Box(inner.ports, values, others)
