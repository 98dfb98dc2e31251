"""What is built, from which pins, and with which settings of the compiler."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from k8s_hardening.engine.building import build_command_line, build_provider
from k8s_hardening.engine.go_modules import build_program, in_copy, module_folder
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import CLI_VERSION, PLUGIN, EngineError
from tests.engine.fakes import Fakes


@pytest.fixture
def fakes_with_go(fakes: Fakes) -> Fakes:
    """A `go` that also writes down its whole command line, its settings and what lies in its folder."""
    fakes.go_on_path()
    go = fakes.bin / "go"
    note = (
        f'echo "$*" >> "{fakes.data}/go-calls"\n'
        f'echo "$GOFLAGS $GOWORK $CGO_ENABLED $PWD" >> "{fakes.data}/go-settings"\n'
        f'for one in *; do echo "$one"; done > "{fakes.data}/go-folder"\n'
    )
    go.write_text(go.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{note}", 1))
    return fakes


def lines(fakes: Fakes, name: str) -> list[str]:
    return (fakes.data / name).read_text().splitlines()


def test_the_command_line_is_stamped_with_its_version(fakes_with_go: Fakes, tmp_path: Path) -> None:
    build_command_line(fakes_with_go.project, tmp_path / "made", Progress(io.StringIO()))
    builds = [line for line in lines(fakes_with_go, "go-calls") if line.startswith("build ")]
    assert [line.split()[-1].rpartition("/")[2] for line in builds] == ["pulumi", "pulumi-language-python"]
    assert f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{CLI_VERSION}" in builds[0]
    assert "-X" not in builds[1].split()


def test_a_build_changes_no_pin_and_nothing_in_the_checkout(fakes_with_go: Fakes, tmp_path: Path) -> None:
    tools = fakes_with_go.project / "tools"
    before = {path: path.read_bytes() for path in tools.rglob("*") if path.is_file()}
    build_command_line(fakes_with_go.project, tmp_path / "made", Progress(io.StringIO()))
    build_provider(fakes_with_go.project, tmp_path / "plugins", Progress(io.StringIO()))
    assert {path: path.read_bytes() for path in tools.rglob("*") if path.is_file()} == before
    for line in lines(fakes_with_go, "go-settings"):
        flags, work, cgo, folder = line.split()
        assert (flags, work, cgo) == ("-mod=readonly", "off", "0")
        assert not folder.startswith(str(fakes_with_go.project))


def test_the_provider_is_built_beside_its_schema(fakes_with_go: Fakes, tmp_path: Path) -> None:
    build_provider(fakes_with_go.project, tmp_path / "plugins", Progress(io.StringIO()))
    assert (tmp_path / "plugins" / PLUGIN / "pulumi-resource-kubernetes").exists()
    assert {"schema.json", "terraform-mapping.json", "go.mod", "go.sum"} <= set(lines(fakes_with_go, "go-folder"))


def test_a_copy_of_a_read_only_checkout_can_be_written(tmp_path: Path) -> None:
    source = tmp_path / "tool"
    source.mkdir()
    (source / "go.mod").touch()
    source.chmod(0o555)
    seen: list[tuple[bool, bool]] = []
    in_copy(source, lambda copy: seen.append((bool(copy.stat().st_mode & 0o200), (copy / "go.mod").exists())))
    assert seen == [(True, True)]


def test_a_missing_script_of_the_sdk_is_seen(fakes_with_go: Fakes, tmp_path: Path) -> None:
    shutil.rmtree(fakes_with_go.data / "module/python")
    with pytest.raises(OSError, match="pulumi-analyzer-policy-python"):
        build_command_line(fakes_with_go.project, tmp_path / "made", Progress(io.StringIO()))


def test_a_failed_build_says_the_last_lines_of_the_compiler(fakes: Fakes, tmp_path: Path) -> None:
    fakes.go_on_path()
    fakes.say("build-error", "".join(f"line {number}\n" for number in range(9)))
    with pytest.raises(EngineError, match=r"go build in tools/data failed: line 6; line 7; line 8; mend"):
        build_program(fakes.data, "example.com/x", tmp_path / "deep/x")


def test_a_module_lies_where_go_says(fakes: Fakes) -> None:
    fakes.go_on_path()
    assert module_folder(fakes.data, "example.com/x") == fakes.data / "module"
