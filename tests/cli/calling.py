"""The command line called in the process of the test, and as a process of its own."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner, Result

from k8s_hardening.cli.main import main


def call(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """One call of `k8s-hardening` with its standard output and error apart."""
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="k8s-hardening")


def process(*arguments: str, flags: tuple[str, ...] = (), **options: object) -> subprocess.CompletedProcess[str]:
    """One call as a process."""
    command = [sys.executable, *flags, "-m", "k8s_hardening.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]
