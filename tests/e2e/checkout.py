"""A checkout of its own for each test: the project's files, its own state, the shared engine and environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.engine.obtaining import obtain
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.workspace import Workspace

ROOT = Path(__file__).parents[2]
KH = ROOT / ".venv/bin/k8s-hardening"
_PROJECT = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "__main__.py", "policy-pack", "tools", "examples")
_SECONDS = 240


def without_tenant(baseline: dict[str, Any], name: str) -> dict[str, Any]:
    """Take a tenant out of a baseline, and what others had accepted of it, since consent to no flow is refused."""
    tenants = baseline["tenants"]
    gone = next(one for one in tenants if one["name"] == name)
    tenants.remove(gone)
    for one in tenants:
        one["accepts"] = [flow for flow in one.get("accepts", []) if not flow.startswith(f"{name}/")]
    assert isinstance(gone, dict)
    return gone


def pulumi(workspace: Workspace, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    """What the engine itself says about a stack, without the command line around it."""
    return subprocess.run(
        [str(workspace.toolchain.pulumi), *arguments, "--stack", workspace.stack],
        input=told,
        cwd=workspace.project,
        env=workspace.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Ran:
    """How one command ended."""

    status: int
    output: str
    """Standard output."""
    log: str
    """Standard error, where the engine's display goes when the summary is JSON."""

    @property
    def summary(self) -> dict[str, Any]:
        """The summary that `--format json` prints."""
        try:
            found = json.loads(self.output)
        except ValueError:
            raise AssertionError(f"no summary; exit {self.status}:\n{self.log}\n{self.output}") from None
        assert isinstance(found, dict)
        return found

    @property
    def controls(self) -> set[tuple[str, str]]:
        """(control, level) of all findings."""
        return {(one["control"], one["level"]) for one in self.summary["findings"]}


@dataclass(frozen=True)
class Checkout:
    """A copy of the project."""

    folder: Path

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Run the command line in the copy, as a user in a shell would."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith("PULUMI_") and key != "KUBECONFIG"
        }
        done = subprocess.run(
            [str(KH), *arguments],
            cwd=self.folder,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def preview(self, *arguments: str, **environment: str) -> Ran:
        return self.run("preview", "--format", "json", *arguments, **environment)

    def up(self, *arguments: str, **environment: str) -> Ran:
        return self.run("up", "--format", "json", *arguments, **environment)

    def workspace(self, stack: str, *, renders: bool) -> Workspace:
        """The engine's view of a stack of the copy, for what the command line has no word for."""
        return Workspace(
            root=self.folder,
            project=self.folder,
            stack=stack,
            toolchain=obtain(ROOT, Progress()),
            pack=self.folder / "policy-pack",
            pack_configuration=self.folder / f"policy-pack/config/{stack}.json",
            renders=renders,
        )

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the copy; the old text must stand there exactly once."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))


def checkout(folder: Path) -> Checkout:
    """A copy of the project in an empty folder."""
    for name in _PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.json.tmp"))
        else:
            shutil.copyfile(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return Checkout(folder)
