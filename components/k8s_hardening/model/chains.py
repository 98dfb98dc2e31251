"""What one thing leads to, step by step, such as a tenant to the one that it is a part of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Link = TypeVar("Link")


def chain(one: Link, after: Callable[[Link], Link | None]) -> tuple[Link, ...]:
    """Everything that one leads to, the nearest first; of a circle, each once."""
    found: list[Link] = []
    following = after(one)
    while following is not None and following not in found:
        found.append(following)
        following = after(following)
    return tuple(found)
