"""The group starts fast, imports only what is asked for, and never shows a traceback for a mistake."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from k8s_hardening.cli import check as check_module
from k8s_hardening.cli import main as main_module
from k8s_hardening.cli.main import COMMANDS, EXIT_DEFECT, main
from k8s_hardening.model.problems import BadInputError
from tests.bench.measuring import keeping_bytecode
from tests.cli.calling import call, process
from tests.controls.corpus import ROOT

GOOD = str(ROOT / "privileged/pass")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_where_the_table_says_and_shows_examples(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    shown = call(name, "--help")
    assert shown.exit_code == 0
    assert f"  k8s-hardening {name}" in shown.stdout
    lines = shown.stdout.splitlines()
    assert any(line.strip().startswith("Example") for line in lines)
    assert "\\b" not in shown.stdout


def test_the_help_lists_all_commands_with_examples() -> None:
    shown = call("--help")
    assert shown.exit_code == 0
    for name, (_, text) in COMMANDS.items():
        assert f"  {name}" in shown.stdout
        assert text in shown.stdout
    assert "    k8s-hardening check deploy/\n" in shown.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    assert call("--version").stdout == f"k8s-hardening {version('k8s-hardening')}\n"


@pytest.mark.parametrize("arguments", [("chek",), ("--nonsense",), ("check",), ("check", "--nonsense", "x")])
def test_misuse_is_explained_with_status_2(arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Usage: k8s-hardening" in result.stderr


def test_bad_input_is_one_line_for_each_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BadInputError(["a: is wrong", "b: is missing"])

    monkeypatch.setattr(check_module, "judge_sources", refuse)
    result = call("check", GOOD)
    assert (result.exit_code, result.stderr) == (2, "error: a: is wrong\nerror: b: is missing\n")


def crash(*_: object) -> None:
    raise RuntimeError("s3cr3t")


def test_a_defect_is_one_line_without_values_and_status_70(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "judge_sources", crash)
    result = call("check", GOOD)
    assert result.exit_code == EXIT_DEFECT
    assert result.stderr.startswith("k8s-hardening: defect in check: RuntimeError at ")
    assert result.stderr.count("\n") == 1
    assert "s3cr3t" not in result.stderr


def test_debug_shows_the_traceback_of_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "judge_sources", crash)
    result = call("--debug", "check", GOOD)
    assert result.exit_code == EXIT_DEFECT
    assert "Traceback" in result.stderr


def test_a_command_that_cannot_be_imported_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main_module.COMMANDS, "broken", ("k8s_hardening.nowhere:broken", "Broken."))
    result = call("broken")
    assert result.exit_code == EXIT_DEFECT
    assert "ModuleNotFoundError" in result.stderr


def test_an_interrupted_command_ends_as_programs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check_module, "judge_sources", interrupt)
    assert call("check", GOOD).exit_code == 130


@pytest.mark.parametrize("arguments", [("check", GOOD), ("controls",), ("--help",), ("--version",)])
def test_no_engine_is_imported_to_judge_or_explain(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys\n"
        "from k8s_hardening.cli.main import main\n"
        f"main({list(arguments)!r}, standalone_mode=False)\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stderr.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    assert "k8s_hardening.cli.main" in modules
    for heavy in ("pulumi", "pulumi_kubernetes", "pulumi_policy", "grpc", "rich", "k8s_hardening.resources"):
        assert heavy not in modules


def processor_time(*command: str) -> float:
    """Seconds of the processor that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # As users have it: Python keeps what it compiled, so that only the first start compiles.
    subprocess.run(command, capture_output=True, check=True, env=keeping_bytecode(os.environ))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_judging_one_file_takes_less_than_half_a_second() -> None:
    """Time of the processor, since the wall clock also counts what else the machine does; the best of five calls."""
    file = str(ROOT / "privileged/pass/absent.yaml")
    check = [sys.executable, "-c", "from k8s_hardening.cli.main import main; main()", "check", file]
    taken = [processor_time(*check) for _ in range(5)]
    assert min(taken) < 0.5, taken


def test_names_that_the_terminal_cannot_show_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "日本.yaml"
    path.write_text("a: b: c\n")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = process("check", str(path), env=environment)
    assert done.returncode == 2
    assert "\\u65e5\\u672c.yaml:1: is not YAML" in done.stderr
