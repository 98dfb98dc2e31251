"""Quantities as the API server reads them (k8s.io/apimachinery pkg/api/resource v0.37.2)."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?[0-9]{1,3}))?")
_LONGEST = 64  # the server takes any length; a quantity longer than this is no quantity that somebody meant
_SCALE = {
    **{
        suffix: Decimal(10) ** power
        for suffix, power in zip(
            ("n", "u", "m", "k", "M", "G", "T", "P", "E"), (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True
        )
    },
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}


def parse_quantity(value: object) -> Decimal:
    """The amount that a quantity stands for, in the resource's base unit (cores, bytes, pieces).

    Raises:
        ValueError: the server would refuse it; `K`, `KB`, `MB` and blanks are not part of the form.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{type(value).__name__} is not a quantity")
    text = str(value)
    match = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"{text[:_LONGEST]!r} is not a quantity")
    sign, digits, suffix, exponent = match.groups()
    amount = Decimal(digits)
    if suffix:
        amount *= _SCALE[suffix]
    elif exponent:
        amount = amount.scaleb(int(exponent))
    return -amount if sign == "-" else amount
