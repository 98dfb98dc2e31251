"""The profiles of a ConfigMap's mount, and what may lie there instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from k8s_hardening.loader.folder import FolderError, read_folder

WEB = "k8s-hardening-web-0123456789"


def test_as_a_kubelet_writes_it(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / WEB).write_text("profile")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / WEB).symlink_to(f"..data/{WEB}")
    assert read_folder(tmp_path).texts == {WEB: "profile"}


def test_what_is_no_profile_is_refused_by_its_name(tmp_path: Path) -> None:
    names = [f"k8s-hardening-{what}-0123456789" for what in ("dir", "pipe", "gone", "huge", "bytes", "zero")]
    folder, pipe, gone, huge, binary, zero = (tmp_path / name for name in names)
    folder.mkdir()
    os.mkfifo(pipe)
    gone.symlink_to("nowhere")
    huge.write_bytes(b"#" * ((1 << 20) + 1))
    binary.write_bytes(b"\xff\xfe")
    zero.write_bytes(b"profile\0")
    (tmp_path / "usr.bin.man").write_text("profile")
    (tmp_path / WEB).write_text("profile")
    (tmp_path / os.fsdecode(b"\xff")).write_text("profile")
    provided = read_folder(tmp_path)
    assert provided.texts == {WEB: "profile"}
    assert provided.refused == {
        names[0]: "cannot be read: Is a directory",
        names[1]: "is not a file",
        names[2]: "cannot be read: No such file or directory",
        names[3]: "has more than 1048576 bytes",
        names[4]: "is not text",
        names[5]: "is not text",
        "usr.bin.man": "its name is not that of a profile of this loader",
        "?": "its name is not that of a profile of this loader",
    }
    assert provided.names == {WEB, *provided.refused}


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    (tmp_path / WEB).write_bytes(b"#" * (1 << 20))
    assert len(read_folder(tmp_path).texts[WEB]) == 1 << 20


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_no_profiles_are_not_known_profiles(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError, match=r"cannot be read: No such file|holds no profile"):
        read_folder(tmp_path / name)
