"""One child process that hears of the signals that its parent gets, and is given the time to end well.

An engine that is killed leaves a locked stack and objects that its state does not know. So a signal is passed on once
and the end is waited for; at a second one the engine stops at once (pulumi v3.200.0 pkg/backend/cancellation_scope.go).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAIL = 64 * 1024  # bytes at the end of standard error that are kept
_LINGER = 2.0  # seconds; a plugin that outlives the engine may hold the pipe open


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    status: int
    said: str
    """The end of what it wrote to standard error, which was shown, too."""


def run_to_end(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], stdout: TextIO | None = None
) -> Ended:
    """Run a command to its end, whatever signals come.

    Raises:
        KeyboardInterrupt: it was interrupted, and has ended.
        SystemExit: with 128 and the number of another signal that came, after the end.
    """
    with _signals() as signals:
        # A session of its own: the terminal sends its interrupt to the foreground group, so both would get it, and the
        # child would take the one passed on for a second.
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=stdout, stderr=subprocess.PIPE, start_new_session=True
        )
        signals.child = child
        tail = bytearray()
        assert child.stderr is not None  # noqa: S101 - for the type checker
        relay = threading.Thread(target=_relay, args=(child.stderr, tail), daemon=True)
        relay.start()
        status = child.wait()
        relay.join(_LINGER)
    if signal.SIGINT in signals.received:
        raise KeyboardInterrupt
    if signals.received:
        raise SystemExit(128 + signals.received[0])
    return Ended(status, tail.decode(errors="replace"))


class _Signals:
    def __init__(self) -> None:
        self.received: list[int] = []
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def child(self) -> subprocess.Popen[bytes] | None:
        return self._child

    @child.setter
    def child(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self.received:  # while the child was being started
            child.send_signal(number)

    def pass_on(self, number: int, _: FrameType | None) -> None:
        self.received.append(number)
        if self._child is not None:
            self._child.send_signal(number)


@contextmanager
def _signals() -> Iterator[_Signals]:
    signals = _Signals()
    before = {number: signal.signal(number, signals.pass_on) for number in _PASSED_ON}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _relay(source: IO[bytes], tail: bytearray) -> None:
    while chunk := source.read1(4096):  # type: ignore[attr-defined]  # a pipe of Popen is a BufferedReader
        sys.stderr.write(chunk.decode(errors="replace"))
        sys.stderr.flush()
        tail += chunk
        del tail[:-_TAIL]
