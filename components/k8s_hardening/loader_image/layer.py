"""The root filesystem as one archive that does not depend on when, where and by whom it was made."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from k8s_hardening.loader_image.recipe import FOLDERS, LINKS, STATUS, is_kept, loader_files

_MERGED = re.compile(r"(bin|sbin|lib|lib64)/")
_FIELD = re.compile(r"^(Package|Version): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One file, folder (no content, no link) or symbolic link."""

    mode: int
    content: bytes | None = None
    link: str | None = None


@dataclass(frozen=True)
class RootFilesystem:
    """Everything in the image."""

    entries: Mapping[str, Entry]
    """By path without a leading slash."""
    packages: Mapping[str, str]
    """Version of each Debian package that something is of."""


def root_filesystem(packages: Path) -> RootFilesystem:
    """What the image holds, from the archive of unpacked packages."""
    entries: dict[str, Entry] = {}
    versions = {}
    with tarfile.open(packages) as archive:
        members = {_plain(member.name): member for member in archive}

        def entry(member: tarfile.TarInfo) -> Entry | None:
            if member.issym():
                return Entry(0o777, link=member.linkname)
            if member.isdir():
                return Entry(0o755)
            opened = archive.extractfile(member)  # of a hard link, what it leads to
            return None if opened is None else Entry(0o755 if member.mode & 0o100 else 0o644, opened.read())

        def take(path: str) -> None:
            if path in members and (found := entry(members[path])) is not None:
                entries[path] = found

        for path in members:
            if is_kept(path):
                take(path)
        for path in [path for path in members if path.startswith(STATUS) and path.endswith(".files")]:
            lines = _text(archive, members[path]).splitlines()
            files = {_usual(line) for line in lines if not line.endswith("/")}
            if not any(is_kept(file) and file in entries for file in files):
                continue
            control = path.removesuffix(".files")
            take(control)
            take(f"usr/share/doc/{PurePosixPath(control).name}/copyright")
            fields = dict(_FIELD.findall(_text(archive, members[control])))
            versions[fields["Package"]] = fields["Version"]
    for path, file in loader_files().items():
        entries[path] = Entry(0o755 if "/sbin/" in f"/{path}" else 0o644, file.read_bytes())
    entries |= {path: Entry(0o777, link=target) for path, target in LINKS.items()}
    entries |= {path: Entry(0o1777 if path == "tmp" else 0o755) for path in FOLDERS}
    folders = {str(parent) for path in entries for parent in PurePosixPath(path).parents if str(parent) != "."}
    entries |= {path: Entry(0o755) for path in folders - entries.keys()}
    return RootFilesystem(dict(sorted(entries.items())), dict(sorted(versions.items())))


def layer(root: RootFilesystem, epoch: int) -> bytes:
    """The archive; every time in it is the same."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, entry in root.entries.items():
            member = tarfile.TarInfo(path)
            member.mode, member.mtime = entry.mode, epoch
            if entry.link is not None:
                member.type, member.linkname = tarfile.SYMTYPE, entry.link
            elif entry.content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(entry.content)
            archive.addfile(member, None if entry.content is None else io.BytesIO(entry.content))
    return buffer.getvalue()


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    opened = archive.extractfile(member)
    assert opened is not None  # noqa: S101 - for the type checker: it is a file that the fetching wrote
    return opened.read().decode()


def _plain(name: str) -> str:
    return name.removeprefix("./").rstrip("/")


def _usual(name: str) -> str:
    """A package's own name of a file, as it lies where /bin and /lib are links to those below /usr."""
    return (
        _MERGED.sub(lambda match: f"usr/{match[0]}", _plain(name), count=1)
        if _MERGED.match(_plain(name))
        else _plain(name)
    )
