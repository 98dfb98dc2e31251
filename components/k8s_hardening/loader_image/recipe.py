"""What is in the loader's image and how it starts."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGES = ("apparmor", "base-files", "python3")
"""Debian packages; what they depend on comes with them, and of all that only what is kept below stays."""
PROGRAM = "usr/lib/apparmor-loader/apparmor_loader"
"""Folder of the loader's modules in the image."""
ENTRY = "usr/sbin/apparmor-loader"
"""The loader as a command."""
USER = "0:0"
"""Loading a profile takes CAP_MAC_ADMIN, which only root has in the sets that a container starts with."""
COMMAND = ("run",)
LABELS = {
    "org.opencontainers.image.title": "apparmor-loader",
    "org.opencontainers.image.description": "Loads AppArmor profiles on the nodes of a Kubernetes cluster.",
    "org.opencontainers.image.licenses": "Apache-2.0",
}
FOLDERS = ("dev", "proc", "profiles", "run/apparmor-loader", "sys", "tmp")
"""Where something is mounted, since the root filesystem is read-only."""
LINKS = {"var/run": "/run"}

STATUS = "var/lib/dpkg/status.d/"
"""One file for each package: what scanners of images read where there is no package manager."""

SOURCE = Path(__file__).parents[1] / "loader"
"""The loader's files in this package."""

# The standard library without its tests, its documentation, and what needs a terminal, a display or a compiler.
_LIBRARY = r"usr/lib/python3\.\d+"
_NOT_OF_THE_LIBRARY = re.compile(
    rf"{_LIBRARY}/(asyncio|ctypes|curses|dbm|distutils|ensurepip|idlelib|lib2to3|multiprocessing|pydoc_data|sqlite3|test"
    r"|tkinter|turtledemo|unittest|venv|wsgiref|xml|xmlrpc)/.*"
    rf"|{_LIBRARY}/(.*/)?__pycache__/.*"
    rf"|{_LIBRARY}/lib-dynload/(?!_(contextvars|hashlib|json|ssl|typing)\.).*"
    rf"|{_LIBRARY}/(turtle|doctest|pydoc|pickletools)\.py"
)
_KEPT = re.compile(
    r"bin|sbin|lib|lib64"
    r"|etc/(os-release|debian_version)|usr/lib/os-release"
    r"|etc/apparmor/parser\.conf|etc/apparmor\.d/(abi|abstractions|tunables)/.*|usr/share/apparmor-features/.*"
    r"|usr/bin/python3(\.\d+)?|usr/sbin/apparmor_parser"
    rf"|{_LIBRARY}/.*"
    # The programs' own libraries; the loader of programs lies on different paths on different machines.
    r"|usr/lib(64|/[^/]+-linux-gnu[^/]*)?/(ld-linux-[^/]+|lib(c|crypto|expat|m|ssl|z)\.so\.[^/]+)"
)


def is_kept(path: str) -> bool:
    """Whether a path of the unpacked packages stays in the image."""
    return _KEPT.fullmatch(path) is not None and _NOT_OF_THE_LIBRARY.fullmatch(path) is None


def loader_files() -> dict[str, Path]:
    """The loader's own files, by their path in the image."""
    modules = {f"{PROGRAM}/{file.name}": file for file in sorted(SOURCE.glob("*.py"))}
    return {**modules, ENTRY: SOURCE / "apparmor-loader"}
