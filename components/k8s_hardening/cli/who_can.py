"""`k8s-hardening who-can`: who may do something, directly or by way of others."""

from __future__ import annotations

import json
from pathlib import Path

import click

from k8s_hardening.cli.access_texts import able_data, able_lines
from k8s_hardening.cli.access_worlds import (
    asked_about,
    followed,
    request_of,
    told,
    unknown_verb,
    warned,
    world_options,
)
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.kube.access import Reach
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.problems import BadInputError

_NOBODY = 1
_BAD_INPUT = 2


@click.command("who-can")
@click.argument("verb")
@click.argument("resource")
@world_options
@click.option("-n", "--namespace", metavar="NS", help="Namespace of the objects.  [default: all of them at once]")
@click.option("--name", metavar="N", help="Name of one object.")
@click.option(
    "--closed/--direct",
    "is_closed",
    default=True,
    show_default=True,
    help="With those who get there by way of others, or own rights only.",
)
@click.option("--system", is_flag=True, help="Those of the cluster itself, too, such as its controllers.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def who_can(
    ctx: click.Context,
    verb: str,
    resource: str,
    paths: tuple[str, ...],
    stack: str | None,
    state_file: str | None,
    project: Path,
    kubernetes: KubeVersion,
    no_color: bool,
    namespace: str | None,
    name: str | None,
    is_closed: bool,
    system: bool,
    form: str,
) -> None:
    r"""Say who may do something, directly or by way of others.

    RESOURCE is written as for kubectl (po, deploy, deployments.apps), with a subresource behind a slash (pods/log), or
    it is a path such as /metrics. Besides those who have the right, `who-can` names who gets at it by a step of its
    own: a pod that mounts the Secret or runs as a service account, exec, a token, impersonation, bind and escalate, and
    more (docs/access.md). What hangs on a pod that happens to run, or on values known only at apply, is told as not for
    certain. PATH is as for `check`; the roles that every API server makes by itself are added.

    Exit status: 0 somebody can, 1 nobody can, 2 bad input.

    \b
    Examples:
      k8s-hardening who-can get secrets --stack dev -n payments-api
      k8s-hardening who-can get secret --name db --stack dev -n payments-api --direct
      k8s-hardening who-can create pods/exec deploy/ -n payments-api --format json
      pulumi stack export | k8s-hardening who-can '*' '*' --state -
      k8s-hardening who-can get /metrics deploy/ --system
    """
    asked = asked_about(paths, stack, state_file, project, kubernetes)
    problems: list[str] = []
    request = request_of(asked.world, verb, resource, namespace, name, problems)
    if problems:
        raise BadInputError(problems)
    warned(unknown_verb(request.verb, is_of_url=not request.is_resource))
    with followed():
        found = list(Reach(asked.world).who_can(request, direct_only=not is_closed, with_system=system))
    if form == "json":
        click.echo(json.dumps(able_data(request, found, asked.errors), indent=2))
    else:
        lines = able_lines(request, found, direct_only=not is_closed, with_system=system)
        print_lines(lines, colour=wants_colour(no_color))
    told(asked, errors_too=form != "json")
    ctx.exit(_BAD_INPUT if asked.errors else 0 if found else _NOBODY)
