"""Quantities as the API server reads them (k8s.io/apimachinery pkg/api/resource v0.37.2, quantity.go and suffix.go)."""

from __future__ import annotations

import functools
import re
from decimal import ROUND_UP, Context, Decimal

_FORM = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?[0-9]{1,3}))?")
_LONGEST = 64  # the server takes any length; a quantity longer than this is no quantity that somebody meant
_EXACT = Context(prec=2048)  # more digits than the longest quantity can have, so that only the nano rounding rounds
_NANO = Decimal("1e-9")
_LARGEST_BINARY = Decimal(2**63 - 1)
_SCALE = {
    suffix: Decimal(10) ** power
    for suffix, power in zip(
        ("n", "u", "m", "k", "M", "G", "T", "P", "E"), (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True
    )
}
_BINARY_SCALE = {
    suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)
}


def parse_quantity(value: object) -> Decimal:
    """The amount that a quantity stands for, in the resource's base unit (cores, bytes, pieces).

    As on the server, what is finer than nano is rounded away from zero, and a binary amount ends at 2^63-1.

    Raises:
        ValueError: the server would refuse it; `K`, `KB`, `MB` and blanks are not part of the form. Texts without a
            digit (`.`, `-`), which the server happens to read as zero, are refused too.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{type(value).__name__} is not a quantity")
    text = str(value)
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]!r} is not a quantity")
    return _parse(text)


@functools.lru_cache(maxsize=1024)  # a stack says the same few amounts in each of its containers
def _parse(text: str) -> Decimal:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    sign, digits, suffix, exponent = match.groups()
    amount = Decimal(digits)
    if suffix in _BINARY_SCALE:
        amount = min(_EXACT.multiply(amount, _BINARY_SCALE[suffix]), _LARGEST_BINARY)
    elif suffix:
        amount = _EXACT.multiply(amount, _SCALE[suffix])
    elif exponent:
        amount = _EXACT.scaleb(amount, int(exponent))
    amount = amount.quantize(_NANO, ROUND_UP, _EXACT)
    return amount.copy_negate() if sign == "-" else amount


def quantity_text(amount: Decimal) -> str:
    """An amount as a person writes it, exact: 8Gi, 1500m, 80."""
    for suffix, scale in reversed(_BINARY_SCALE.items()):
        if suffix != "Ki" and amount >= scale and amount % scale == 0:
            return f"{amount / scale:f}".partition(".")[0] + suffix
    for suffix in ("", "m", "u", "n"):
        scaled = amount / _SCALE[suffix] if suffix else amount
        if scaled % 1 == 0:
            break
    return f"{scaled:.0f}{suffix}"
