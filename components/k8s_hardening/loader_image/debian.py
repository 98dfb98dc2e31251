"""Debian packages, fetched and unpacked by mmdebstrap without running anything of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from k8s_hardening.loader_image.recipe import PACKAGES, STATUS

_HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
_SECONDS = 900
_TARGETS = "$(SITE) $(RELEASE) $(COMPONENT)"
# Beside each package's control data the list of its files; the layer keeps the first and reads the second.
_RECORD = (
    f'mkdir -p "$1/{STATUS}" && cd "$1/var/cache/apt/archives" && for deb in *.deb; do '
    f'to="$1/{STATUS}${{deb%%_*}}" && dpkg-deb --field "$deb" > "$to" && '
    'dpkg-deb --fsys-tarfile "$deb" | tar --list > "$to.files" || exit 1; done'
)


class ImageError(Exception):
    """The image cannot be made; the text is one sentence that names the remedy."""


def default_architecture() -> str:
    """Debian's name of this machine's architecture."""
    return _run(["dpkg", "--print-architecture"]).strip()


def default_mirrors(suite: str) -> list[str]:
    """The lines of this machine's own apt sources that are of a suite.

    Raises:
        ImageError: it has none.
    """
    listed = _run(["apt-get", "indextargets", "--format", _TARGETS, "Created-By: Packages"])
    found = sorted({line for line in listed.splitlines() if _is_of(suite, line)})
    if not found:
        raise ImageError(f"the apt sources of this machine have no {suite}: name a mirror of it with --mirror")
    return [f"deb {line}" for line in found]


def fetch_packages(suite: str, architecture: str, mirrors: Sequence[str], target: Path) -> None:
    """Write the unpacked packages as a tar archive.

    Raises:
        ImageError: a program or a package is missing.
    """
    _run(
        [
            "mmdebstrap",
            "--variant=extract",
            "--format=tar",
            f"--architectures={architecture}",
            f"--include={','.join(PACKAGES)}",
            f"--hook-dir={_HOOKS}",
            f"--extract-hook={_RECORD}",
            suite,
            str(target),
            *mirrors,
        ]
    )


def _is_of(suite: str, line: str) -> bool:
    site, _, rest = line.partition(" ")
    release, _, component = rest.partition(" ")
    return (
        bool(site)
        and component == "main"
        and re.fullmatch(rf"{re.escape(suite)}(-security|-updates)?", release) is not None
    )


def _run(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        package = {"apt-get": "apt"}.get(command[0], command[0])
        raise ImageError(f"{command[0]} is not on PATH: install the Debian package {package}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ImageError(
            f"{command[0]} took longer than {_SECONDS} s: look at the mirror, and run this again"
        ) from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E: ")] or done.stderr.splitlines()
        raise ImageError(f"{command[0]} failed: {'; '.join(lines[:3])}; mend the cause and run this again")
    return done.stdout
