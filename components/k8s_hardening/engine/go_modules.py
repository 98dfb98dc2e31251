"""Programs built from the Go modules that tools/ pins, with the checksums that it holds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from k8s_hardening.engine.toolchain import EngineError

_OLDEST_GO = (1, 26)


def usable_go() -> bool:
    """Whether a Go that can build the tools is on PATH."""
    return unusable_go() is None


def unusable_go() -> str | None:
    """Why no Go can build the tools, in a few words; None when one can."""
    if shutil.which("go") is None:
        return "Go is not on PATH"
    done = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False)  # noqa: S607
    match = re.search(r"\bgo(\d+)\.(\d+)", done.stdout)
    if match is None:
        return "the Go on PATH does not say its version"
    if (int(match[1]), int(match[2])) < _OLDEST_GO:
        return f"Go {match[1]}.{match[2]} on PATH is too old"
    return None


def in_copy(source: Path, work: Callable[[Path], object]) -> None:
    """Work in a copy of a tool's folder."""
    # A build writes beside its sources; the checkout may be read-only or shared.
    with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as folder:
        copy = Path(folder) / source.name
        shutil.copytree(source, copy)
        copy.chmod(0o755)
        work(copy)


def build_program(folder: Path, package: str, output: Path, stamps: Mapping[str, str] | None = None) -> None:
    """Build one program of a module.

    Args:
        folder: the module; nothing in it changes but what the build caches elsewhere.
        package: import path of the program.
        output: where it goes.
        stamps: variables of the program to set, such as its version.

    Raises:
        EngineError: with the last lines of what the compiler said.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    flags = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in (stamps or {}).items())])
    _go(folder, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(output), package)


def module_folder(folder: Path, module: str) -> Path:
    """Where the source of a module lies that a tool's folder pins; downloaded when it is not there yet."""
    _go(folder, "mod", "download", module)
    return Path(json.loads(_go(folder, "list", "-m", "-json", module))["Dir"])


def _go(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run(
        ["go", *arguments],  # noqa: S607
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "; ".join(done.stderr.strip().splitlines()[-3:])
        raise EngineError(f"go {arguments[0]} in tools/{folder.name} failed: {last}; mend the cause and run it again")
    return done.stdout
