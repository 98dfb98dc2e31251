"""The status file: what the last round found, for people; and its extract for the probes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .probing import FOLDER, PROBE, probe_text

STATUS = Path(FOLDER) / "status.json"


@dataclass(frozen=True)
class ProfileStatus:
    """One profile."""

    state: str
    """loaded, failed, kept (not provided any more, but used) or unused (on its way out of the kernel)."""
    mode: str = ""
    """enforce or complain; empty when it is not in the kernel."""
    message: str = ""


@dataclass(frozen=True)
class Status:
    """One round."""

    state: str
    message: str
    interval: float
    """Seconds between rounds."""
    finished: float
    """On the clock that counts since the node started."""
    time: str
    """The same for people."""
    api: str = ""
    """Why the API server could not be used; empty when it could."""
    profiles: Mapping[str, ProfileStatus] = field(default_factory=dict)


def write_status(status: Status, file: Path = STATUS) -> None:
    """Write the status and what the probes read, each so that a reader sees the old one or the new one."""
    _replace(file, json.dumps(asdict(status), indent=2, sort_keys=True) + "\n")
    loaded = sorted(name for name, one in status.profiles.items() if one.state == "loaded")
    problem = "" if status.state == "ready" else " ".join(status.message.split())
    _replace(file.with_name(PROBE), probe_text(status.finished, status.interval, problem, loaded))


def _replace(file: Path, text: str) -> None:
    scratch = file.with_name(f".{file.name}.new")
    scratch.write_text(text)
    scratch.replace(file)
