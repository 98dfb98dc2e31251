"""mmdebstrap and apt as programs: what they are asked, and what comes of what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from k8s_hardening.loader_image.debian import ImageError, default_architecture, default_mirrors, fetch_packages

LISTED = """\
http://mirror.example.com/debian bookworm main
http://mirror.example.com/debian bookworm non-free
http://mirror.example.com/debian bookworm main
http://mirror.example.com/debian bookworm-updates main
http://security.example.com/debian bookworm-security main
http://mirror.example.com/debian bookworm-backports main
http://mirror.example.com/debian trixie main
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is the whole PATH but for a shell's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_mirrors_of_this_machine(programs: Path) -> None:
    program(programs, "apt-get", f"echo '{LISTED}'")
    assert default_mirrors("bookworm") == [
        "deb http://mirror.example.com/debian bookworm main",
        "deb http://mirror.example.com/debian bookworm-updates main",
        "deb http://security.example.com/debian bookworm-security main",
    ]
    assert default_mirrors("trixie") == ["deb http://mirror.example.com/debian trixie main"]


def test_a_machine_without_the_release(programs: Path) -> None:
    program(programs, "apt-get", f"echo '{LISTED}'")
    with pytest.raises(ImageError, match="have no sid: name a mirror of it with --mirror"):
        default_mirrors("sid")


def test_what_mmdebstrap_is_asked(programs: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program(programs, "mmdebstrap", f'for one in "$@"; do echo "$one"; done > {log}')
    fetch_packages("bookworm", "arm64", ["deb http://mirror.example.com/debian bookworm main"], tmp_path / "out.tar")
    asked = log.read_text().splitlines()
    assert {"--variant=extract", "--architectures=arm64", "--include=apparmor,base-files,python3"} <= set(asked)
    assert asked[-3:] == ["bookworm", str(tmp_path / "out.tar"), "deb http://mirror.example.com/debian bookworm main"]


def test_what_mmdebstrap_complains_about(programs: Path, tmp_path: Path) -> None:
    program(programs, "mmdebstrap", "echo I: started >&2; echo E: no such package >&2; exit 1")
    with pytest.raises(ImageError, match="mmdebstrap failed: E: no such package; mend the cause"):
        fetch_packages("bookworm", "amd64", [], tmp_path / "out.tar")


@pytest.mark.parametrize(("name", "package"), [("mmdebstrap", "mmdebstrap"), ("dpkg", "dpkg"), ("apt-get", "apt")])
def test_missing_programs(programs: Path, tmp_path: Path, name: str, package: str) -> None:
    asking: dict[str, Callable[[], object]] = {
        "mmdebstrap": lambda: fetch_packages("bookworm", "amd64", [], tmp_path / "out.tar"),
        "dpkg": default_architecture,
        "apt-get": lambda: default_mirrors("bookworm"),
    }
    with pytest.raises(ImageError, match=f"{name} is not on PATH: install the Debian package {package}"):
        asking[name]()
