"""Sets of ends as bits of one whole number, so that a policy meets thousands of pods in one step."""

from __future__ import annotations

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
