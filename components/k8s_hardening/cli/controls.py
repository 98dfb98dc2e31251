"""`k8s-hardening controls`: what is judged, from the registry itself, so that no list of it can grow old."""

from __future__ import annotations

import json

import click

from k8s_hardening.cli.check import control_ids
from k8s_hardening.cli.control_texts import as_data, as_markdown, explained, listed
from k8s_hardening.controls.registry import CONTROLS, control_of


@click.command()
@click.argument("control_id", required=False, metavar="[ID]")
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.pass_context
def controls(ctx: click.Context, control_id: str | None, form: str) -> None:
    r"""List the controls, or explain one.

    \b
    Examples:
      k8s-hardening controls
      k8s-hardening controls run-as-non-root
      k8s-hardening controls --format markdown > docs/controls.md
    """
    if control_id is not None:
        control_ids(ctx, ctx.command.params[0], (control_id,))
    chosen = CONTROLS if control_id is None else (control_of(control_id),)
    if form == "json":
        click.echo(json.dumps([as_data(control) for control in chosen], indent=2))
    elif form == "markdown":
        click.echo(as_markdown(chosen), nl=False)
    else:
        click.echo("\n".join(listed(chosen) if control_id is None else explained(chosen[0])))
