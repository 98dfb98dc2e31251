"""An update that is interrupted or locked out: the real engine ends well, and the way on is told."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.checkout import KH, Checkout

pytestmark = pytest.mark.e2e


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_") and key != "KUBECONFIG"}


def locks(project: Checkout) -> list[Path]:
    return list((project.folder / ".work/state/.pulumi/locks").rglob("*.json"))


def test_an_interrupted_update_leaves_a_stack_that_can_be_used(project: Checkout) -> None:
    process = subprocess.Popen(
        [str(KH), "up"],
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    shown = ""
    while not ("Updating (dev)" in shown and " created " in shown):  # amidst of the update, and not of the preview
        line = process.stdout.readline()
        assert line, shown
        shown += line
    assert locks(project)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=120)
    assert process.returncode == 130, shown
    assert "cancelling" in shown
    assert "Traceback" not in shown
    assert locks(project) == []
    again = project.up()
    assert again.status == 0, again.log


LOCK = "0b9d0e9e-0000-4000-8000-000000000000.json"


def lock(project: Checkout) -> None:
    folder = project.folder / ".work/state/.pulumi/locks/organization/k8s-hardening/dev"
    folder.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 1, "username": "someone", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00Z"}
    (folder / LOCK).write_text(json.dumps(holder))


def test_a_lock_that_somebody_left_is_removed_as_told(project: Checkout) -> None:
    assert project.preview().status == 0
    lock(project)
    refused = project.up()
    assert refused.status == 1
    assert "error: stack dev is locked by another run: wait for its end" in refused.log
    told = refused.log.rpartition("run `")[2].partition("`")[0]
    done = subprocess.run(shlex.split(told), env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert locks(project) == []


def test_a_lock_on_a_stack_that_is_not_there_yet_is_named(project: Checkout) -> None:
    lock(project)
    refused = project.preview()
    assert refused.status == 2
    assert "error: stack dev is locked by another run: wait for its end" in refused.log
    assert f"delete the lock file://{locks(project)[0]}" in refused.log
