"""Archives that the kernel unpacks when it starts.

Source: Linux 6.1, Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping

from k8s_hardening.loader_image.layer import Entry

_TRAILER = "TRAILER!!!"


def cpio(entries: Mapping[str, Entry], console: bool = False) -> bytes:
    """Some files as a "newc" archive, with the device of the console if asked."""
    records = [
        _record(number, path, _mode(entry), _data(entry)) for number, (path, entry) in enumerate(entries.items(), 1)
    ]
    if console:
        records.append(_record(0, "dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)))
    return b"".join([*records, _record(0, _TRAILER, 0, b"")])


def folders(paths: Iterable[str]) -> dict[str, Entry]:
    """The folders above some paths, outermost first."""
    found = {"/".join(parts[:end]) for path in paths if (parts := path.split("/")) for end in range(1, len(parts))}
    return {path: Entry(0o755) for path in sorted(found)}


def _mode(entry: Entry) -> int:
    if entry.link is not None:
        return stat.S_IFLNK | 0o777
    return (stat.S_IFDIR if entry.content is None else stat.S_IFREG) | entry.mode


def _data(entry: Entry) -> bytes:
    return entry.link.encode() if entry.link is not None else entry.content or b""


def _record(number: int, path: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> bytes:
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % value for value in fields) + name
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
