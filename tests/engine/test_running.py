"""A child hears of the signals of its parent, and its end is waited for."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from k8s_hardening.engine import running
from k8s_hardening.engine.running import Ended, run_to_end

WAITS = """
trap 'echo {word} >> "{folder}/heard"; count=$((count + 1))' INT TERM HUP
: > "{folder}/ready"
count=0
while [ $count -lt {times} ]; do sleep 0.02; done
echo ended >> "{folder}/heard"
"""


def sh(script: str, folder: Path) -> Ended:
    return run_to_end(["/bin/sh", "-c", script], folder, os.environ)


def send_when_ready(folder: Path, *numbers: int) -> threading.Thread:
    """Signals to this very process, as soon as the child listens; each after the one before was heard."""

    def send() -> None:
        while not (folder / "ready").exists():
            time.sleep(0.01)
        for count, number in enumerate(numbers, 1):
            os.kill(os.getpid(), number)
            while count < len(numbers) and len(heard(folder)) < count:
                time.sleep(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def heard(folder: Path) -> list[str]:
    path = folder / "heard"
    return path.read_text().splitlines() if path.exists() else []


def test_the_status_and_what_was_said_are_returned_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = sh("echo oops >&2; exit 7", tmp_path)
    assert ended == Ended(7, "oops\n")
    assert capsys.readouterr().err == "oops\n"


def test_only_the_end_of_a_long_story_is_kept_and_all_of_it_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = sh(
        "i=0; while [ $i -lt 3000 ]; do echo 'a line of some forty characters for the log' >&2; i=$((i+1)); done",
        tmp_path,
    )
    assert len(ended.said) == 64 * 1024
    assert capsys.readouterr().err.count("\n") == 3000


def test_bytes_that_are_no_text_are_no_crash(tmp_path: Path) -> None:
    assert "\N{REPLACEMENT CHARACTER}" in sh(r"printf '\377\n' >&2", tmp_path).said


def test_a_plugin_that_holds_the_pipe_does_not_hold_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_LINGER", 0.1)
    started = time.monotonic()
    assert sh("sleep 8 & exit 3", tmp_path).status == 3
    assert time.monotonic() - started < 7


def test_an_interrupt_is_passed_on_once_and_the_end_is_waited_for(tmp_path: Path) -> None:
    thread = send_when_ready(tmp_path, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        sh(WAITS.format(folder=tmp_path, word="heard", times=1), tmp_path)
    thread.join()
    assert heard(tmp_path) == ["heard", "ended"]


def test_a_second_interrupt_is_passed_on_too(tmp_path: Path) -> None:
    thread = send_when_ready(tmp_path, signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        sh(WAITS.format(folder=tmp_path, word="heard", times=2), tmp_path)
    thread.join()
    assert heard(tmp_path) == ["heard", "heard", "ended"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_of_a_ci_job_is_passed_on(tmp_path: Path, number: signal.Signals) -> None:
    thread = send_when_ready(tmp_path, number)
    with pytest.raises(SystemExit) as caught:
        sh(WAITS.format(folder=tmp_path, word="heard", times=1), tmp_path)
    thread.join()
    assert caught.value.code == 128 + number
    assert heard(tmp_path) == ["heard", "ended"]


def test_a_terminals_interrupt_reaches_the_child_through_us_only(tmp_path: Path) -> None:
    """The terminal sends it to a whole process group, of which the child must be no part."""
    (tmp_path / "group").write_text("")
    sh(f'read pid rest < /proc/self/stat; cut -d" " -f5 /proc/self/stat > "{tmp_path}/group"', tmp_path)
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


def test_signals_mean_what_they_meant_before(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    sh("exit 0", tmp_path)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_program_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(FileNotFoundError):
        run_to_end([str(tmp_path / "absent")], tmp_path, os.environ)
    assert signal.getsignal(signal.SIGINT) is before
