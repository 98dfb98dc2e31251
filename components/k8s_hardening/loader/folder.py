"""The profiles that this node shall have: one file each, as a ConfigMap shows them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from .names import is_own

_LARGEST = 1 << 20  # bytes; a whole ConfigMap holds no more


class FolderError(Exception):
    """What the node shall have cannot be known; the text is one sentence."""


@dataclass(frozen=True)
class Provided:
    """What the folder holds."""

    texts: dict[str, str] = field(default_factory=dict)
    """Text of each profile by its name."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why a file is no profile, by its name."""

    @property
    def names(self) -> frozenset[str]:
        """Names of all files: what is damaged is still wanted."""
        return frozenset((*self.texts, *self.refused))


def read_folder(folder: Path) -> Provided:
    """Read every profile.

    Raises:
        FolderError: the folder cannot be read or is empty, which no set of profiles looks like.
    """
    try:
        # A ConfigMap's own bookkeeping begins with two dots.
        names = sorted(name for name in os.listdir(folder) if not name.startswith(".."))  # noqa: PTH208
    except OSError as error:
        raise FolderError(f"{folder} cannot be read: {error.strerror}") from None
    if not names:
        raise FolderError(f"{folder} holds no profile")
    provided = Provided()
    for name in names:
        shown = name.encode(errors="replace").decode()  # a name need not be text
        if not is_own(name):
            provided.refused[shown] = "its name is not that of a profile of this loader"
            continue
        try:
            provided.texts[name] = _read(folder / name)
        except OSError as error:
            provided.refused[name] = f"cannot be read: {error.strerror}"
        except ValueError as error:
            provided.refused[name] = str(error)
    return provided


def _read(file: Path) -> str:
    with open(file, "rb", opener=_without_waiting) as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ValueError("is not a file")
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"has more than {_LARGEST} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("is not text") from None
    if "\0" in text:
        raise ValueError("is not text")
    return text


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # it may be a pipe to nobody
