"""The files that a call of `check` names: folders searched, nothing read twice, nothing waited for in vain."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from k8s_hardening.kube.documents import LARGEST

STDIN = "<stdin>"
# As kubectl does: k8s.io/cli-runtime v0.37.2 pkg/resource/builder.go, FileExtensions.
_EXTENSIONS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """One file that could be read."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the input that cannot be used."""

    file: str
    line: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.file}{'' if self.line is None else f':{self.line}'}: {self.what}"


def read_sources(paths: Iterable[str], stdin: BinaryIO) -> Iterator[Source | Problem]:
    """Every file of some paths: `-` for the standard input, folders with everything below them.

    Folders whose name starts with a dot are left out, unless they are named themselves. Links are followed; what was
    read once is not read again.
    """
    seen: set[str] = set()
    for path in paths:
        if path == "-":
            if STDIN not in seen:
                seen.add(STDIN)
                yield _piped(STDIN, stdin.read(LARGEST + 1))
        elif Path(path).is_dir():
            yield from _folder(path, seen)
        else:
            # Named by the user, it may be a pipe (`<(helm template)`), so it need not be a regular file.
            yield from _file(path, seen)


def _folder(top: str, seen: set[str]) -> Iterator[Source | Problem]:
    found = False
    problems: list[OSError] = []
    for folder, folders, files in os.walk(top, onerror=problems.append, followlinks=True):
        # A link may lead back up; each folder is entered once.
        if _was_seen(folder, seen):
            folders.clear()
            found = True
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.endswith(_EXTENSIONS):
                continue
            found = True
            path = str(Path(folder, name))
            if _is_special(path):
                yield Problem(path, None, "is not a regular file")
            else:
                yield from _file(path, seen)
    yield from (Problem(str(error.filename), None, _reason(error)) for error in problems)
    if not found and not problems:
        yield Problem(top, None, f"holds no file that ends in {', '.join(_EXTENSIONS)}")


def _file(path: str, seen: set[str]) -> Iterator[Source | Problem]:
    if _was_seen(path, seen):
        return
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
            yield _piped(path, data) if _is_special(path) else Source(path, data)
    except OSError as error:
        yield Problem(path, None, _reason(error))


def _piped(name: str, data: bytes) -> Source | Problem:
    # A shell heeds the status of the last command only, so a template that failed before must not pass for clean.
    return Source(name, data) if data.strip() else Problem(name, None, "is empty, so nothing was judged")


def _was_seen(path: str, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    if real in seen:
        return True
    seen.add(real)
    return False


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False  # opening it gives the reason


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or type(error).__name__}"
