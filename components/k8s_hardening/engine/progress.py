"""Long steps say what they do, about how long it takes, and that they are still at it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_BEAT = 30.0  # seconds between signs of life


class Progress:
    """Lines about long work on standard error, so that standard output stays the command's own."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def say(self, text: str) -> None:
        """One line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, what: str, about: str) -> Iterator[None]:
        """A long step: a line at its start, a sign of life every half minute, its duration at the end."""
        started = time.monotonic()
        over = threading.Event()

        def beat() -> None:
            while not over.wait(_BEAT):
                self.say(f"  ... still {what} ({time.monotonic() - started:.0f} s)")

        self.say(f"{what} (about {about}) ...")
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self.say(f"  done in {time.monotonic() - started:.0f} s")
