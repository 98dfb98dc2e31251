"""The Pulumi engine that this checkout uses: where it lies and what it needs in the environment."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CLI_VERSION = "3.200.0"
"""Pinned version of the Pulumi command line (tools/pulumi/go.mod)."""
PROVIDER_VERSION = "4.27.0"
"""Pinned version of the Kubernetes provider (tools/provider-kubernetes/go.mod, requirements.lock)."""
TOOLS = ("pulumi", "language-python", "provider-kubernetes")
"""Folders under tools/ that pin the engine."""
PLUGIN = f"resource-kubernetes-v{PROVIDER_VERSION}"
_OLDEST, _BELOW = (3, 200), (4, 0)
# From this version on the engine starts policy packs through the language host instead of a script on PATH
# (pulumi changelog 3.221).
_PACKS_BY_LANGUAGE_HOST = (3, 221)


class EngineError(Exception):
    """The engine cannot be had or started; the text is one sentence that names the remedy."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A usable engine."""

    pulumi: Path
    """The command line."""
    path: tuple[Path, ...]
    """Folders that go before PATH."""
    home: Path
    """PULUMI_HOME: plugins, and nothing of the user's own login."""
    origin: str
    """Where it came from, for people."""


def tools_key(project: Path) -> str:
    """Twelve hexadecimal digits that change whenever anything that pins the engine does."""
    digest = hashlib.sha256()
    for tool in TOOLS:
        for file in sorted((project / "tools" / tool).glob("*.*")):
            if file.suffix not in (".mod", ".sum", ".go"):
                continue
            digest.update(file.relative_to(project).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def cache_folder() -> Path:
    """The cache that all checkouts share."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "k8s-hardening"


def on_path(home: Path) -> Toolchain | None:
    """The `pulumi` on PATH, when it can be used."""
    found = shutil.which("pulumi")
    if found is None or (version := version_of(Path(found))) is None or _flaw(version) is not None:
        return None
    return Toolchain(Path(found), (), home, f"pulumi {_dotted(version)} on PATH")


def unusable_on_path() -> str | None:
    """Why the `pulumi` on PATH is not used, as a sentence; None when there is none."""
    found = shutil.which("pulumi")
    if found is None:
        return None
    version = version_of(Path(found))
    if version is None:
        return f"{found} does not say its version"
    return f"pulumi {_dotted(version)} on PATH {_flaw(version)}"


def _flaw(version: tuple[int, ...]) -> str | None:
    if not _OLDEST <= version < _BELOW:
        return f"is outside the supported versions {_dotted(_OLDEST)} to {_BELOW[0] - 1}.x"
    if shutil.which("pulumi-language-python") is None:
        return "has no pulumi-language-python beside it"
    if version < _PACKS_BY_LANGUAGE_HOST and shutil.which("pulumi-analyzer-policy-python") is None:
        return (
            f"has no pulumi-analyzer-policy-python beside it, which it needs before {_dotted(_PACKS_BY_LANGUAGE_HOST)}"
        )
    return None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def version_of(pulumi: Path) -> tuple[int, ...] | None:
    """The version that a command line says it has; None when it cannot be asked."""
    try:
        done = subprocess.run([pulumi, "version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(int(part) for part in match.groups()) if match else None
