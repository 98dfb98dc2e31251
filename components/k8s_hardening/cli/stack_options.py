"""Options that the commands around the engine share."""

from __future__ import annotations

from pathlib import Path

import click

project_option = click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Folder of Pulumi.yaml.  [default: this folder]",
)
stack_option = click.option("--stack", default="dev", show_default=True, help="Stack, that is, environment.")
pack_option = click.option(
    "--pack",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the policy pack.  [default: policy-pack of the checkout]",
)
pack_config_option = click.option(
    "--pack-config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration of the pack.  [default: config/STACK.json in the pack]",
)
format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the summary."
)
no_color_option = click.option("--no-color", is_flag=True, help="No colours, as with the variable NO_COLOR.")
_OWN = ("--event-log", "--policy-pack", "--policy-pack-config", "--stack", "-s")


def _leaves_ours_alone(_: click.Context, __: click.Parameter, arguments: tuple[str, ...]) -> tuple[str, ...]:
    for one in arguments:
        if one.partition("=")[0] in _OWN:
            raise click.UsageError(
                f"{one.partition('=')[0]} is set by this command itself, so the engine cannot have it; leave it out"
            )
    return arguments


engine_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED, callback=_leaves_ours_alone)
