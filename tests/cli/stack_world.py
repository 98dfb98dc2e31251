"""A checkout of its own with stand-ins for the engine, for the tests of the commands around it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.reading import ROOT
from tests.engine.fakes import PROJECT, Fakes, make_fakes
from tests.engine.test_events import judged

STACK_JUDGED = {"policyAnalyzeStackSummaryEvent": {"policyPackName": "k8s-hardening"}}
CLEAN: list[dict[str, Any]] = [
    judged("urn:a"),
    STACK_JUDGED,
    {"summaryEvent": {"resourceChanges": {"create": 1}}},
]
PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "of-a-test")


@dataclass(frozen=True)
class World:
    """The checkout and its stand-ins."""

    fakes: Fakes

    @property
    def project(self) -> Path:
        return self.fakes.project

    def baseline(self, stack: str) -> dict[str, Any]:
        """The baseline of a stack, as its file says it."""
        found = yaml.safe_load(self._file(stack).read_text())["config"][ROOT]
        assert isinstance(found, dict)
        return found

    def write(self, stack: str, config: dict[str, Any]) -> None:
        """Replace the configuration of a stack."""
        self._file(stack).write_text(yaml.safe_dump({"config": config}))

    def of_a_team(self, **settings: str) -> None:
        """Make it the project of a team, called storefront, whose stack dev has these settings and no baseline."""
        (self.project / "Pulumi.yaml").write_text("name: storefront\nruntime: python\n")
        self.write("dev", {f"storefront:{key}": value for key, value in settings.items()})

    def state(self, *inputs: dict[str, Any]) -> None:
        """The namespaces that the state of the stack holds."""
        resources = [{"type": "kubernetes:core/v1:Namespace", "inputs": one} for one in inputs]
        self.fakes.say("state", json.dumps({"deployment": {"resources": resources}}))

    @property
    def runs(self) -> list[str]:
        """The first word of each call of the engine that previews or applies."""
        return [call.split()[0] for call in self.fakes.calls if call.split()[0] in ("preview", "up")]

    def process(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One call in the checkout as a process of its own, without a terminal."""
        command = [sys.executable, "-m", "k8s_hardening.cli.main", *arguments]
        return subprocess.run(
            command,
            cwd=self.project,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def terminal(self, *arguments: str, answer: str = "", **environment: str) -> tuple[int, str]:
        """One call in a terminal, at which somebody types an answer: its exit status and all that it shows."""
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "k8s_hardening.cli.main", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.project,
            env={**os.environ, "TERM": "xterm", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
        )
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        os.close(ours)
        return process.wait(timeout=30), shown.decode()

    def _file(self, stack: str) -> Path:
        return self.project / f"Pulumi.{stack}.yaml"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""


def make_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A checkout whose engine finds nothing to blame."""
    fakes = make_fakes(folder, monkeypatch)
    fakes.on_path("pulumi", "pulumi-language-python", "pulumi-analyzer-policy-python")
    fakes.say("plugin-download")
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT / name, fakes.project / name)
    shutil.copytree(PROJECT / "policy-pack", fakes.project / "policy-pack")
    monkeypatch.chdir(fakes.project)
    world = World(fakes)
    world.state()
    for command in ("preview", "up"):
        fakes.show(command, CLEAN)
    return world
