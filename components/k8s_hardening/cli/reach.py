"""`k8s-hardening reach`: who reaches whom, as the network policies say, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from k8s_hardening.cli.check import kubernetes_of_files_option
from k8s_hardening.cli.cni_options import check_cni, cni_options
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.reach_texts import (
    changes_json,
    changes_lines,
    matrix_json,
    matrix_lines,
    pair_json,
    pair_lines,
)
from k8s_hardening.cli.reach_worlds import Asked, enforcement_of, networks, of_files, of_stack
from k8s_hardening.cli.report import printable
from k8s_hardening.cli.stack_options import no_color_option, project_option
from k8s_hardening.kube.network_policies import PROTOCOLS, is_port_name, is_port_number
from k8s_hardening.kube.networks import Network
from k8s_hardening.kube.reach import (
    Enforcement,
    Named,
    NoSuchEndError,
    World,
    allows,
    differences,
    end_named,
    matrix,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.problems import BadInputError

_DENIED_OR_CHANGED = 1
_BAD_INPUT = 2
_PICTURES = ("dot", "svg")


def port(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """The port that an option gives: a number, or the name of a container's port."""
    if value is None:
        return None
    if value.isascii() and value.isdecimal() and is_port_number(int(value[:6])):
        return int(value)
    if is_port_name(value):
        return value
    raise click.BadParameter(f'"{value}" is no number from 1 to 65535 and no name of a port', ctx, param)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--stack", help="Stack whose plan is asked about instead of files.")
@project_option
@click.option("--from", "source", metavar="X", help="Who connects.")
@click.option("--to", "destination", metavar="Y", help="Who is connected to.")
@click.option("--port", callback=port, metavar="PORT", help="Number or name.  [default: every port of the protocol]")
@click.option("--protocol", type=click.Choice(PROTOCOLS, case_sensitive=False), default="TCP", show_default=True)
@click.option("--against", multiple=True, metavar="PATH", help="What was before: say what differs; may be repeated.")
@click.option("--against-stack", metavar="STACK", help="The same with a stack's plan.")
@click.option(
    "--pod-cidr",
    callback=networks,
    multiple=True,
    metavar="NETWORK",
    help="Where pods have addresses; may be repeated.",
)
@kubernetes_of_files_option
@cni_options
@click.option("--format", "form", type=click.Choice(["text", "json", *_PICTURES]), default="text", show_default=True)
@no_color_option
@click.pass_context
def reach(
    ctx: click.Context,
    paths: tuple[str, ...],
    stack: str | None,
    project: Path,
    source: str | None,
    destination: str | None,
    port: int | str | None,
    protocol: str,
    against: tuple[str, ...],
    against_stack: str | None,
    pod_cidr: tuple[Network, ...],
    kubernetes: KubeVersion,
    cni: str | None,
    cni_version: str | None,
    cni_switches: tuple[str, ...],
    form: str,
    no_color: bool,
) -> None:
    r"""Say who reaches whom, as the network policies of some objects say, and why.

    PATH is as for `check`. A pair is asked about with --from and --to; otherwise the whole matrix is shown, with
    --against what differs from before, and with --format svg a picture of it. X and Y are `namespace/pod`,
    `namespace/workload`, `namespace/Kind/name`, `namespace/label=value,...` for a pod with just these labels,
    `namespace` for a pod that no policy mentions, or an IP address. In a namespace without workloads, such as those
    of a stack's plan, there is one pod for each selector, and any other one (`namespace/*`).

    What is known only at apply, and pods on the network of their node, may be reached: they count as reached. So does
    what the network plug-in is not known to hold to policies; a stack's is that of its baseline.

    Exit status: 0 the pair is allowed, nothing differs, or the matrix was shown; 1 the pair is denied, or something
    differs; 2 something of the input cannot be judged.

    \b
    Examples:
      k8s-hardening reach --stack dev
      k8s-hardening reach --stack dev --from shop-web/app=web --to payments-db/app=postgres --port 5432
      k8s-hardening reach --stack dev --format svg > reach.svg
      k8s-hardening reach deploy/ --from shop/web --to 169.254.169.254 --port 80 --format json
      k8s-hardening reach deploy/ --cni cilium --cni-version 1.15
      k8s-hardening reach new/ --against old/
      k8s-hardening reach --stack prod --against-stack dev
    """
    if bool(paths) == (stack is not None):
        raise click.UsageError("give either PATH or --stack", ctx)
    if against and against_stack is not None:
        raise click.UsageError("give either --against or --against-stack", ctx)
    if (source is None) != (destination is None):
        raise click.UsageError("--from and --to go together", ctx)
    compares = bool(against) or against_stack is not None
    if compares and source is not None:
        raise click.UsageError("--against compares everything; ask about a pair in a call of its own", ctx)
    if form in _PICTURES and (compares or source is not None):
        raise click.UsageError(f"a picture ({form}) is of the whole matrix; leave out --from, --to and --against", ctx)
    if cni is not None and not paths and not against:
        raise click.UsageError("--cni is of files; a stack has that of its baseline", ctx)
    check_cni(ctx, cni, cni_version, cni_switches)
    of_documents = Enforcement(pod_networks=pod_cidr)
    if cni is not None:
        of_documents = enforcement_of(cni, cni_version, cni_switches, pod_cidr)
    before = of_stack(project, against_stack, pod_cidr) if against_stack is not None else None
    if before is not None and cni is None:
        of_documents = before.world.enforcement
    asked = _asked(paths, stack, project, kubernetes, of_documents)
    errors, is_odd = list(asked.errors), False
    if compares:
        if before is None:
            # Files are read as files of the same cluster as what they are compared with.
            before = of_files(
                against, asked.world.version, of_documents if cni is not None else asked.world.enforcement
            )
        errors += before.errors
        is_odd = _show_changes(before.world, asked.world, errors, form, no_color=no_color)
    elif source is not None and destination is not None:
        is_odd = _show_pair(asked, source, destination, port, protocol, form, no_color=no_color)
    else:
        _show_matrix(asked.world, errors, form, no_color=no_color)
    if form != "json":
        for error in errors:
            click.echo(f"error: {printable(error)}", err=True)
    ctx.exit(_BAD_INPUT if errors else _DENIED_OR_CHANGED if is_odd else 0)


