"""Names of real files as AppArmor's own language writes them."""

from __future__ import annotations

import string

_GLOBS = frozenset("*?^{}")
_LITERAL = frozenset(f"{string.ascii_letters}{string.digits}/._+:~%=-")


def has_glob(path: str) -> bool:
    """Whether a file's name holds characters that would stand for others."""
    return not _GLOBS.isdisjoint(path)


def quoted(path: str) -> str:
    """A path as a quoted text that means this path alone; a byte with a meaning of its own becomes its octal number."""
    bytes_ = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(one) if chr(one) in _LITERAL else f"\\{one:03o}" for one in bytes_) + '"'
