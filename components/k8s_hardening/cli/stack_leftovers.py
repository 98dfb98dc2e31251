"""What earlier runs and other people have left: begun work of a killed engine, and what an update cannot mend."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

import click

from k8s_hardening.cli.drift_texts import object_lines, title_of
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import Line
from k8s_hardening.engine.drift import Drift
from k8s_hardening.engine.toolchain import EngineError
from k8s_hardening.engine.workspace import Outcome, Workspace
from k8s_hardening.model.problems import BadInputError

_CREATING = "creating"  # pulumi sdk v3.200.0 go/common/apitype/core.go, OperationTypeCreating


def forget_begun(workspace: Workspace) -> bool:
    """Take out of the state what a killed run had begun to make, so that this run makes it; whether there was any.

    The engine keeps such entries for ever, warns at each run, and wants a person to say what became of them (v3.200.0
    pkg/backend/snapshot.go), since a made-up name would be made twice. Names here are never made up, and to make an
    object that is there already is to take it over.

    Raises:
        BadInputError: the state cannot be read or written.
    """
    try:
        state = json.loads(workspace.export())
        deployment = state.get("deployment") or {}
        pending = deployment.get("pending_operations") or []
        kept = [one for one in pending if one.get("type") != _CREATING]
        if len(kept) == len(pending):
            return False
        count = len(pending) - len(kept)
        objects = "1 object" if count == 1 else f"{count} objects"
        click.echo(f"an earlier run was killed while it made {objects}: made again, or taken over", err=True)
        deployment["pending_operations"] = kept
        workspace.load(json.dumps(state))
        return True
    except EngineError as error:
        raise BadInputError([str(error)]) from None


def say_what_is_left(workspace: Workspace, before: Drift | None, applied: Outcome, *, no_color: bool) -> None:
    """After an update: objects that only a person can mend, and namespaces that stayed, with what keeps them."""
    for one in before.left if before is not None else ():
        click.echo(f"not mended, since making {title_of(one)} anew would lose more: change it back by hand", err=True)
    deletes = {urn for urn, step in applied.summary.steps.items() if step == "delete" and ":Namespace::" in urn}
    if applied.status == 0 or not deletes:
        return
    try:
        now = workspace.drift()
    except EngineError as error:
        click.echo(str(error), err=True)
        return
    for one in now.objects:
        if one.urn in deletes and one.is_leaving:
            say(object_lines(one), no_color=no_color)


def say(lines: Iterable[Line], *, no_color: bool) -> None:
    """Print lines on the error stream."""
    print_lines(lines, colour=wants_colour(no_color, sys.stderr), stream=sys.stderr)
