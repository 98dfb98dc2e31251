"""`k8s-hardening engine`: obtain the engine and say which it is."""

from __future__ import annotations

from pathlib import Path

import click

from k8s_hardening.cli.stack_files import root_of
from k8s_hardening.cli.stack_options import project_option
from k8s_hardening.cli.stack_preparing import toolchain_of


@click.command()
@project_option
def engine(project: Path) -> None:
    r"""Obtain the engine and say which it is: `pulumi` on PATH, the official installer, or built from Go modules.

    \b
    Example:
      k8s-hardening engine
    """
    toolchain = toolchain_of(root_of(project))
    click.echo(f"{toolchain.pulumi} ({toolchain.origin})")
