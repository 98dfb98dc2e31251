"""A rendered folder is the old one or the new one, and nothing of anybody else is lost."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from k8s_hardening.cli import folder as folder_module
from k8s_hardening.cli.folder import MARKER, Content, replace_folder
from k8s_hardening.model.problems import BadInputError

OLD = {"manifests/a.yaml": Content("old\n"), "manifests/b.yaml": Content("b\n")}
NEW = {"manifests/a.yaml": Content("new\n"), "host/etc/x/y": Content("secret\n", private=True)}


def holds(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def texts(files: dict[str, Content]) -> dict[str, str]:
    return {name: content.text for name, content in files.items()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_made_with_its_parents_and_modes(tmp_path: Path) -> None:
    out = tmp_path / "deep/out"
    replace_folder(out, NEW)
    assert holds(out) == texts(NEW)
    assert [mode(out / name) for name in ("host", "host/etc", "host/etc/x", "host/etc/x/y")] == [0o700] * 3 + [0o600]
    assert [mode(out / name) for name in ("", "manifests", "manifests/a.yaml", MARKER)] == [0o755] * 2 + [0o644] * 2
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_stale_files_vanish(tmp_path: Path) -> None:
    replace_folder(tmp_path / "out", OLD)
    replace_folder(tmp_path / "out", NEW)
    assert holds(tmp_path / "out") == texts(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out/empty").mkdir(parents=True)
    replace_folder(tmp_path / "out", NEW)
    assert holds(tmp_path / "out") == texts(NEW)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadInputError, match="was not made by k8s-hardening render"):
        replace_folder(tmp_path, NEW)
    assert holds(tmp_path) == {"mine.txt": "mine"}


def test_a_file_that_was_added_is_not_deleted(tmp_path: Path) -> None:
    replace_folder(tmp_path / "out", OLD)
    (tmp_path / "out/kustomization.yaml").write_text("mine")
    with pytest.raises(BadInputError, match=r"would delete \(kustomization\.yaml\)"):
        replace_folder(tmp_path / "out", NEW)
    assert holds(tmp_path / "out") == {**texts(OLD), "kustomization.yaml": "mine"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(BadInputError, match="is not a folder"):
        replace_folder(tmp_path / "out", NEW)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    replace_folder(tmp_path / "out", NEW)
    assert (tmp_path / "out").is_symlink()
    assert holds(tmp_path / "real") == texts(NEW)


@pytest.mark.parametrize("when", ["while writing", "while swapping"])
def test_a_crash_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    replace_folder(tmp_path / "out", OLD)
    if when == "while writing":
        monkeypatch.setattr(folder_module, "_write", half_written)
    else:
        rename = Path.rename

        def fail_on_new(self: Path, target: Path) -> Path:
            if self.name == "new":
                raise OSError(28, "No space left on device")
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", fail_on_new)
    with pytest.raises(BadInputError, match="cannot be written: No space left on device"):
        replace_folder(tmp_path / "out", NEW)
    assert holds(tmp_path / "out") == texts(OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def half_written(folder: Path, files: dict[str, Content]) -> None:
    folder.mkdir()
    (folder / "half").write_text("half")
    raise OSError(28, "No space left on device")
