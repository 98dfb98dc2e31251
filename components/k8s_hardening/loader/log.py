"""One line of JSON for each change, none for what stays as it is."""

from __future__ import annotations

import datetime
import json
import sys
from typing import TextIO


class Log:
    """Lines for people and machines that collect them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._said: dict[str, tuple[str, str]] = {}

    def say(self, subject: str, event: str, message: str = "") -> None:
        """A line about a subject, unless it would say the same as the last one about it."""
        if self._said.get(subject) == (event, message):
            return
        self._said[subject] = (event, message)
        line = {"time": now(), "subject": subject, "event": event} | ({"message": message} if message else {})
        print(json.dumps(line), file=self._stream, flush=True)

    def forget(self, subject: str) -> None:
        """Say it again when this subject comes back."""
        self._said.pop(subject, None)


def now() -> str:
    """The time of day, for people."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
