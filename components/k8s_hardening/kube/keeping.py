"""What many controls ask of one object, worked out once while it is judged."""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Of = TypeVar("Of")
Found = TypeVar("Found")
# Function and identity of what it was asked about -> that itself, so that its identity stays its own, and the answer.
_Kept = dict[tuple[Callable[..., Any], int], tuple[Any, tuple[Any, ...]]]
_KEPT: contextvars.ContextVar[_Kept | None] = contextvars.ContextVar("kept", default=None)


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """While this lasts, what is marked `once` is worked out once, so nothing that it is asked about may change."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def once(work: Callable[[Of], Iterable[Found]]) -> Callable[[Of], Iterator[Found]]:
    """Marks a function whose answers are kept; outside of `keeping` it works as if it were not marked."""

    @functools.wraps(work)
    def answer(of: Of) -> Iterator[Found]:
        kept = _KEPT.get()
        if kept is None:
            return iter(work(of))
        key = (work, id(of))
        found = kept.get(key)
        if found is None:
            found = kept[key] = (of, tuple(work(of)))
        return iter(found[1])

    return answer
