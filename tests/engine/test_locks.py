"""Whether whoever locks a stack still runs, as far as that can be known here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from k8s_hardening.engine.locks import holders, who_locks

HERE = socket.gethostname()
ANOTHER = "stack dev is locked by another run: wait for its end; if none is running any more,"


def said(*locks: tuple[str, int]) -> str:
    """In the form of pulumi v3.200.0 pkg/backend/diy/lock.go (checkForLock)."""
    lines = [
        f"  file:///state/.pulumi/locks/{pid}.json: created by some.one@{host} (pid {pid}) at 2026-11-29T04:00:00Z"
        for host, pid in locks
    ]
    return "\n".join([f"error: the stack is currently locked by {len(locks)} lock(s). Either wait ...", *lines])


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_of_this_host_that_is_gone_was_killed(dead: int) -> None:
    assert who_locks("dev", said((HERE, dead))) == (
        f"stack dev is locked by a run that was killed (process {dead} of this host since 2026-11-29T04:00:00Z):"
    )


def test_whoever_runs_is_waited_for() -> None:
    assert who_locks("dev", said((HERE, os.getpid()))) == ANOTHER


def test_nothing_is_known_of_other_hosts(dead: int) -> None:
    assert who_locks("dev", said(("elsewhere", dead))) == ANOTHER


def test_one_that_runs_is_enough(dead: int) -> None:
    assert who_locks("dev", said((HERE, dead), (HERE, os.getpid()))) == ANOTHER
    assert "process" in who_locks("dev", said((HERE, dead), (HERE, dead)))


@pytest.mark.parametrize(
    "text", ["", "error: the stack is currently locked by 1 lock(s).", "created by x@y (pid z) at"]
)
def test_a_message_of_another_form_says_nothing(text: str) -> None:
    assert holders(text) == ()
    assert who_locks("dev", text) == ANOTHER


def test_a_number_that_is_no_process_is_no_proof() -> None:
    assert who_locks("dev", said((HERE, 999_999_999))).startswith("stack dev is locked by")
