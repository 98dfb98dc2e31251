"""What the probes of the pod ask.

They run every few seconds, often with little CPU, and compile what they import each time since nothing may be written
in the image. So this module imports nothing but what the interpreter has loaded anyway.
"""

from __future__ import annotations

import os
import time

FOLDER = "/run/apparmor-loader"
PROBE = "probe"
"""File in the folder: when the last round ended, the interval, what is wrong, and each loaded profile, line by line."""
PROFILES = "/sys/kernel/security/apparmor/profiles"
_READY_INTERVALS = 3
_ALIVE_INTERVALS = 10


def probe_text(finished: float, interval: float, problem: str, loaded: list[str]) -> str:
    """What the probes read."""
    return "\n".join([f"{finished!r}", f"{interval!r}", problem, *loaded]) + "\n"


def not_alive(folder: str = FOLDER, now: float | None = None) -> str | None:
    """Why the loop is taken for dead; None when it runs."""
    return _ask(folder, now, _ALIVE_INTERVALS)[0]


def not_ready(folder: str = FOLDER, profiles: str = PROFILES, now: float | None = None) -> str | None:
    """Why the node does not have all profiles, by the last round and the kernel of this moment; None when it does."""
    hindrance, problem, loaded = _ask(folder, now, _READY_INTERVALS)
    if hindrance or problem:
        return hindrance or problem
    try:
        with open(profiles, encoding="utf-8", errors="replace") as file:
            found = {line.rpartition(" (")[0] for line in file}
    except OSError as error:
        return f"{profiles} cannot be read: {error.strerror}"
    gone = [name for name in loaded if name not in found]
    return f"no longer in the kernel: {', '.join(gone)}" if gone else None


def _ask(folder: str, now: float | None, intervals: int) -> tuple[str | None, str, list[str]]:
    """Why the last round does not count, what it found wrong, and what it found loaded."""
    file = os.path.join(folder, PROBE)
    try:
        with open(file, encoding="utf-8") as opened:
            finished, interval, problem, *loaded = opened.read().splitlines()
        age = (time.monotonic() if now is None else now) - float(finished)
        limit = intervals * float(interval)
    except FileNotFoundError:
        return "no round has ended yet", "", []
    except (OSError, ValueError):
        return f"{file} cannot be read", "", []
    if not 0 <= age <= limit:
        return f"the last round ended {age:.0f} s ago", "", []
    return None, problem, loaded
