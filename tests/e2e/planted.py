"""Values planted in a run, and every form in which one could show up where it must not."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Characters of a base64 text that depend on what stands before, by the bytes before; and those at its end, padding
# included, that depend on what follows, by the bytes left over.
_FIRST = (0, 2, 3)
_LAST = (0, 3, 2)


# A Secret of a tenant as a baseline declares it, and the same with new values beside the old ones.
SECRET: dict[str, Any] = {
    "name": "db",
    "namespace": "payments-api",
    "version": "1",
    "immutable": True,
    "readers": ["api"],
    "keys": {"password": "dbPassword"},
}
ROTATED = {
    **SECRET,
    "version": "2",
    "keys": {"password": "dbPasswordNext"},
    "previous": {"1": {"password": "dbPassword"}},
}


def planted(word: str) -> str:
    """A new value whose URL-encoded and JSON forms differ from itself."""
    return f'{word} "{secrets.token_hex(12)}" & ü/{secrets.token_hex(4)}'


def forms_of(texts: Iterable[str]) -> set[bytes]:
    """Each text as it is, as JSON, URL-encoded, in hex and in base64: at any offset, once or twice, or for URLs."""
    found: set[bytes] = set()
    for text in texts:
        plain = text.encode()
        quoted = (urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), urllib.parse.quote(text))
        found |= {plain, plain.hex().encode(), plain.hex().upper().encode(), *(one.encode() for one in quoted)}
        found |= {json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode() for ascii_only in (True, False)}
        for once in (plain, base64.b64encode(plain)):
            for before in range(3):
                encoded = base64.b64encode(b"\0" * before + once)
                inner = encoded[_FIRST[before] : len(encoded) - _LAST[(before + len(once)) % 3]]
                found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def leaks_in(folder: Path, forms: set[bytes], *, beside: Iterable[Path] = ()) -> list[str]:
    """Files below a folder that hold a form, the shared virtual environment and some folders excepted."""
    left_out = {path.resolve() for path in beside}
    places = [
        one
        for one in folder.rglob("*")
        if one.is_file() and ".venv" not in one.parts and not left_out & set(one.resolve().parents)
    ]
    assert any("state" in one.parts for one in places), "there is no state to look into"
    return [str(place) for place in places if any(form in place.read_bytes() for form in forms)]


def said_in(text: str, forms: set[bytes]) -> list[str]:
    """The forms that an output shows."""
    raw = text.encode()
    return [form.decode(errors="replace") for form in forms if form in raw]
