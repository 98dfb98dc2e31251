"""Colours only where somebody looks at them and wants them."""

from __future__ import annotations

import sys

import pytest

from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import Line


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_colours() -> None:
    assert wants_colour(no_color=False)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_turns_colours_off(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    assert not wants_colour(no_color=False)


@pytest.mark.usefixtures("terminal")
def test_the_option_turns_colours_off() -> None:
    assert not wants_colour(no_color=True)


def test_a_file_gets_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert not wants_colour(no_color=False)


LINES: list[Line] = [[("a[0] [bold]", "bold red"), (" is " + "long " * 60, "")], []]


def test_the_text_is_the_same_with_and_without_colours(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(LINES, colour=False)
    plain = capsys.readouterr().out
    assert plain == "a[0] [bold] is " + "long " * 60 + "\n\n"
    print_lines(LINES, colour=True)
    coloured = capsys.readouterr().out
    assert "\x1b[1;31ma[0] [bold]\x1b[0m is long" in coloured
    assert coloured.replace("\x1b[1;31m", "").replace("\x1b[0m", "") == plain
