"""`k8s-hardening up`: preview with the pack first, then apply with it once more, over what was changed by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from k8s_hardening.cli.drift import look
from k8s_hardening.cli.drift_texts import drift_lines
from k8s_hardening.cli.stack_guards import (
    confirm,
    refuse_ended_emergencies,
    refuse_removals,
    refuse_too_many,
    refuse_too_many_judged,
)
from k8s_hardening.cli.stack_leftovers import forget_begun, say, say_what_is_left
from k8s_hardening.cli.stack_options import (
    engine_arguments,
    format_option,
    no_color_option,
    pack_config_option,
    pack_option,
    project_option,
    stack_option,
)
from k8s_hardening.cli.stack_preparing import prepare
from k8s_hardening.cli.stack_summary import show, status_of


@click.command()
@project_option
@stack_option
@pack_option
@pack_config_option
@format_option
@no_color_option
@click.option("--yes", is_flag=True, help="Ask nothing before a cluster is changed.")
@click.option(
    "--take-over", is_flag=True, help="Take objects that are there already from the killed run, or whoever, made them."
)
@engine_arguments
def up(
    project: Path,
    stack: str,
    pack: Path | None,
    pack_config: Path | None,
    form: str,
    no_color: bool,
    yes: bool,
    take_over: bool,
    arguments: tuple[str, ...],
) -> None:
    r"""Preview a stack with the pack first; when nothing blocks, apply it with the pack once more.

    Where a baseline goes to a cluster, what somebody changed there since the last run is shown and mended, as `drift`
    tells it. What a run that was killed has begun is finished.

    Exit status: 0 applied, 1 a finding blocks or the engine failed, 2 bad input, 3 no engine.

    \b
    Examples:
      k8s-hardening up --stack dev
      k8s-hardening up --stack prod --yes
      k8s-hardening up --stack prod --yes --take-over
    """
    workspace, baseline = prepare(project, stack, pack, pack_config, quiet=form == "json", no_color=no_color)
    refuse_too_many(baseline)
    refuse_ended_emergencies(baseline)
    refuse_removals(workspace, baseline)
    # In stacks of teams others change fields by right: an autoscaler sets replicas.
    found = None if workspace.renders or baseline is None else look(workspace)
    if found is not None and found.objects:
        say(drift_lines(found), no_color=no_color)
    click.echo(f"previewing stack {stack} with the pack, before anything is applied ...", err=True)
    first = workspace.preview(*arguments)
    if status := status_of(first):
        show(first, form, no_color=no_color)
        click.echo("nothing was applied", err=True)
        sys.exit(status)
    refuse_too_many_judged(first.summary)
    if not yes and not workspace.renders:
        confirm(stack)
    insists = forget_begun(workspace) or take_over
    click.echo(f"applying stack {stack} ...", err=True)
    if found is not None and found.objects:
        applied = workspace.mend(found.replaced, *arguments)
    else:
        applied = workspace.up(*arguments, insists=insists)
    show(applied, form, no_color=no_color)
    if not workspace.renders:
        say_what_is_left(workspace, found, applied, no_color=no_color)
    sys.exit(status_of(applied))
