"""What the tests of this folder start from: the image, as the command makes it, and Debian's kernel."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.engine.toolchain import cache_folder
from k8s_hardening.loader_image.layer import Entry

_PROGRAMS = ("mmdebstrap", "qemu-system-x86_64", "busybox", "setpriv", "skopeo")
_KERNEL = cache_folder() / "linux-cloud-amd64"


def missing() -> str | None:
    """Why no guest can be started here, as a sentence; None when one can."""
    programs = [name for name in _PROGRAMS if shutil.which(name) is None]
    if programs:
        return f"not installed: {', '.join(programs)}; run tools/debian.sh kernel, as root on Debian"
    if not (_KERNEL / "boot").is_dir():
        return f"{_KERNEL} holds no kernel; run tools/debian.sh kernel on Debian"
    return None


@dataclass(frozen=True)
class Image:
    """An OCI layout that the command wrote."""

    folder: Path
    digest: str
    packages: dict[str, str]

    def blob(self, digest: str) -> bytes:
        """Content by digest."""
        return (self.folder / "blobs" / digest.replace(":", "/")).read_bytes()

    def manifest(self) -> dict[str, Any]:
        """The image's manifest."""
        read: dict[str, Any] = json.loads(self.blob(self.digest))
        return read

    def config(self) -> dict[str, Any]:
        """How the image starts."""
        read: dict[str, Any] = json.loads(self.blob(self.manifest()["config"]["digest"]))
        return read

    def members(self, scratch: Path) -> tarfile.TarFile:
        """Its one layer."""
        (layer,) = self.manifest()["layers"]
        archive = scratch / "layer.tar"
        archive.write_bytes(gzip.decompress(self.blob(layer["digest"])))
        return tarfile.open(archive)

    def entries(self, scratch: Path) -> dict[str, Entry]:
        """Everything in it, as the guest gets it."""
        with self.members(scratch) as archive:
            return {member.name: _entry(archive, member) for member in archive}


def make_image(folder: Path) -> Image:
    """The image, made by the command."""
    command = [sys.executable, "-m", "k8s_hardening.cli.main", "apparmor", "image", "--output", str(folder)]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return Image(folder, said["digest"], said["packages"])


def kernel() -> tuple[Path, Path]:
    """Debian's kernel, and its modules."""
    (image,) = (_KERNEL / "boot").glob("vmlinuz-*")
    return image, _KERNEL / "lib/modules" / image.name.removeprefix("vmlinuz-") / "kernel"


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    if member.issym():
        return Entry(0o777, link=member.linkname)
    opened = archive.extractfile(member)
    return Entry(member.mode, None if opened is None else opened.read())
