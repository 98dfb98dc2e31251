"""apparmor_parser: names the profiles that a text defines, and loads them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

# -K: neither reads nor writes a cache of compiled profiles. Standard input is the profile.
PROGRAM = ("/sbin/apparmor_parser", "-K")
_SECONDS = 30
_LONGEST_MESSAGE = 500


class ParserError(Exception):
    """A text is no profile that may be loaded, or the kernel refused it; the text is what the parser said."""


class Parser:
    """The parser as a program."""

    def __init__(self, program: Sequence[str] = PROGRAM, seconds: float = _SECONDS) -> None:
        self._program = tuple(program)
        self._seconds = seconds

    def load(self, name: str, text: str) -> None:
        """Load or replace the profile of a name, by a text that defines it and nothing else."""
        defined = set(self._run(text, "-N").splitlines())
        others = sorted(one for one in defined if one != name and not one.startswith(f"{name}//"))
        if others or name not in defined:
            what = f"the profile {_short(others[0])!r}" if others else "no profile"
            raise ParserError(f"the text defines {what}, and its name says {name!r}")
        self._run(text, "--replace")

    def _run(self, text: str, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self._program, *arguments],
                input=text.encode(),
                capture_output=True,
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ParserError(f"apparmor_parser took longer than {self._seconds:g} s") from None
        except OSError as error:
            raise ParserError(f"apparmor_parser cannot be run: {error.strerror}") from None
        if done.returncode != 0:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise ParserError(_short(said) or f"apparmor_parser ended with {done.returncode}")
        return done.stdout.decode(errors="replace")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."
