"""What roles hold once each has gathered the rules of others, however many gather from each other."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence, Set
from typing import TypeVar

Key = TypeVar("Key")


def spread(held: dict[Key, int], selectors: Mapping[Key, Sequence[str]], gathers: Mapping[str, Set[Key]]) -> None:
    """Add to what each holds all that its selectors gather, until none gathers more.

    Args:
        held: what each holds at first, as a mask; changed in place.
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
            gathered = functools.reduce(operator.or_, (pools[text] for text in texts), held[key])
            if gathered != held[key]:
                held[key] = gathered
                grown.add(key)
        changed = grown
