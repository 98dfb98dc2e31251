"""Who holds the lock of a stack, as the engine says it, and whether that run still goes on.

An engine that is killed leaves its lock. The engine itself only names process and host, and leaves it to people to find
out (pulumi v3.200.0 pkg/backend/diy/lock.go).
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass

LOCKED = "the stack is currently locked by"
_HOLDER = re.compile(r"created by .*@(?P<host>\S+) \(pid (?P<pid>\d{1,9})\) at (?P<since>\S+)")


@dataclass(frozen=True, slots=True)
class Holder:
    """One run that holds a lock."""

    host: str
    pid: int
    since: str
    """Time of the lock, as the engine writes it."""

    @property
    def was_killed(self) -> bool:
        """Whether it surely goes on no more: a process of this host that is not there; never so of another host."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            return False
        return False


def holders(said: str) -> tuple[Holder, ...]:
    """Every holder that the engine's message names."""
    return tuple(Holder(one["host"], int(one["pid"]), one["since"]) for one in _HOLDER.finditer(said))


def who_locks(stack: str, said: str) -> str:
    """The beginning of a sentence that goes on with what to do about the lock."""
    found = holders(said)
    if found and all(one.was_killed for one in found):
        which = ", ".join(f"process {one.pid} of this host since {one.since}" for one in found)
        return f"stack {stack} is locked by a run that was killed ({which}):"
    return f"stack {stack} is locked by another run: wait for its end; if none is running any more,"
