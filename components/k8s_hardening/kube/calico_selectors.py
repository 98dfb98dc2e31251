"""Calico's selectors: what each endpoint that one matches must have.

Sources: github.com/projectcalico/calico v3.28.5 libcalico-go/lib/selector/tokenizer/tokenizer.go (tokens),
parser/parser.go (grammar), libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go (how selectors
of a rule are joined; one of namespaces that cannot be read limits nothing).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEY = r"[a-zA-Z0-9_./-]{1,512}"
_TEXT = r"""(?:"[^"]*"|'[^']*')"""
_GAP = r"[ \t]*"
_TEXTS = rf"\{{{_GAP}(?:{_TEXT}{_GAP}(?:,{_GAP}{_TEXT}{_GAP})*,?{_GAP})?\}}"
_TOKEN = re.compile(
    rf"{_GAP}(?:"
    rf"(?P<other>has\({_GAP}{_KEY}{_GAP}\)|(?:all|global)\({_GAP}\)"
    rf"|{_KEY}{_GAP}(?:!=|contains|starts{_GAP}with|ends{_GAP}with){_GAP}{_TEXT}|{_KEY}[ \t]+not{_GAP}in{_GAP}{_TEXTS})"
    rf"|(?P<key>{_KEY})(?:{_GAP}=={_GAP}(?P<value>{_TEXT})|[ \t]+in{_GAP}(?P<values>{_TEXTS}))"
    rf"|(?P<join>&&|\|\|)|(?P<mark>[!()]))"
)
_EACH_TEXT = re.compile(_TEXT)


def required_labels(selector: str) -> Mapping[str, frozenset[str]] | None:
    """Key -> values of which an endpoint must have one to be matched; None when Calico cannot read the selector.

    Only equalities that hold in every case are given: none of a selector with an "or", none of what is negated. So an
    empty answer may be anybody.
    """
    found: dict[str, frozenset[str]] = {}
    groups: list[bool] = []  # of each open parenthesis, whether it is negated
    negated_groups = position = 0
    is_negated, wants_term, has_or = False, True, False
    end = len(selector.rstrip(" \t"))
    while position < end:
        token = _TOKEN.match(selector, position, end)
        if token is None:
            return None
        position = token.end()
        mark, join = token["mark"], token["join"]
        if mark == ")" or join is not None:
            if wants_term or (mark == ")" and not groups):
                return None
            if mark == ")":
                negated_groups -= groups.pop()
            wants_term = join is not None
            has_or = has_or or join == "||"
            continue
        if not wants_term:
            return None
        if mark == "!":
            is_negated = True
            continue
        if mark == "(":
            groups.append(is_negated)
            negated_groups += is_negated
        else:
            wants_term = False
            if token["key"] is not None and not is_negated and not negated_groups:
                values = frozenset(text[1:-1] for text in _EACH_TEXT.findall(token["value"] or token["values"]))
                found[token["key"]] = found.get(token["key"], values) & values
        is_negated = False
    if wants_term or groups:
        return None
    return {} if has_or else found
