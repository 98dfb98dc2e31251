"""The engine built from pinned Go modules, for places that reach package registries only."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import CLI_VERSION, PLUGIN, EngineError

_OLDEST_GO = (1, 26)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_LANGUAGE_HOST = f"{_SDK}/python/cmd/pulumi-language-python"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
# Scripts of the Python language host and of policy packs, as the module of the SDK ships them.
_SCRIPTS = (
    "python/dist/pulumi-analyzer-policy-python",
    "python/dist/pulumi-resource-pulumi-python",
    "python/cmd/pulumi-language-python-exec",
)


def usable_go() -> bool:
    """Whether a Go that can build the tools is on PATH."""
    if shutil.which("go") is None:
        return False
    done = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False)  # noqa: S607
    match = re.match(r"go(\d+)\.(\d+)", done.stdout)
    return match is not None and (int(match[1]), int(match[2])) >= _OLDEST_GO


def build_command_line(project: Path, bin_folder: Path, progress: Progress) -> None:
    """Build `pulumi`, the Python language host and their scripts into a folder."""
    stamp = f"{_SDK}/go/common/version.Version=v{CLI_VERSION}"

    def command_line(folder: Path) -> None:
        _build(folder, _CLI, bin_folder / "pulumi", stamp)
        _copy_scripts(folder, bin_folder)

    with progress.step(f"building pulumi {CLI_VERSION} from Go modules", "2 min"):
        _in_copy(project / "tools/pulumi", command_line)
    with progress.step("building the Python language host", "15 s"):
        _in_copy(
            project / "tools/language-python",
            lambda folder: _build(folder, _LANGUAGE_HOST, bin_folder / "pulumi-language-python"),
        )


def build_provider(project: Path, plugins: Path, progress: Progress) -> None:
    """Build the Kubernetes provider to where the engine looks for it."""

    def build(folder: Path) -> None:
        source = _module_folder(folder, _PROVIDER) / "cmd/pulumi-resource-kubernetes"
        for name in ("schema.json", "terraform-mapping.json"):
            shutil.copyfile(source / name, folder / name)
        _build(folder, ".", plugins / PLUGIN / "pulumi-resource-kubernetes")

    with progress.step("building the Kubernetes provider from Go modules", "10 min"):
        _in_copy(project / "tools/provider-kubernetes", build)


def _in_copy(source: Path, work: Callable[[Path], object]) -> None:
    # A build writes beside its sources; the checkout may be read-only or shared.
    with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as folder:
        copy = Path(folder) / source.name
        shutil.copytree(source, copy)
        work(copy)


def _build(folder: Path, package: str, output: Path, stamp: str | None = None) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    flags = "-s -w" + (f" -X {stamp}" if stamp else "")
    _go(folder, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(output), package)


def _copy_scripts(folder: Path, bin_folder: Path) -> None:
    source = _module_folder(folder, _SDK)
    for script in _SCRIPTS:
        target = bin_folder / Path(script).name
        shutil.copyfile(source / script, target)
        target.chmod(0o755)


def _module_folder(folder: Path, module: str) -> Path:
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
