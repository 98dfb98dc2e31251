"""The engine built from pinned Go modules, for places that reach package registries only."""

from __future__ import annotations

import shutil
from pathlib import Path

from k8s_hardening.engine.go_modules import build_program, in_copy, module_folder
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import CLI_VERSION, PLUGIN

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


def build_command_line(project: Path, bin_folder: Path, progress: Progress) -> None:
    """Build `pulumi`, the Python language host and their scripts into a folder."""
    stamps = {f"{_SDK}/go/common/version.Version": f"v{CLI_VERSION}"}

    def command_line(folder: Path) -> None:
        build_program(folder, _CLI, bin_folder / "pulumi", stamps)
        _copy_scripts(folder, bin_folder)

    with progress.step(f"building pulumi {CLI_VERSION} from Go modules", "2 min"):
        in_copy(project / "tools/pulumi", command_line)
    with progress.step("building the Python language host", "15 s"):
        in_copy(
            project / "tools/language-python",
            lambda folder: build_program(folder, _LANGUAGE_HOST, bin_folder / "pulumi-language-python"),
        )


def build_provider(project: Path, plugins: Path, progress: Progress) -> None:
    """Build the Kubernetes provider to where the engine looks for it."""

    def build(folder: Path) -> None:
        source = module_folder(folder, _PROVIDER) / "cmd/pulumi-resource-kubernetes"
        for name in ("schema.json", "terraform-mapping.json"):
            shutil.copyfile(source / name, folder / name)
        build_program(folder, ".", plugins / PLUGIN / "pulumi-resource-kubernetes")

    with progress.step("building the Kubernetes provider from Go modules", "10 min"):
        in_copy(project / "tools/provider-kubernetes", build)


def _copy_scripts(folder: Path, bin_folder: Path) -> None:
    source = module_folder(folder, _SDK)
    for script in _SCRIPTS:
        target = bin_folder / Path(script).name
        shutil.copyfile(source / script, target)
        target.chmod(0o755)
