"""Texts of the Common Expression Language, as the API server's admission policies take them.

Only what every version from 1.26 on understands is written: macros, strings and lists of the language's core.
Source: k8s.io/apiserver v0.37.2, pkg/cel/environment/base.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_VARIABLE = re.compile(r"\bvariables\.([a-z][A-Za-z]*)\b")


def text(value: str) -> str:
    """A text as a literal."""
    return f"'{value.translate(_ESCAPED)}'"


def pattern(value: str) -> str:
    """A regular expression as a literal: backslashes stand as they are.

    Raises:
        ValueError: it holds a quote, which nothing could escape there.
    """
    if "'" in value:
        raise ValueError("a raw text of CEL cannot hold its own quote")
    return f"r'{value}'"


def texts(values: Iterable[str]) -> str:
    """Texts as a list, sorted, so that the same set gives the same expression."""
    return f"[{', '.join(text(value) for value in sorted(set(values)))}]"


def lists_by_name(values: Mapping[str, Iterable[str]]) -> str:
    """Lists of texts by name, those without an item left out: what is not there has none."""
    entries = [f"{text(name)}: {texts(items)}" for name, items in sorted(values.items()) if items]
    return f"{{{', '.join(entries)}}}"


def texts_by_name(values: Mapping[str, str]) -> str:
    """Texts by name."""
    return f"{{{', '.join(f'{text(name)}: {text(value)}' for name, value in sorted(values.items()))}}}"


def any_of(conditions: Iterable[str]) -> str:
    """A condition that holds where one of several does; of none, never."""
    return _joined(" || ", conditions) or "false"


def all_of(conditions: Iterable[str]) -> str:
    """A condition that holds where all of several do; of none, always."""
    return _joined(" && ", conditions) or "true"


def _joined(operator: str, conditions: Iterable[str]) -> str:
    found = list(conditions)
    return found[0] if len(found) == 1 else operator.join(f"({condition})" for condition in found)


def inlined(expression: str, variables: Mapping[str, str]) -> str:
    """An expression with its variables written out, for servers that know none (before 1.28)."""
    while _VARIABLE.search(expression):
        expression = _VARIABLE.sub(lambda match: f"({variables[match[1]]})", expression)
    return expression
