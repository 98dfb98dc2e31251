"""The parser as a program: what it is given, what it says, and what comes of a text that says something else."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from k8s_hardening.loader.parser import Parser, ParserError

NAME = "k8s-hardening-web-0123456789"


def parser(folder: Path, code: str, seconds: float = 10) -> Parser:
    """A parser that is a Python program."""
    program = folder / "parser"
    program.write_text(f"#!{sys.executable}\nimport os, sys, time\ntext = sys.stdin.read()\n{code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Parser((str(program), "-K"), seconds)


ECHO = f"""
with open({{log!r}}, "a") as log:
    print(sys.argv[1:], text, file=log)
if "-N" in sys.argv:
    print("{NAME}")
    print("{NAME}//child")
"""


def test_names_are_asked_before_anything_is_loaded(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parser(tmp_path, ECHO.format(log=str(log))).load(NAME, "text")
    assert log.read_text().splitlines() == ["['-K', '-N'] text", "['-K', '--replace'] text"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["somebody-else"], "the text defines the profile 'somebody-else', and its name says"),
        ([NAME, "somebody-else"], "the text defines the profile 'somebody-else'"),
        ([NAME, f":space:{NAME}"], "the text defines the profile ':space:"),
        ([f"{NAME}//child"], "the text defines no profile"),
        ([], "the text defines no profile"),
    ],
)
def test_a_text_that_defines_something_else_is_not_loaded(tmp_path: Path, names: list[str], says: str) -> None:
    code = f"for name in {names!r}: print(name)\nif '--replace' in sys.argv: open({str(tmp_path / 'loaded')!r}, 'w')"
    with pytest.raises(ParserError, match=says):
        parser(tmp_path, code).load(NAME, "text")
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("sys.exit('AppArmor parser error:\\n  syntax error')", "AppArmor parser error: syntax error"),
        ("sys.exit(3)", "apparmor_parser ended with 3"),
        ("sys.exit('x' * 10000)", "x{500}[.]{3}$"),
        ("sys.stderr.buffer.write(b'\\xff'); sys.exit(1)", "\ufffd"),
    ],
)
def test_what_it_says_is_reported(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(ParserError, match=says):
        parser(tmp_path, code).load(NAME, "text")


def test_it_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ParserError, match=r"took longer than 0\.2 s"):
        parser(tmp_path, "time.sleep(60)", seconds=0.2).load(NAME, "text")


def test_no_parser_at_all(tmp_path: Path) -> None:
    with pytest.raises(ParserError, match="cannot be run: No such file"):
        Parser((str(tmp_path / "nothing"),)).load(NAME, "text")
