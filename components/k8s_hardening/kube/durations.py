"""Durations as the flags and files of Kubernetes write them (Go: time.ParseDuration)."""

from __future__ import annotations

import re
from fractions import Fraction

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")
_FORM = re.compile(rf"(?:{_PART.pattern})+")
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_LONGEST = 32  # characters; a longer duration is none that somebody meant


def parse_duration(text: str) -> Fraction:
    """How many seconds a duration such as `1h30m`, `45s` or `500ms` lasts, exactly.

    Raises:
        ValueError: not such a text; signs, blanks and the units below a millisecond are left out on purpose.
    """
    if len(text) > _LONGEST or not text.isascii() or _FORM.fullmatch(text) is None:
        raise ValueError(f"{text[:_LONGEST]!r} is not a duration")
    return sum((Fraction(number) * _SECONDS[unit] for number, unit in _PART.findall(text)), Fraction(0))
