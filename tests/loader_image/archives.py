"""An archive of unpacked packages as mmdebstrap writes it, with one of each thing that matters."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

LISTS = {
    "apparmor": "./\n./lib/\n./sbin/apparmor_parser\n./etc/apparmor.d/tunables/global\n",
    "python3-minimal": "./usr/bin/python3\n",
    "tar": "./bin/\n./bin/tar\n",
}
FILES = {
    "usr/sbin/apparmor_parser": b"parser",
    "usr/sbin/aa-teardown": b"no",
    "usr/bin/tar": b"no",
    "usr/bin/python3.11": b"python",
    "usr/lib/python3.11/json/__init__.py": b"",
    "usr/lib/python3.11/test/support.py": b"no",
    "usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so": b"",
    "usr/lib/python3.11/lib-dynload/_ctypes.cpython-311-x86_64-linux-gnu.so": b"no",
    "usr/lib/x86_64-linux-gnu/libc.so.6": b"",
    "usr/lib/x86_64-linux-gnu/libsqlite3.so.0": b"no",
    "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": b"",
    "etc/apparmor.d/tunables/global": b"",
    "etc/apparmor.d/usr.bin.man": b"no",
    "usr/share/doc/apparmor/copyright": b"free",
    "usr/share/doc/tar/copyright": b"no",
    "var/log/apt/history.log": b"no",
}
LINKS = {"lib": "usr/lib", "usr/bin/python3": "python3.11"}
FOLDERS = ("etc/apparmor.d/tunables/xdg-user-dirs.d", "var/cache/apt")


def write_packages(target: Path, *, mtime: int = 1, uid: int = 1000, backwards: bool = False) -> None:
    """Write the archive; what may differ between two machines is given."""
    files = dict(FILES)
    for name, listed in LISTS.items():
        files[f"var/lib/dpkg/status.d/{name}"] = f"Package: {name}\nVersion: 1:2.3-{len(name)}\n".encode()
        files[f"var/lib/dpkg/status.d/{name}.files"] = listed.encode()
    members: list[tuple[tarfile.TarInfo, bytes]] = []
    for path, data in files.items():
        member = tarfile.TarInfo(f"./{path}")
        member.size, member.mode = len(data), 0o4755 if "/sbin/" in path else 0o664
        members.append((member, data))
    for path, link in LINKS.items():
        member = tarfile.TarInfo(f"./{path}")
        member.type, member.linkname = tarfile.SYMTYPE, link
        members.append((member, b""))
    for path in FOLDERS:
        member = tarfile.TarInfo(f"./{path}/")
        member.type = tarfile.DIRTYPE
        members.append((member, b""))
    with tarfile.open(target, "w") as archive:
        for member, data in reversed(members) if backwards else members:
            member.mtime, member.uid, member.gid = mtime, uid, uid
            archive.addfile(member, io.BytesIO(data))
