"""JSON streams: objects one after the other, as the clients of Kubernetes take them beside YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.composing import DEEPEST, TOO_DEEP, Flaw, shown

_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_NUMBER = 400  # characters; see scalars.py
_INT64 = range(-(2**63), 2**63)


class _FlawError(ValueError):
    """Valid JSON that means different things to different readers."""


class JsonError(Exception):
    """Not JSON, or beyond a bound."""

    def __init__(self, flaw: Flaw, start: int, line: int) -> None:
        self.flaw = flaw
        self.start = start
        """Where in the text the value starts that could not be read."""
        self.line = line
        """The line of that place."""
        super().__init__(flaw.what)


def read_json(text: str, first_line: int) -> Iterator[tuple[int, Any, list[Flaw]]]:
    """Each value of a stream as (line, value, what is wrong with it).

    Raises:
        JsonError: the rest of the stream is not JSON.
    """
    flaws: list[Flaw] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    flaws.append(Flaw(line, f"key {shown(key)} stands twice in one object of the document"))
                seen.add(key)
        return made

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
    )
    position, line = 0, first_line
    while True:
        start = _after(_BLANK, text, position)
        if start == len(text):
            return
        line += text.count("\n", position, start)
        flaws = []
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            raise JsonError(Flaw(first_line + error.lineno - 1, f"is not JSON: {error.msg}"), start, line) from None
        except _FlawError as error:
            raise JsonError(Flaw(line, str(error)), start, line) from None
        except RecursionError:
            raise JsonError(Flaw(line, TOO_DEEP), start, line) from None
        if _is_deeper(value):
            raise JsonError(Flaw(line, TOO_DEEP), start, line)
        if _SURROGATE.search(text, start, position) and not _is_unicode(value):
            flaws.append(Flaw(line, "holds half of a surrogate pair, which is not a character"))
        yield line, value, flaws
        line += text.count("\n", start, position)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _integer(text: str) -> int | float:
    if len(text) <= _LONGEST_NUMBER and (number := int(text)) in _INT64:
        return number
    return _float(text)


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _FlawError("holds a number that is out of range")
    return number


def _constant(name: str) -> Any:
    raise _FlawError(f"holds {name}, which is not JSON")


def _is_deeper(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
