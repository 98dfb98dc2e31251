"""`k8s-hardening apparmor image`, with programs that stand for apt and mmdebstrap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.loader_image.archives import write_packages


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive that "mmdebstrap" writes; its arguments lie beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    archive = tmp_path / "packages.tar"
    write_packages(archive)
    scripts = {
        "mmdebstrap": f'echo "$@" > {tmp_path}/asked\n'
        'for one in "$@"; do case $one in /*.tar) target=$one;; esac; done\n'
        f'exec /bin/cp {archive} "$target"',
        "dpkg": "echo amd64",
        "apt-get": "echo http://mirror.example.com/debian bookworm main",
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return archive


def asked(packages: Path) -> str:
    return packages.with_name("asked").read_text()


def test_the_digest_is_printed_and_is_that_of_the_layout(packages: Path, tmp_path: Path) -> None:
    done = call("apparmor", "image", "--output", str(tmp_path / "out/image"))
    assert done.exit_code == 0, done.output
    (described,) = json.loads((tmp_path / "out/image/index.json").read_text())["manifests"]
    assert done.stdout == f"{described['digest']}\n"
    assert "fetching Debian packages of bookworm for amd64" in done.stderr
    assert asked(packages).endswith("deb http://mirror.example.com/debian bookworm main\n")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["image"]


def test_as_json_and_over_an_earlier_image(packages: Path, tmp_path: Path) -> None:
    output = tmp_path / "image"
    first = call("apparmor", "image", "--output", str(output)).stdout.strip()
    done = call("apparmor", "image", "--output", str(output), "--format", "json")
    said = json.loads(done.stdout)
    assert (said["digest"], said["architecture"], said["output"]) == (first, "amd64", str(output))
    assert said["packages"] == {"apparmor": "1:2.3-8", "python3-minimal": "1:2.3-15"}
    assert said["size"] == sum(file.stat().st_size for file in output.rglob("*") if file.is_file())


def test_another_mirror_architecture_and_time(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call("apparmor", "image", "--output", str(tmp_path / "one")).stdout
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    options = ("--suite", "trixie", "--mirror", "http://other.example.com/debian", "--architecture", "arm64")
    done = call("apparmor", "image", "--output", str(tmp_path / "two"), *options)
    assert done.exit_code == 0, done.output
    assert done.stdout != first
    assert "--architectures=arm64" in asked(packages)
    assert asked(packages).endswith("http://other.example.com/debian\n")


@pytest.mark.parametrize(
    ("options", "epoch", "says"),
    [
        (("--suite", "../x"), "0", 'is not the name of a Debian release; for example "bookworm"'),
        (("--suite", "-o"), "0", "is not the name of a Debian release"),
        ((), "yesterday", "SOURCE_DATE_EPOCH: 'yesterday' is not a number of seconds"),
    ],
)
def test_bad_input(
    packages: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    epoch: str,
    says: str,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    done = call("apparmor", "image", "--output", str(tmp_path / "image"), *options)
    assert (done.exit_code, says in done.stderr) == (2, True)
    assert not (tmp_path / "image").exists()


def test_a_folder_of_somebody_else_stays(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    done = call("apparmor", "image", "--output", str(tmp_path / "mine"))
    assert (done.exit_code, "holds something else than an image" in done.stderr) == (2, True)
    assert (tmp_path / "mine/file").exists()


def test_a_machine_that_cannot_make_it(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin/mmdebstrap").unlink()
    done = call("apparmor", "image", "--output", str(tmp_path / "image"))
    assert done.exit_code == 3
    assert "error: mmdebstrap is not on PATH: install the Debian package mmdebstrap" in done.stderr
