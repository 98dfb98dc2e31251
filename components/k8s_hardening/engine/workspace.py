"""One stack of one project, run by the engine with the pack over it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from k8s_hardening.engine.events import Summary, read_events
from k8s_hardening.engine.running import run_to_end
from k8s_hardening.engine.toolchain import EngineError, Toolchain

_LOCKED = "the stack is currently locked by"  # pulumi v3.200.0 pkg/backend/diy/lock.go


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of the engine ended."""

    status: int
    """Exit status of the engine."""
    summary: Summary
    hint: str | None = None
    """What to do about a failure whose cause is known, as a sentence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a stack's configuration, decrypted."""

    value: str = field(repr=False)
    is_secret: bool
    """The stack's file holds it encrypted."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where and with what the engine runs."""

    root: Path
    """The checkout: tools, state and virtual environment."""
    project: Path
    """Folder of the project's Pulumi.yaml."""
    stack: str
    toolchain: Toolchain
    pack: Path
    pack_configuration: Path
    renders: bool
    """The stack renders files, so no cluster may be looked for."""
    holds_secrets: bool = False
    """The stack's configuration holds secrets, so its state needs a passphrase wherever its objects go."""
    quiet: bool = False
    """The engine's own display goes to standard error, so that standard output stays the caller's."""
    colour: bool = True
    """The engine may colour its display where it sees a terminal."""

    def environment(self) -> dict[str, str]:
        """The engine's environment: the caller's, with what is missing filled in.

        Raises:
            EngineError: the stack keeps its state elsewhere or goes to a cluster, and no passphrase is given.
        """
        environment = dict(os.environ)
        environment["PATH"] = os.pathsep.join([*map(str, self.toolchain.path), environment.get("PATH", "")])
        environment["PULUMI_HOME"] = str(self.toolchain.home)
        environment["PULUMI_SKIP_UPDATE_CHECK"] = "true"
        environment["PULUMI_DEBUG_COMMANDS"] = "true"  # lets --event-log be used
        environment.setdefault("PULUMI_BACKEND_URL", f"file://{self.root / '.work/state'}")
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & environment.keys():
            if not self.renders or self.holds_secrets:
                what = "has secrets in its configuration" if self.renders else "goes to a cluster"
                raise EngineError(
                    f"stack {self.stack} {what}, and its state needs a passphrase: "
                    "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it"
                )
            # Without secrets there is nothing to guard; an empty passphrase keeps the first run free of questions.
            environment["PULUMI_CONFIG_PASSPHRASE"] = ""
        if self.renders:
            # The provider would look for a cluster even so, and with one in reach a preview could write files.
            environment["KUBECONFIG"] = os.devnull
        return environment

    def ensure_stack(self) -> None:
        """Make the stack in its backend where it is not there yet."""
        environment = self.environment()
        backend = environment["PULUMI_BACKEND_URL"]
        if backend.startswith("file://"):
            folder = Path(backend.removeprefix("file://"))
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]
            if (folder / ".pulumi/stacks" / name / f"{self.stack}.json").exists():
                return
        done = self._capture("stack", "select", "--create", "--stack", self.stack)
        if done.returncode != 0:
            if _LOCKED in done.stderr:
                # A stack that is not there yet has nothing to cancel; the engine's last line names the lock.
                lock = done.stderr.strip().splitlines()[-1].strip()
                raise EngineError(f"{self._locked()} delete the lock {lock}")
            raise EngineError(f"stack {self.stack} cannot be used: {_complaint(done.stderr)}")

    def preview(self, *arguments: str) -> Outcome:
        """Show what would change, judged by the pack."""
        return self._run("preview", *arguments)

    def up(self, *arguments: str) -> Outcome:
        """Apply, judged by the pack once more; call `preview` first, since this stops at the first violation."""
        return self._run("up", "--yes", "--skip-preview", *arguments)

    def export(self) -> str:
        """The state of the stack as JSON; secrets stay encrypted."""
        done = self._capture("stack", "export", "--stack", self.stack)
        if done.returncode != 0:
            raise EngineError(f"the state of stack {self.stack} cannot be read: {_complaint(done.stderr)}")
        return done.stdout

    def configuration(self) -> dict[str, Setting]:
        """The stack's configuration by full key, with every secret decrypted: never show a value of it.

        Raises:
            EngineError: the engine cannot decrypt it, for example by a wrong passphrase.
        """
        done = self._capture("config", "--show-secrets", "--json", "--stack", self.stack)
        if done.returncode != 0:
            raise EngineError(f"the configuration of stack {self.stack} cannot be read: {_complaint(done.stderr)}")
        return {
            key: Setting(one["value"], is_secret=one["secret"])
            for key, one in json.loads(done.stdout).items()
            if isinstance(one.get("value"), str)
        }

    def _run(self, command: str, *arguments: str) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as scratch:
            log = Path(scratch) / "events.ndjson"
            ended = run_to_end(
                [
                    str(self.toolchain.pulumi),
                    command,
                    *("--stack", self.stack),
                    *("--policy-pack", str(self.pack)),
                    *("--policy-pack-config", str(self.pack_configuration)),
                    *("--event-log", str(log)),
                    *(() if self.colour else ("--color", "never")),
                    *arguments,
                ],
                folder=self.project,
                environment=self.environment(),
                stdout=sys.stderr if self.quiet else None,
            )
            # The log of a run that was killed may end inside of a character.
            text = log.read_text(errors="replace") if log.exists() else ""
        hint = self._how_to_unlock() if ended.status != 0 and _LOCKED in ended.said else None
        return Outcome(ended.status, read_events(text.splitlines()), hint)

    def _how_to_unlock(self) -> str:
        environment = self.environment()
        settings = [f"{name}={environment[name]}" for name in ("PULUMI_HOME", "PULUMI_BACKEND_URL")]
        remedy = ["env", *settings, str(self.toolchain.pulumi), "cancel", "--yes", "--stack", self.stack]
        return f"{self._locked()} run `{shlex.join([*remedy, '--cwd', str(self.project)])}`"

    def _locked(self) -> str:
        return f"stack {self.stack} is locked by another run: wait for its end; if none is running any more,"

    def _capture(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.toolchain.pulumi), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


def _complaint(text: str) -> str:
    """The engine's error, or else the last thing that it said."""
    lines = [line for line in text.splitlines() if line.strip()] or ["the engine said nothing"]
    return next((line for line in lines if line.startswith("error: ")), lines[-1]).removeprefix("error: ")