def _asked(
    paths: Sequence[str], stack: str | None, project: Path, kubernetes: KubeVersion, of_documents: Enforcement
) -> Asked:
    if stack is not None:
        return of_stack(project, stack, of_documents.pod_networks)
    return of_files(paths, kubernetes, of_documents)


def _show_pair(
    asked: Asked, source: str, destination: str, port: int | str | None, protocol: str, form: str, *, no_color: bool
) -> bool:
    """Show the answer about a pair; whether it is denied.

    Raises:
        BadInputError: an end has no such name, or both are outside.
    """
    world, problems = asked.world, [printable(error) for error in asked.errors]
    ends: list[Named] = []
    for option, text in (("--from", source), ("--to", destination)):
        try:
            ends.append(end_named(world, text))
        except NoSuchEndError as error:
            problems.append(f"{option} {printable(str(error))}")
    if len(ends) < 2:
        raise BadInputError(problems)
    verdict = allows(world, ends[0], ends[1], port, protocol)
    if form == "json":
        click.echo(pair_json(source, destination, port, protocol, verdict, asked.errors))
    else:
        print_lines(pair_lines(source, destination, port, protocol, verdict), colour=wants_colour(no_color))
    return not verdict.allowed


def _show_changes(before: World, after: World, errors: Sequence[str], form: str, *, no_color: bool) -> bool:
    """Show what differs; whether anything does."""
    changes = differences(before, after)
    if form == "json":
        click.echo(changes_json(changes, (after, before), errors))
    else:
        print_lines(changes_lines(changes, (after, before)), colour=wants_colour(no_color))
    return bool(changes)


def _show_matrix(world: World, errors: Sequence[str], form: str, *, no_color: bool) -> None:
    found = matrix(world)
    if form == "json":
        click.echo(matrix_json(found, errors))
    elif form == "text":
        print_lines(matrix_lines(found), colour=wants_colour(no_color))
    else:
        # Only here: nothing else of the command needs a library that lays out graphs.
        from k8s_hardening.cli.reach_picture import as_dot, picture_of

        picture = picture_of(found)
        if form == "dot":
            click.echo(as_dot(picture))
        else:
            from k8s_hardening.cli.reach_svg import as_svg

            click.echo(as_svg(picture))
