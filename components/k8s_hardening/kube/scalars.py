"""What a plain YAML scalar means to the clients of Kubernetes.

They turn YAML into JSON with sigs.k8s.io/yaml v1.6.0, which reads scalars as go.yaml.in/yaml/v2 v2.4 does
(resolve.go): nearly YAML 1.1, so `on`, `yes` and `y` are booleans and `0777` is octal, but `1:30` and timestamps stay
text.
"""

from __future__ import annotations

import functools
import re

Scalar = None | bool | int | float | str

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)  # of the groups of _INTEGER after the sign
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400  # characters; a longer number is out of every range, and Python would take long to read it
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


@functools.lru_cache(maxsize=4096)
def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar without a tag; not a number and infinity are returned as such."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > _LONGEST_NUMBER:
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    number: int | float | None = _integer(digits)
    if number is None and _FLOAT.fullmatch(digits) is not None:
        number = as_json_number(float(digits))
    return text if number is None or number in (float("inf"), float("-inf")) else number


def as_json_number(number: float) -> int | float:
    """A float as it comes back from JSON text: a whole number of 64 bits is an integer."""
    return int(number) if number.is_integer() and int(number) in _INT64 else number


def _integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits)
    if match is None:
        return None
    sign, *groups = match.groups()
    value = next(int(group, base) for group, base in zip(groups, _BASES, strict=True) if group)
    value = -value if sign == "-" else value
    return value if value in _INT64 or (not sign and value in _UINT64) else None
