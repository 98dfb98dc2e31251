"""The engine, obtained: `pulumi` on PATH, else the official installer, else built from Go modules.

What is built or installed lies in a cache that all checkouts share, keyed by what pins the tools.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k8s_hardening.engine.building import build_command_line, build_provider
from k8s_hardening.engine.go_modules import unusable_go
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import (
    CLI_VERSION,
    PLUGIN,
    PROVIDER_VERSION,
    TOOLS,
    EngineError,
    Toolchain,
    cache_folder,
    on_path,
    tools_key,
    unusable_on_path,
)

_INSTALLER_SECONDS = 180
_SCRATCH = ".making-"  # what the folder holds under such a name is not whole yet
_PROVIDER_REMEDY = (
    f"run pulumi plugin install resource kubernetes {PROVIDER_VERSION} where its download can be reached, "
    "or install Go 1.26 or newer, and run this again"
)
_REMEDY = "install Pulumi 3.200 or newer (or Go 1.26 or newer, to build it from Go modules) and run this again"


def obtain(project: Path, progress: Progress) -> Toolchain:
    """A usable engine with the Kubernetes provider in place; builds or installs what is missing.

    Raises:
        EngineError: nothing usable is here and nothing can be had.
    """
    folder = cache_folder() / f"engine-{tools_key(project)}"
    home = Path(os.environ.get("PULUMI_HOME") or folder / "home")
    plugin = home / "plugins" / PLUGIN / "pulumi-resource-kubernetes"
    ready = on_path(home) or _made(folder, home)
    if ready is not None and plugin.exists():
        return ready
    try:
        with _only_one(folder, progress):
            toolchain = ready or _made(folder, home) or _make(project, folder, home, progress)
            if not plugin.exists():
                _provide(project, toolchain, progress)
    except OSError as error:
        raise EngineError(f"the engine cannot be put in place: {error.strerror}: {error.filename or folder}") from None
    return toolchain


def _made(folder: Path, home: Path) -> Toolchain | None:
    """What an earlier run installed or built."""
    for origin in ("installed", "built"):
        pulumi = folder / origin / "bin/pulumi"
        if pulumi.exists():
            return Toolchain(pulumi, (pulumi.parent,), home, f"pulumi {CLI_VERSION}, {origin} in the cache")
    return None


def _make(project: Path, folder: Path, home: Path, progress: Progress) -> Toolchain:
    flaw = unusable_on_path()
    if flaw is not None:
        progress.say(f"{flaw}, so it is not used")
    if not _install(folder / "installed", progress):
        if (hindrance := _no_build(project)) is not None:
            found = flaw or "pulumi is not on PATH"
            raise EngineError(f"{found}, and it cannot be built here, since {hindrance}: {_REMEDY}")
        with _whole(folder / "built") as scratch:
            build_command_line(project, scratch / "bin", progress)
    made = _made(folder, home)
    if made is None:
        raise EngineError(f"the engine was made but is not in {folder}: remove that folder and run this again")
    return made


def _no_build(project: Path) -> str | None:
    """Why nothing can be built here, in a few words; None when it can."""
    if not all((project / "tools" / tool).is_dir() for tool in TOOLS):
        return "this project pins no tools"
    return unusable_go()


def _install(target: Path, progress: Progress) -> bool:
    """Run the SDK's official installer; False where its download cannot be reached."""
    code = (
        "import sys; from semver import VersionInfo; from pulumi.automation import PulumiCommand; "
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
    )
    progress.say(f"trying the official installer of pulumi {CLI_VERSION} ...")
    with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as scratch:
        try:
            done = subprocess.run(
                [sys.executable, "-c", code, f"{scratch}/pulumi", CLI_VERSION],
                capture_output=True,
                timeout=_INSTALLER_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            progress.say(f"  its download took longer than {_INSTALLER_SECONDS} s")
            return False
        if done.returncode != 0 or not Path(scratch, "pulumi/bin/pulumi").exists():
            progress.say("  its download cannot be reached from here")
            return False
        with _whole(target) as place:
            shutil.copytree(f"{scratch}/pulumi", place, dirs_exist_ok=True)
    return True


def _provide(project: Path, toolchain: Toolchain, progress: Progress) -> None:
    """Put the Kubernetes provider where the engine looks for it."""
    environment = {**os.environ, "PULUMI_HOME": str(toolchain.home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    command = [str(toolchain.pulumi), "plugin", "install", "resource", "kubernetes", PROVIDER_VERSION]
    progress.say(f"trying the official download of the Kubernetes provider {PROVIDER_VERSION} ...")
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_INSTALLER_SECONDS, check=False)
        if done.returncode == 0:
            return
    except subprocess.TimeoutExpired:
        pass
    progress.say("  it cannot be reached from here")
    if (hindrance := _no_build(project)) is not None:
        raise EngineError(
            f"the Kubernetes provider {PROVIDER_VERSION} can neither be downloaded nor built here, since {hindrance}: "
            f"{_PROVIDER_REMEDY}"
        )
    plugins = toolchain.home / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=plugins) as scratch:
        build_provider(project, Path(scratch), progress)
        shutil.rmtree(plugins / PLUGIN, ignore_errors=True)
        Path(scratch, PLUGIN).rename(plugins / PLUGIN)


@contextmanager
def _only_one(folder: Path, progress: Progress) -> Iterator[None]:
    """Two checkouts that start at once build once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another run that is obtaining the engine ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{_SCRATCH}*"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder that appears complete or not at all."""
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=target.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
