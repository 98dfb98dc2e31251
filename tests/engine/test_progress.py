"""Long steps say what they do, that they go on, and how long they took."""

from __future__ import annotations

import io
import re
import time

import pytest

from k8s_hardening.engine import progress
from k8s_hardening.engine.progress import Progress


def test_a_step_says_its_start_and_its_end() -> None:
    said = io.StringIO()
    with Progress(said).step("building a thing", "2 min"):
        assert said.getvalue() == "building a thing (about 2 min) ...\n"
    assert re.fullmatch(r"building a thing \(about 2 min\) \.\.\.\n  done in \d+ s\n", said.getvalue())


def test_a_long_step_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_BEAT", 0.01)
    said = io.StringIO()
    with Progress(said).step("building a thing", "2 min"):
        time.sleep(0.1)
    assert "  ... still building a thing (0 s)\n" in said.getvalue()


def test_a_step_that_fails_does_not_say_that_it_is_done() -> None:
    said = io.StringIO()
    with pytest.raises(ValueError, match="boom"), Progress(said).step("building a thing", "2 min"):
        raise ValueError("boom")
    assert "done" not in said.getvalue()


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Progress().say("hello")
    assert capsys.readouterr() == ("", "hello\n")
