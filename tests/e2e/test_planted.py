"""What looks for planted values finds them in every disguise; only then does finding none say something."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path

import pytest

from tests.e2e.planted import forms_of, leaks_in, planted, said_in

VALUE = planted("of-a-test")


@pytest.mark.parametrize(
    "disguise",
    [
        VALUE.encode(),
        json.dumps({"a": VALUE}).encode(),
        json.dumps({"a": VALUE}, ensure_ascii=False).encode(),
        f"x={urllib.parse.quote(VALUE, safe='')}".encode(),
        f"x={urllib.parse.quote_plus(VALUE)}".encode(),
        VALUE.encode().hex().encode(),
        VALUE.encode().hex().upper().encode(),
        *(base64.b64encode(b"x" * before + VALUE.encode() + b"y" * after) for before in range(4) for after in range(4)),
        *(base64.b64encode(b"x" * before + base64.b64encode(VALUE.encode())) for before in range(3)),
        base64.urlsafe_b64encode(b"x" + VALUE.encode()),
    ],
)
def test_every_disguise_is_seen_through(disguise: bytes, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/stack.json").write_bytes(b"{" + disguise + b"}")
    assert leaks_in(tmp_path, forms_of([VALUE])) == [str(tmp_path / "state/stack.json")]
    assert leaks_in(tmp_path, forms_of([planted("another")])) == []
    assert said_in(disguise.decode(), forms_of([VALUE]))
