"""What roles hold once each has gathered the rules of others, however many gather from each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeVar

Key = TypeVar("Key")


def bits(places: Iterable[int]) -> int:
    """The set of some places, as a number with these bits: thousands of roles may gather thousands of rules."""
    made = 0
    for place in places:
        made |= 1 << place
    return made


def places(held: int) -> Iterable[int]:
    """The places of a set, from the least."""
    return (place for place, digit in enumerate(f"{held:b}"[::-1]) if digit == "1")


def spread(held: dict[Key, int], selectors: Mapping[Key, Sequence[str]], gathers: Mapping[str, Set[Key]]) -> None:
    """Add to what each holds all that its selectors gather, until none gathers more.

    Args:
        held: what each holds at first, as `bits`; changed in place.
        selectors: the selectors of those that gather.
        gathers: from whom each selector gathers.
    """
    pools = dict.fromkeys(gathers, 0)
    changed: Set[Key] = held.keys()
    while changed:
        for text, keys in gathers.items():
            for key in keys & changed:
                pools[text] |= held[key]
        grown = set()
        for key, texts in selectors.items():
            gathered = held[key] | _union(pools[text] for text in texts)
            if gathered != held[key]:
                held[key] = gathered
                grown.add(key)
        changed = grown


def _union(sets: Iterable[int]) -> int:
    made = 0
    for one in sets:
        made |= one
    return made
