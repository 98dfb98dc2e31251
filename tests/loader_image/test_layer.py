"""What stays of the packages, and an archive that does not depend on who made it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from k8s_hardening.loader_image.layer import Entry, RootFilesystem, layer, root_filesystem
from k8s_hardening.loader_image.recipe import FOLDERS, SOURCE, is_kept
from tests.loader_image.archives import FILES, write_packages


@pytest.fixture
def root(tmp_path: Path) -> RootFilesystem:
    write_packages(tmp_path / "packages.tar")
    return root_filesystem(tmp_path / "packages.tar")


def test_what_the_loader_needs_stays_and_nothing_else(root: RootFilesystem) -> None:
    unneeded = {path for path, data in FILES.items() if data == b"no"}
    assert FILES.keys() - unneeded <= root.entries.keys()
    assert unneeded.isdisjoint(root.entries)
    assert root.entries["usr/bin/python3"] == Entry(0o777, link="python3.11")
    assert root.entries["lib"] == Entry(0o777, link="usr/lib")
    assert root.entries["usr/sbin/apparmor_parser"] == Entry(0o755, b"parser")  # not set-user-id any more
    assert root.entries["etc/apparmor.d/tunables/global"] == Entry(0o644, b"")
    assert root.entries["etc/apparmor.d/tunables/xdg-user-dirs.d"] == Entry(0o755)  # empty, but the parser looks for it


def test_packages_of_which_nothing_stays_are_not_named(root: RootFilesystem) -> None:
    assert root.packages == {"apparmor": "1:2.3-8", "python3-minimal": "1:2.3-15"}
    assert "var/lib/dpkg/status.d/apparmor" in root.entries
    assert not [path for path in root.entries if path.endswith((".files", "status.d/tar"))]


def test_the_loader_is_in_it_with_all_its_modules(root: RootFilesystem) -> None:
    folder = "usr/lib/apparmor-loader/apparmor_loader"
    for file in SOURCE.glob("*.py"):
        assert root.entries[f"{folder}/{file.name}"] == Entry(0o644, file.read_bytes())
    assert root.entries["usr/sbin/apparmor-loader"].mode == 0o755


def test_everything_has_its_folder_and_mounts_have_theirs(root: RootFilesystem) -> None:
    known = {"."} | {path for path, entry in root.entries.items() if entry.content is None}
    assert all(str(Path(path).parent) in known for path in root.entries)
    assert root.entries.keys() >= set(FOLDERS)
    assert list(root.entries) == sorted(root.entries)


def test_times_owners_and_order_do_not_matter(root: RootFilesystem, tmp_path: Path) -> None:
    write_packages(tmp_path / "again.tar", mtime=2_000_000_000, uid=7, backwards=True)
    again = root_filesystem(tmp_path / "again.tar")
    assert again == root
    assert layer(again, 5) == layer(root, 5) != layer(root, 6)


def test_the_archive_is_roots_and_of_one_time(root: RootFilesystem) -> None:
    with tarfile.open(fileobj=io.BytesIO(layer(root, 5))) as archive:
        members = archive.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members} == {(0, 0, "", "", 5)}
    assert {one.name: one.mode for one in members}["tmp"] == 0o1777


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("usr/lib/aarch64-linux-gnu/libssl.so.3", True),
        ("usr/lib/ld-linux-aarch64.so.1", True),
        ("usr/lib64/ld-linux-x86-64.so.2", True),
        ("usr/lib/x86_64-linux-gnu/libcrypto.so.3", True),
        ("usr/lib/x86_64-linux-gnu/gconv/libc.so.6", False),
        ("usr/lib/python3.11/__pycache__/abc.cpython-311.pyc", False),
        ("usr/lib/python3.13/http/client.py", True),
        ("usr/bin/sh", False),
        ("usr/bin/python3.11-config", False),
    ],
)
def test_paths(path: str, kept: bool) -> None:
    assert is_kept(path) is kept
