"""What looks for planted values finds them in every disguise; only then does finding none say something."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path

import pytest

from tests.e2e.planted import forms_of, leaks_in, planted, said_in

VALUE = planted("of-a-test")


DISGUISES = {
    "plain": VALUE.encode(),
    "json": json.dumps({"a": VALUE}).encode(),
    "json-utf8": json.dumps({"a": VALUE}, ensure_ascii=False).encode(),
    "quoted": f"x={urllib.parse.quote(VALUE, safe='')}".encode(),
    "quoted-plus": f"x={urllib.parse.quote_plus(VALUE)}".encode(),
    "hex": VALUE.encode().hex().encode(),
    "hex-upper": VALUE.encode().hex().upper().encode(),
    **{
        f"base64-{before}-{after}": base64.b64encode(b"x" * before + VALUE.encode() + b"y" * after)
        for before in range(4)
        for after in range(4)
    },
    **{
        f"base64-twice-{before}": base64.b64encode(b"x" * before + base64.b64encode(VALUE.encode()))
        for before in range(3)
    },
    "base64-url": base64.urlsafe_b64encode(b"x" + VALUE.encode()),
}


# By name: the value is a new one in each process of a run, and names of tests must be the same in all.
@pytest.mark.parametrize("name", DISGUISES)
def test_every_disguise_is_seen_through(name: str, tmp_path: Path) -> None:
    disguise = DISGUISES[name]
    (tmp_path / "state").mkdir()
    (tmp_path / "state/stack.json").write_bytes(b"{" + disguise + b"}")
    assert leaks_in(tmp_path, forms_of([VALUE])) == [str(tmp_path / "state/stack.json")]
    assert leaks_in(tmp_path, forms_of([planted("another")])) == []
    assert said_in(disguise.decode(), forms_of([VALUE]))
