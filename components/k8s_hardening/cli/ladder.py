"""`k8s-hardening ladder`: which workloads a stricter Pod Security level would reject."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from k8s_hardening.cli.check import kubernetes_option
from k8s_hardening.cli.ladder_state import State, read_state, state_in
from k8s_hardening.cli.ladder_texts import as_json, as_lines
from k8s_hardening.cli.ladder_verdict import Object, climb
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import printable
from k8s_hardening.cli.sources import read_sources
from k8s_hardening.cli.stack_options import no_color_option, project_option
from k8s_hardening.cli.verdict import Item, Read, read_items
from k8s_hardening.kube.version import KubeVersion

_FINDINGS = 1
_BAD_INPUT = 2


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--state", "state_file", metavar="FILE", help="What `pulumi stack export` prints; - for standard input.")
@click.option("--stack", help="Stack whose state is read with the engine instead.")
@project_option
@kubernetes_option("Version of the standards, as in the label enforce-version;")
@click.option(
    "--to",
    "wanted",
    type=click.Choice(["baseline", "restricted"]),
    default="restricted",
    show_default=True,
    help="Level to climb to.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@no_color_option
@click.pass_context
def ladder(
    ctx: click.Context,
    paths: tuple[str, ...],
    state_file: str | None,
    stack: str | None,
    project: Path,
    kubernetes: KubeVersion,
    wanted: str,
    form: str,
    no_color: bool,
) -> None:
    r"""Say which workloads a stricter Pod Security level would reject.

    For each namespace: the strictest level that admits every workload in it, and for each other workload the controls
    that stand in the way of the wanted one. The verdicts are those of the API server; it knows no exemptions, so none
    counts here. PATH is as for `check`; with --state or --stack the objects are those that a Pulumi stack applied, by
    the inputs of its resources. Secrets of a state are not read: what hangs on one counts as in the way.

    Exit status: 0 nothing in the way, 1 something is, 2 something of the input cannot be judged.

    \b
    Examples:
      k8s-hardening ladder deploy/
      k8s-hardening ladder --to baseline --kubernetes 1.36 deploy/ -
      pulumi stack export | k8s-hardening ladder --state -
      k8s-hardening ladder --stack prod --format json
    """
    if sum((bool(paths), state_file is not None, stack is not None)) != 1:
        raise click.UsageError("give one of PATH, --state and --stack", ctx)
    if paths:
        read = read_items(read_sources(paths, sys.stdin.buffer))
        objects, errors = list(_of_files(read)), [str(problem) for problem in read.problems]
    else:
        state = _of_stack(project, stack) if stack is not None else state_in(state_file or "")
        objects, errors = [Object(one.urn, one.manifest, one.is_partial) for one in state.objects], []
        for urn in state.unseen:
            click.echo(f"note: {printable(urn)}: is a Helm release, whose objects no state holds", err=True)
    rungs = climb(objects, kubernetes, wanted)
    if form == "json":
        click.echo(as_json(rungs, kubernetes, wanted, errors))
    else:
        print_lines(as_lines(rungs, kubernetes, wanted), colour=wants_colour(no_color))
        for error in errors:
            click.echo(f"error: {printable(error)}", err=True)
    is_blocked = any(workload.obstacles for rung in rungs for workload in rung.workloads)
    ctx.exit(_BAD_INPUT if errors else _FINDINGS if is_blocked else 0)


def _of_files(read: Read) -> Iterator[Object]:
    for item in read.items:
        yield Object(_place(item), item.manifest)


def _place(item: Item) -> str:
    return f"{item.file}:{item.line}{f' {item.prefix}' if item.prefix else ''}"


def _of_stack(project: Path, stack: str) -> State:
    # Only here, since it loads the engine and the model.
    from k8s_hardening.cli.ladder_stack import export_of

    return read_state(export_of(project, stack), f"stack {stack}")
