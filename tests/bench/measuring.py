"""Times of processes: the processor's for what must not depend on neighbours, the wall clock's for what people wait."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
RUNS = 5


@dataclass(frozen=True, slots=True)
class Spent:
    """What one command took, in seconds."""

    wall: float
    cpu: float


def cpu_of(pid: int) -> float:
    """User and system time of a living process in seconds (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def median(measure: Callable[[], float], runs: int = RUNS) -> float:
    """The median of several measurements."""
    return statistics.median(measure() for _ in range(runs))


def reference() -> float:
    """Seconds of the processor for a fixed piece of work: how fast this machine is at this moment."""

    def measure() -> float:
        before = time.process_time()
        sum(number * number for number in range(1_000_000))
        return time.process_time() - before

    return median(measure)


def keeping_bytecode(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python keeps what it compiled, as it does unless somebody forbids it."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, status: int = 0) -> Spent:
    """Run a command to its end; another exit status than the expected one ends the measurement."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    kept = keeping_bytecode(os.environ if environment is None else environment)
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}, not {status}:\n{done.stderr[-2000:]}")
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
