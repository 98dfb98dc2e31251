"""`k8s-hardening drift`: what of the cluster is not as it was applied."""

from __future__ import annotations

from pathlib import Path

import click

from k8s_hardening.cli.drift_texts import drift_json, drift_lines
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.stack_options import (
    format_option,
    no_color_option,
    pack_config_option,
    pack_option,
    project_option,
    stack_option,
)
from k8s_hardening.cli.stack_preparing import prepare
from k8s_hardening.engine.drift import Drift
from k8s_hardening.engine.toolchain import EngineError
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.model.problems import BadInputError

_DIFFERS = 1


@click.command()
@project_option
@stack_option
@pack_option
@pack_config_option
@format_option
@no_color_option
@click.pass_context
def drift(
    ctx: click.Context,
    project: Path,
    stack: str,
    pack: Path | None,
    pack_config: Path | None,
    form: str,
    no_color: bool,
) -> None:
    r"""Say what of the cluster is not as it was applied: objects that are gone, and fields that somebody changed.

    Every object of the stack is read anew. What was added to an object counts as well, which a refresh of the engine
    does not see: a rule of a Role, a subject of a binding, an ingress beside a deny-all. A namespace that is being
    deleted is shown with what keeps it. Values of Secrets are never shown. Nothing is changed; `up` mends it.

    Objects that others made beside those of the stack are not looked at.

    Exit status: 0 all is as it was applied, 1 something differs, 2 bad input, or the cluster cannot be read,
    3 no engine.

    \b
    Examples:
      k8s-hardening drift --stack prod
      k8s-hardening drift --stack prod --format json
    """
    workspace, _ = prepare(project, stack, pack, pack_config, quiet=form == "json", no_color=no_color)
    if workspace.renders:
        raise BadInputError([f"stack {stack} renders files, so nobody can have changed it in a cluster; leave it out"])
    found = look(workspace)
    if form == "json":
        click.echo(drift_json(found))
    else:
        print_lines(drift_lines(found), colour=wants_colour(no_color))
    ctx.exit(_DIFFERS if found.objects else 0)


def look(workspace: Workspace) -> Drift:
    """What differs in the cluster.

    Raises:
        BadInputError: the cluster cannot be read, or is another one.
    """
    click.echo("comparing the cluster with what was applied ...", err=True)
    try:
        found = workspace.drift()
    except EngineError as error:
        raise BadInputError([str(error)]) from None
    if found.is_all_gone:
        emptied = workspace.command_line("refresh", "--yes", "--skip-preview")
        told = f"none of the {found.compared} objects of stack {workspace.stack} is in the cluster: the kubeconfig"
        raise BadInputError([f"{told} context may name another one; if this one was really emptied, run `{emptied}`"])
    return found
