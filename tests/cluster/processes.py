"""Server processes of a test: started on loopback, logged to files, ended by their own handle."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS_TO_STOP = 20.0
_LAST_LINES = 15


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert isinstance(port, int)
    return port


@dataclass(frozen=True)
class Server:
    """One running server."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, name: str, command: Sequence[str | Path], folder: Path) -> Server:
        """Start a server with its output in `<folder>/<name>.log`."""
        log = folder / f"{name}.log"
        environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command], stdout=output, stderr=output, cwd=folder, env=environment
            )
        return cls(name, process, log)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for a condition; a server that ended or took too long fails the test with its last words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.last_words()}")
            if ready():
                return
            time.sleep(0.2)
        raise AssertionError(f"{self.name} was not ready in {seconds:.0f} s:\n{self.last_words()}")

    def wait_for_end(self, seconds: float = 30.0) -> int:
        """Wait until a server that must refuse to start has ended."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds:.0f} s:\n{self.last_words()}") from None

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:])

    def stop(self) -> None:
        """End the process, politely first."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=_SECONDS_TO_STOP)
