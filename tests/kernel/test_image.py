"""The loader's image: the same each time, small, and what independent tools take for an image."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.kernel.made import Image, make_image

pytestmark = pytest.mark.kernel

_LARGEST = 12_000_000  # bytes, compressed


def test_two_builds_give_the_same_image(image: Image, tmp_path: Path) -> None:
    again = make_image(tmp_path / "again")
    assert again.digest == image.digest
    files = {file.relative_to(image.folder) for file in image.folder.rglob("*") if file.is_file()}
    assert files == {file.relative_to(again.folder) for file in again.folder.rglob("*") if file.is_file()}
    assert all((image.folder / file).read_bytes() == (again.folder / file).read_bytes() for file in files)


def test_another_tool_reads_and_copies_it(image: Image, tmp_path: Path) -> None:
    inspected = subprocess.run(
        ["skopeo", "inspect", f"oci:{image.folder}"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    shown = json.loads(inspected.stdout)
    assert (shown["Digest"], shown["Os"], len(shown["Layers"])) == (image.digest, "linux", 1)
    copied = subprocess.run(
        ["skopeo", "copy", "--preserve-digests", f"oci:{image.folder}", f"dir:{tmp_path / 'copy'}"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert copied.returncode == 0, copied.stderr
    assert (tmp_path / "copy/manifest.json").read_bytes() == image.blob(image.digest)


def test_it_says_what_is_in_it_and_how_it_starts(image: Image) -> None:
    config = image.config()
    assert config["config"]["User"] == "0:0"
    assert config["config"]["Entrypoint"] == ["/usr/sbin/apparmor-loader"]
    labels = config["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "apparmor-loader"
    packages = dict(one.split("=") for one in labels["k8s-hardening.packages"].split())
    assert packages == image.packages
    assert {"apparmor", "base-files", "libc6", "libssl3"} <= packages.keys()


def test_it_holds_the_loader_and_no_shell(image: Image, tmp_path: Path) -> None:
    entries = image.entries(tmp_path)
    programs = {Path(path).name for path in entries if path.startswith(("usr/bin/", "usr/sbin/"))}
    assert {name for name in programs if not name.startswith("python3")} == {"apparmor_parser", "apparmor-loader"}
    assert "usr/lib/apparmor-loader/apparmor_loader/rounds.py" in entries
    for package in image.packages:
        assert f"var/lib/dpkg/status.d/{package}" in entries
    assert sum(layer["size"] for layer in image.manifest()["layers"]) < _LARGEST


def test_nothing_in_it_tells_when_and_by_whom_it_was_made(image: Image, tmp_path: Path) -> None:
    with image.members(tmp_path) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members} == {(0, 0, "", "", 0)}
    assert not [
        one.name for one in members if one.mode & 0o6000 or (one.mode & 0o022 and one.name != "tmp" and not one.issym())
    ]
    assert not [one.name for one in members if one.name.startswith(("var/log", "var/cache", "etc/machine-id"))]
