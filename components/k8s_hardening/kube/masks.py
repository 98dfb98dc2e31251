"""Sets of places as bits of one whole number, so that thousands are met or joined in one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


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
