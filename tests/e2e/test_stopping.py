"""An update that is interrupted or locked out: the real engine ends well, and the way on is told."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
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
    while not locks(project):  # the engine locks a stack to update it, and not for a preview
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=120)
    assert process.returncode == 130, shown
    assert "cancelling" in shown
    assert "Traceback" not in shown
    assert locks(project) == []
    again = project.up()
    assert again.status == 0, again.log


def test_a_lock_that_somebody_left_is_removed_as_told(project: Checkout) -> None:
    folder = project.folder / ".work/state/.pulumi/locks/organization/k8s-hardening/dev"
    folder.mkdir(parents=True)
    holder = {"pid": 1, "username": "someone", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00Z"}
    (folder / "0b9d0e9e-0000-4000-8000-000000000000.json").write_text(json.dumps(holder))
    refused = project.up()
    assert refused.status == 1
    assert "error: stack dev is locked by another run: wait for its end" in refused.log
    told = refused.log.rpartition("run `")[2].partition("`")[0]
    subprocess.run(shlex.split(told), env=environment(), check=True, capture_output=True)
    assert locks(project) == []
