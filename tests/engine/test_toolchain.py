"""The pins agree with each other, and the key of the cache with the pins."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from k8s_hardening.engine.toolchain import CLI_VERSION, PROVIDER_VERSION, TOOLS, cache_folder, tools_key, version_of
from tests.engine.fakes import PROJECT, Fakes


def required(tool: str, module: str) -> str:
    text = (PROJECT / "tools" / tool / "go.mod").read_text()
    found = re.findall(rf"^(?:require )?\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def test_the_version_of_the_command_line_is_that_of_its_module() -> None:
    assert required("pulumi", "github.com/pulumi/pulumi/pkg/v3") == CLI_VERSION
    assert required("pulumi", "github.com/pulumi/pulumi/sdk/v3") == CLI_VERSION


def test_the_version_of_the_provider_is_that_of_the_sdk_and_of_its_own_main() -> None:
    lock = (PROJECT / "requirements.lock").read_text()
    assert re.findall(r"^pulumi-kubernetes==(\S+)", lock, re.MULTILINE) == [PROVIDER_VERSION]
    extras = tomllib.loads((PROJECT / "components/pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert f"pulumi-kubernetes=={PROVIDER_VERSION}" in extras["dev"]
    assert f'"{PROVIDER_VERSION}"' in (PROJECT / "tools/provider-kubernetes/main.go").read_text()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "tools", tmp_path / "tools")
    return tmp_path


def test_the_key_is_the_same_for_every_checkout(copy: Path) -> None:
    assert tools_key(copy) == tools_key(PROJECT)
    assert re.fullmatch("[0-9a-f]{12}", tools_key(copy))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("suffix", [".mod", ".sum", ".go"])
def test_the_key_changes_with_everything_that_pins_the_engine(copy: Path, tool: str, suffix: str) -> None:
    (file,) = (copy / "tools" / tool).glob(f"*{suffix}")
    before = tools_key(copy)
    file.write_text(file.read_text() + "\n")
    assert tools_key(copy) != before


@pytest.mark.parametrize("name", ["tools/pulumi/README.md", "tools/other/go.mod", "tools/venv.sh", "Makefile"])
def test_the_key_changes_with_nothing_else(copy: Path, name: str) -> None:
    before = tools_key(copy)
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("changed")
    assert tools_key(copy) == before


def test_the_cache_is_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_folder() == Path("/x/k8s-hardening")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/k8s-hardening"


@pytest.mark.parametrize(
    ("said", "version"),
    [("v3.200.0\n", (3, 200, 0)), ("3.221.1-alpha.1+dirty", (3, 221, 1)), ("", None), ("go away", None)],
)
def test_a_command_line_is_asked_its_version(fakes: Fakes, said: str, version: tuple[int, ...] | None) -> None:
    fakes.on_path("pulumi")
    fakes.say("version", said)
    assert version_of(fakes.bin / "pulumi") == version


def test_one_that_cannot_be_started_has_no_version(tmp_path: Path) -> None:
    broken = tmp_path / "pulumi"
    broken.write_bytes(b"\x7fELF of another machine")
    broken.chmod(0o755)
    assert version_of(broken) is None
    assert version_of(tmp_path / "absent") is None
