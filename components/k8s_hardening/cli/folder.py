"""A folder of generated files that is replaced as a whole: the old state or the new one, never half of each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from k8s_hardening.model.problems import BadInputError

MARKER = ".k8s-hardening-render"
_MARKER_HEAD = "Made by k8s-hardening render, which replaces this folder as a whole. Files, one a line:\n"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Content:
    """What one file of the folder holds."""

    text: str
    private: bool = False
    """Only its owner may read it, and the folders that it lies in."""


def replace_folder(folder: Path, files: Mapping[str, Content]) -> None:
    """Make the folder hold exactly these files.

    Args:
        folder: made where it does not exist; otherwise empty or made by an earlier call.
        files: path relative to the folder, with `/` -> content.

    Raises:
        BadInputError: the folder holds something that an earlier call did not write, or cannot be written.
    """
    folder = folder.resolve()  # a link stays, and what it leads to is replaced
    _refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch, "new")
            _write(made, files)
            swap(made, folder, Path(scratch, "old"))
    except OSError as error:
        raise BadInputError([f"{folder}: cannot be written: {error.strerror or type(error).__name__}"]) from None


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BadInputError([f"{folder}: is not a folder"])
    there = sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if not path.is_dir())
    if not there:
        return
    marker = folder / MARKER
    if not marker.is_file():
        raise BadInputError([f"{folder}: was not made by k8s-hardening render; name a new or an empty folder"])
    known = {MARKER, *marker.read_text(encoding="utf-8").splitlines()[1:]}
    foreign = [name for name in there if name not in known]
    if foreign:
        more = ", ..." if len(foreign) > _MOST_NAMED else ""
        named = f"{', '.join(foreign[:_MOST_NAMED])}{more}"
        what = f"holds files that k8s-hardening render did not write and would delete ({named}); move them elsewhere"
        raise BadInputError([f"{folder}: {what}"])


def _write(folder: Path, files: Mapping[str, Content]) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    listing = _MARKER_HEAD + "".join(f"{name}\n" for name in sorted(files))
    for name, content in sorted({**files, MARKER: Content(listing)}.items()):
        path = folder / name
        for parent in reversed(path.relative_to(folder).parents[:-1]):
            (folder / parent).mkdir(exist_ok=True)
            (folder / parent).chmod(0o700 if content.private else 0o755)
        path.touch(mode=0o600)  # before it holds anything, so that nobody reads it meanwhile
        path.write_text(content.text, encoding="utf-8", newline="\n")
        path.chmod(0o600 if content.private else 0o644)


def swap(made: Path, folder: Path, old: Path) -> None:
    """Put a made folder in the place of one that may be there; both lie on the same file system as `old`."""
    if not folder.exists():
        made.rename(folder)
        return
    folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)
