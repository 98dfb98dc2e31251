"""One stack of one project, run by the engine with the pack over it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import yaml

from k8s_hardening.engine.drift import Drift, read_drift
from k8s_hardening.engine.events import Summary, read_events
from k8s_hardening.engine.locks import LOCKED, who_locks
from k8s_hardening.engine.running import Ended, run_to_end
from k8s_hardening.engine.toolchain import EngineError, Toolchain

# Fields that somebody changed by hand are theirs, and so is an object that a killed run made and did not write down,
# since the provider signs with a made-up name each time. The server refuses who does not insist (pulumi-kubernetes
# 4.27.0 pkg/await/await.go, patchForce and handleSSAErr).
_INSIST = ("PULUMI_K8S_ENABLE_PATCH_FORCE", "true")
_NOT_OURS = "had an apply conflict"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of the engine ended."""

    status: int
    """Exit status of the engine."""
    summary: Summary
    hint: str | None = None
    """What to do about a failure whose cause is known, as a sentence."""


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
            if LOCKED in done.stderr:
                # A stack that is not there yet has nothing to cancel; the engine's last line names the lock.
                lock = done.stderr.strip().splitlines()[-1].strip()
                raise EngineError(f"{who_locks(self.stack, done.stderr)} delete the lock {lock}")
            raise EngineError(f"stack {self.stack} cannot be used: {_complaint(done.stderr)}")

    def preview(self, *arguments: str) -> Outcome:
        """Show what would change, judged by the pack."""
        return self._run("preview", *arguments)

    def up(self, *arguments: str, insists: bool = False) -> Outcome:
        """Apply, judged by the pack once more; call `preview` first, since this stops at the first violation.

        Args:
            arguments: more arguments of the engine.
            insists: whether objects that are there already are taken over from whoever made them.
        """
        return self._run("up", "--yes", "--skip-preview", *arguments, variables=(_INSIST,) if insists else ())

    def mend(self, replaced: Sequence[str], *arguments: str) -> Outcome:
        """Apply as `up` does, over what was changed by hand.

        Args:
            replaced: URNs of objects that are made anew, since the engine does not see what was added to them.
            arguments: more arguments of the engine.
        """
        targets = [word for urn in replaced for word in ("--replace", urn)]
        return self._run("up", "--yes", "--skip-preview", "--refresh", *targets, *arguments, variables=(_INSIST,))

    def drift(self) -> Drift:
        """What of the cluster differs from what was applied; nothing is changed, neither there nor in the state.

        Raises:
            EngineError: the cluster or the state cannot be read.
        """
        with Path(os.devnull).open("w") as nowhere:  # the engine would show each object that it reads
            ended, events = self._logged("refresh", "--preview-only", "--non-interactive", stdout=nowhere)
        if ended.status != 0:
            hint = self._hint(ended)
            raise EngineError(hint or f"the objects of stack {self.stack} cannot be read: {_complaint(ended.said)}")
        return read_drift(events)

    def export(self) -> str:
        """The state of the stack as JSON; secrets stay encrypted."""
        done = self._capture("stack", "export", "--stack", self.stack)
        if done.returncode != 0:
            raise EngineError(f"the state of stack {self.stack} cannot be read: {_complaint(done.stderr)}")
        return done.stdout

    def load(self, state: str) -> None:
        """Replace the state of the stack by one that `export` gave and that was changed since.

        Raises:
            EngineError: the engine does not take it.
        """
        with tempfile.NamedTemporaryFile("w", prefix="k8s-hardening-", suffix=".json") as file:
            file.write(state)
            file.flush()
            done = self._capture("stack", "import", "--stack", self.stack, "--file", file.name)
        if done.returncode != 0:
            raise EngineError(f"the state of stack {self.stack} cannot be written: {_complaint(done.stderr)}")

    def command_line(self, *words: str) -> str:
        """How a person calls the engine itself for this stack, for a shell."""
        environment = self.environment()
        settings = [f"{name}={environment[name]}" for name in ("PULUMI_HOME", "PULUMI_BACKEND_URL")]
        call = ["env", *settings, str(self.toolchain.pulumi), *words, "--stack", self.stack]
        return shlex.join([*call, "--cwd", str(self.project)])

    def _run(self, command: str, *arguments: str, variables: Iterable[tuple[str, str]] = ()) -> Outcome:
        pack = ("--policy-pack", str(self.pack), "--policy-pack-config", str(self.pack_configuration))
        ended, events = self._logged(command, *arguments, pack=pack, variables=variables)
        hint = self._hint(ended)
        if hint is None and ended.status != 0 and any(_NOT_OURS in line for line in events):
            hint = (
                "objects are there already, and belong to a run that was killed or to somebody else: if they are those "
                f"of stack {self.stack}, run `k8s-hardening up` again with --take-over"
            )
        return Outcome(ended.status, read_events(events), hint)

    def _logged(
        self,
        command: str,
        *arguments: str,
        pack: Sequence[str] = (),
        variables: Iterable[tuple[str, str]] = (),
        stdout: TextIO | None = None,
    ) -> tuple[Ended, list[str]]:
        """Run the engine; how it ended, and the lines of its event log."""
        with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as scratch:
            log = Path(scratch) / "events.ndjson"
            ended = run_to_end(
                [
                    str(self.toolchain.pulumi),
                    command,
                    *("--stack", self.stack),
                    *pack,
                    *("--event-log", str(log)),
                    *(() if self.colour else ("--color", "never")),
                    *arguments,
                ],
                folder=self.project,
                environment={**self.environment(), **dict(variables)},
                stdout=stdout or (sys.stderr if self.quiet else None),
            )
            # The log of a run that was killed may end inside of a character.
            text = log.read_text(errors="replace") if log.exists() else ""
        return ended, text.splitlines()

    def _hint(self, ended: Ended) -> str | None:
        if ended.status < 0:
            return (
                f"the engine was killed (signal {-ended.status}), and its lock of stack {self.stack} may be left: "
                f"run `{self.command_line('cancel', '--yes')}`, and then this command again"
            )
        if ended.status != 0 and LOCKED in ended.said:
            return f"{who_locks(self.stack, ended.said)} run `{self.command_line('cancel', '--yes')}`"
        return None

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
