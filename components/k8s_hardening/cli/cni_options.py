"""Options that say which network plug-in files are for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from k8s_hardening.kube.cnis import CNIS

F = TypeVar("F", bound=Callable[..., Any])

_VERSION = re.compile(r"v?[0-9]{1,9}\.[0-9]{1,9}(\.[0-9]{1,9})?")


def _name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in CNIS:
        near = difflib.get_close_matches(value[:100], CNIS, n=1, cutoff=0)
        raise click.BadParameter(f'"{value}" is not a known CNI; for example "{near[0]}"', ctx, param)
    return value


def _version(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and _VERSION.fullmatch(value) is None:
        raise click.BadParameter(f'"{value}" is not a version; for example "3.32"', ctx, param)
    return value


def cni_options(command: F) -> F:
    """Add `--cni`, `--cni-version` and `--cni-switch`, with names and versions checked."""
    for add in (
        click.option(
            "--cni-switch",
            "cni_switches",
            multiple=True,
            metavar="SWITCH",
            help="What is off by default in it and switched on; may be repeated.",
        ),
        click.option("--cni-version", callback=_version, metavar="VERSION", help="Its version."),
        click.option(
            "--cni",
            callback=_name,
            metavar="NAME",
            help="Network plug-in that the files are for (see `cnis`).  [default: one that does as documented]",
        ),
    ):
        command = add(command)
    return command


def check_cni(ctx: click.Context, name: str | None, version: str | None, switches: tuple[str, ...]) -> None:
    """Hold options of a plug-in against each other.

    Raises:
        click.UsageError: a version or a switch of no plug-in, or a switch that it does not have.
    """
    if name is None:
        if version is not None or switches:
            raise click.UsageError("--cni-version and --cni-switch say something of a --cni; name it", ctx)
        return
    for switch in switches:
        if CNIS[name].switch(switch) is None:
            known = ", ".join(f'"{one}"' for one, _ in CNIS[name].switches)
            raise click.UsageError(
                f'{name} has no switch "{switch}"; ' + (f"its switches are {known}" if known else "it has none"), ctx
            )
