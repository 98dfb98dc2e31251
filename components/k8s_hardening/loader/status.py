"""The status file: what the last round found, for the probes and for people."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

STATUS = Path("/run/apparmor-loader/status.json")
_READY_INTERVALS = 3
_ALIVE_INTERVALS = 10


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


class StatusError(Exception):
    """There is no readable status; the text is one sentence."""


def write_status(status: Status, file: Path = STATUS) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one."""
    descriptor, scratch = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "w") as opened:
            json.dump(asdict(status), opened, indent=2, sort_keys=True)
            opened.write("\n")
        os.replace(scratch, file)  # noqa: PTH105 - a file of the same folder
    except BaseException:
        os.unlink(scratch)  # noqa: PTH108
        raise


def read_status(file: Path = STATUS) -> Status:
    """The status of the last round.

    Raises:
        StatusError: no round has ended yet, or something else wrote the file.
    """
    try:
        data = json.loads(file.read_text())
        profiles = {name: ProfileStatus(**one) for name, one in data.pop("profiles").items()}
        return Status(**data, profiles=profiles)
    except FileNotFoundError:
        raise StatusError("no round has ended yet") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StatusError(f"{file} cannot be read: {type(error).__name__}") from None


def not_alive(status: Status, now: float | None = None) -> str | None:
    """Why the loop is taken for dead; None when it runs."""
    return _too_old(status, _ALIVE_INTERVALS, now)


def not_ready(status: Status, kernel: Mapping[str, str], now: float | None = None) -> str | None:
    """Why the node does not have all profiles, by the last round and the kernel of this moment; None when it does."""
    if (old := _too_old(status, _READY_INTERVALS, now)) is not None:
        return old
    if status.state != "ready":
        return status.message or f"the state is {status.state}"
    gone = sorted(name for name, one in status.profiles.items() if one.state == "loaded" and name not in kernel)
    return f"no longer in the kernel: {', '.join(gone)}" if gone else None


def _too_old(status: Status, intervals: int, now: float | None) -> str | None:
    age = (time.monotonic() if now is None else now) - status.finished
    if 0 <= age <= intervals * status.interval:
        return None
    return f"the last round ended {age:.0f} s ago"
