"""Programs that stand in for `pulumi`, `go` and the installer of the SDK: shell scripts that are really started.

They write down what they were asked, and do what files beside them say. PATH holds nothing else but a few tools of
the shell, so that nothing of the machine is found by accident.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.engine.toolchain import PLUGIN, TOOLS

PROJECT = Path(__file__).parents[2]
_SHELL_TOOLS = ("sh", "cat", "cksum", "cp", "dirname", "env", "mkdir", "rm", "sleep")
_PULUMI = """#!/bin/sh
echo "$*" >> "{data}/calls"
case "$1 $2" in
"version "*) cat "{data}/version" ;;
"plugin install")
    [ -e "{data}/plugin-download" ] || exit 1
    mkdir -p "$PULUMI_HOME/plugins/{plugin}" && : > "$PULUMI_HOME/plugins/{plugin}/pulumi-resource-kubernetes" ;;
"stack select")
    [ ! -e "{data}/select-error" ] || {{ cat "{data}/select-error" >&2; exit 255; }} ;;
"config --show-secrets")
    [ ! -e "{data}/config-error" ] || {{ cat "{data}/config-error" >&2; exit 255; }}
    cat "{data}/config" ;;
"stack export")
    [ ! -e "{data}/export-error" ] || {{ cat "{data}/export-error" >&2; exit 255; }}
    cat "{data}/state" ;;
"stack import")
    [ ! -e "{data}/import-error" ] || {{ cat "{data}/import-error" >&2; exit 255; }}
    while [ "$1" != --file ]; do shift; done
    cp "$2" "{data}/imported" ;;
"preview "* | "up "* | "refresh "*)
    command=$1
    env > "{data}/environment"
    while [ $# -gt 0 ]; do
        [ "$1" != --event-log ] || log=$2
        shift
    done
    echo "display of $command"
    [ ! -e "{data}/$command.stderr" ] || cat "{data}/$command.stderr" >&2
    [ ! -e "{data}/$command.events" ] || cat "{data}/$command.events" > "$log"
    if [ -e "{data}/until-interrupted" ]; then
        trap 'echo interrupted >> "{data}/calls"; rm "{data}/until-interrupted"' INT TERM
        : > "{data}/running"
        while [ -e "{data}/until-interrupted" ]; do sleep 0.05; done
        exit 255
    fi
    [ ! -e "{data}/$command.killed" ] || kill -9 $$
    [ ! -e "{data}/$command.status" ] || exit "$(cat "{data}/$command.status")" ;;
esac
"""
_GO = """#!/bin/sh
case "$1 $2" in
"env GOVERSION") cat "{data}/go-version" ;;
"list -m") printf '{{"Dir": "{data}/module"}}' ;;
"build "*)
    while [ $# -gt 1 ]; do
        [ "$1" != -o ] || output=$2
        shift
    done
    echo "$1" >> "{data}/builds"
    sleep "$(cat "{data}/go-seconds")"
    [ ! -e "{data}/build-error" ] || {{ : > "$output"; cat "{data}/build-error" >&2; exit 1; }}
    cp "{data}/pulumi" "$output" ;;
esac
"""
_INSTALLER = """
import pathlib, shutil
class PulumiCommand:
    @classmethod
    def install(cls, root, version):
        if not pathlib.Path({data!r}, "installer-download").exists():
            raise OSError("no way out")
        bin = pathlib.Path(root, "bin")
        bin.mkdir(parents=True)
        shutil.copy(pathlib.Path({data!r}, "pulumi"), bin / "pulumi")
"""


@dataclass(frozen=True)
class Fakes:
    """The stand-ins of one test, and what they were asked."""

    bin: Path
    data: Path
    project: Path
    """A checkout that pins the tools of the real one."""

    def on_path(self, *programs: str, version: str = "3.200.0") -> None:
        """Put programs on PATH; `pulumi` says a version."""
        self.say("version", f"v{version}\n")
        for program in programs:
            self._program(program, self.data / "pulumi")

    def go_on_path(self, version: str = "1.26.3", seconds: float = 0) -> None:
        """Put a `go` on PATH whose builds take some time."""
        self.say("go-version", f"go{version}\n")
        self.say("go-seconds", str(seconds))
        self._program("go", self.data / "go")

    def say(self, name: str, text: str = "") -> None:
        """A file that a stand-in reads or looks for."""
        (self.data / name).write_text(text)

    def show(self, command: str, events: Sequence[dict[str, Any]], status: int = 0) -> None:
        """What `pulumi preview`, `up` or `refresh` writes to its event log, and how it ends."""
        self.say(f"{command}.events", "".join(json.dumps(event) + "\n" for event in events))
        self.say(f"{command}.status", str(status))

    @property
    def calls(self) -> list[str]:
        """The command lines of `pulumi`, in order, those that ask its version left out."""
        return [line for line in self._lines("calls") if line != "version"]

    @property
    def builds(self) -> list[str]:
        """The packages that `go` built."""
        return self._lines("builds")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the last preview or update."""
        return dict(line.partition("=")[::2] for line in self._lines("environment"))

    def _lines(self, name: str) -> list[str]:
        path = self.data / name
        return path.read_text().splitlines() if path.exists() else []

    def _program(self, name: str, source: Path) -> None:
        shutil.copy(source, self.bin / name)


def make_fakes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """A world without an engine: nothing on PATH, an empty cache, no way to any download."""
    made = Fakes(folder / "bin", folder / "data", folder / "project")
    for path in (made.bin, made.data / "module/cmd/pulumi-resource-kubernetes", made.project, folder / "sdk/pulumi"):
        path.mkdir(parents=True)
    for tool in _SHELL_TOOLS:
        found = shutil.which(tool)
        assert found is not None, f"the tests need {tool}"
        (made.bin / tool).symlink_to(found)
    for name, text in (("pulumi", _PULUMI), ("go", _GO)):
        made.say(name, text.format(data=made.data, plugin=PLUGIN))
        (made.data / name).chmod(0o755)
    made.say("version", "v3.200.0\n")
    for script in (
        "python/dist/pulumi-analyzer-policy-python",
        "python/dist/pulumi-resource-pulumi-python",
        "python/cmd/pulumi-language-python-exec",
        "cmd/pulumi-resource-kubernetes/schema.json",
        "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
    ):
        (made.data / "module" / script).parent.mkdir(parents=True, exist_ok=True)
        made.say(f"module/{script}", "{}")
    for tool in TOOLS:
        shutil.copytree(PROJECT / "tools" / tool, made.project / "tools" / tool)
    (folder / "sdk/pulumi/__init__.py").touch()
    (folder / "sdk/pulumi/automation.py").write_text(_INSTALLER.format(data=str(made.data)))
    for name in os.environ:
        if name.startswith("PULUMI_") or name in ("KUBECONFIG", "NO_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(folder / "sdk"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("PATH", str(made.bin))
    return made
