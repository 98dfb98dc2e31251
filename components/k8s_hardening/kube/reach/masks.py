"""Sets of ends as bits of one whole number, so that a policy meets thousands of pods in one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Bounds(NamedTuple):
    """What is in a set for sure, and what may be in it, since some value is known only at apply."""

    sure: int
    may: int

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure & other.sure, self.may & other.may)

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure | other.sure, self.may | other.may)


NOTHING = Bounds(0, 0)


def mask_of(places: Iterable[int]) -> int:
    """The set of some places."""
    mask = 0
    for place in places:
        mask |= 1 << place
    return mask


def places_of(mask: int) -> Iterator[int]:
    """The places in a set, ascending."""
    # By its text: shifting a long number once for each of its bits would copy it as often.
    for place, digit in enumerate(reversed(f"{mask:b}")):
        if digit == "1":
            yield place
