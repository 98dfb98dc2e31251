"""The loader as a program of its own: started as in the image, with nothing of the rest of the package in reach."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_hardening.loader_image.recipe import SOURCE

ENVIRONMENT = {"NODE_NAME": "worker-1", "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The entry of the image, with the folder that it names moved."""
    shutil.copytree(SOURCE, tmp_path / "apparmor_loader")
    text = (SOURCE / "apparmor-loader").read_text()
    assert text.startswith("#!/usr/bin/python3 -IBS\n")
    entry = tmp_path / "entry"
    entry.write_text(text.replace("/usr/lib/apparmor-loader", str(tmp_path)))
    return [sys.executable, "-IBS", str(entry)]


def run(
    command: list[str], *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=environment or {}, timeout=60, check=False
    )


@pytest.mark.parametrize("arguments", [(), ("start",), ("ready", "now"), ("--help",)])
def test_wrong_use(command: list[str], arguments: tuple[str, ...]) -> None:
    done = run(command, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: apparmor-loader run")


@pytest.mark.parametrize("question", ["ready", "alive", "status"])
def test_probes_before_the_first_round(command: list[str], question: str) -> None:
    done = run(command, question)
    assert (done.returncode, done.stdout) == (1, "no round has ended yet\n")


def test_probes_import_next_to_nothing(command: list[str]) -> None:
    """They run often and compile what they import each time."""
    done = run([*command[:1], "-X", "importtime", *command[1:]], "ready")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "apparmor_loader.probing" in imported
    assert imported.isdisjoint({"argparse", "dataclasses", "json", "pathlib", "re", "ssl", "subprocess", "typing"})


@pytest.mark.parametrize("options", [("--interval", "0"), ("--grace", "x"), ("--interval", "nan")])
def test_wrong_options(command: list[str], options: tuple[str, ...]) -> None:
    done = run(command, "run", *options, environment=ENVIRONMENT)
    assert done.returncode == 2
    assert "invalid _seconds value" in done.stderr


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_the_daemon_set_must_give(command: list[str], name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    done = run(command, "run", environment=environment)
    assert done.returncode == 2
    assert "must be set" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(command: list[str], number: signal.Signals) -> None:
    """Here a round fails, since there is no folder for the status; it goes on all the same."""
    with subprocess.Popen([*command, "run"], stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        said = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
    assert [one["subject"] for one in said] == ["api", "node", "round"]
    assert said[2]["event"] == "failed"
