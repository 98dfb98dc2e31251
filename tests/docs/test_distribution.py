"""What is handed on as a package: complete, typed, licensed, and told in words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "components/k8s_hardening"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(PROJECT / "components")]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = folder.glob("k8s_hardening-*.whl")
    return zipfile.ZipFile(made)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_exactly_the_package(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    there = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert files == {str(path.relative_to(PACKAGE.parent)) for path in there}
    assert "k8s_hardening/py.typed" in files


def test_the_wheel_brings_its_license(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    (name,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    assert wheel.read(name) == (PROJECT / "LICENSE").read_bytes()


def test_the_wheel_says_what_it_is(metadata: Message) -> None:
    assert metadata["Summary"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).startswith("# k8s-hardening\n")
    assert metadata["Requires-Python"] == ">=3.11"


def test_teams_are_told_the_release_whose_plug_in_the_engine_brings() -> None:
    dependencies = tomllib.loads((PROJECT / "components/pyproject.toml").read_text())["project"]
    (pinned,) = (one for one in dependencies["optional-dependencies"]["dev"] if one.startswith("pulumi-kubernetes=="))
    assert f"`{pinned}`" in (PROJECT / "docs/teams.md").read_text()
