"""`k8s-hardening can`: what somebody may do, and whose rights it can get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from k8s_hardening.cli.access_texts import does_text, row_data, row_lines
from k8s_hardening.cli.access_worlds import (
    asked_about,
    followed,
    known_namespace,
    stranger,
    subject_of,
    told,
    world_options,
)
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import Line, count, printable
from k8s_hardening.kube.access import Holder, Match, Principal, Reach, Row
from k8s_hardening.kube.access.matrix import rows_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.problems import BadInputError

_NOTHING = 1
_BAD_INPUT = 2


@click.command()
@click.argument("subject")
@world_options
@click.option("-n", "--namespace", metavar="NS", help="Only what counts in this namespace.")
@click.option("--as-group", "groups", multiple=True, metavar="GROUP", help="Group that it is in; may be repeated.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def can(
    ctx: click.Context,
    subject: str,
    paths: tuple[str, ...],
    stack: str | None,
    state_file: str | None,
    project: Path,
    kubernetes: KubeVersion,
    no_color: bool,
    namespace: str | None,
    groups: tuple[str, ...],
    form: str,
) -> None:
    r"""Say what somebody may do in each namespace, and whose rights it can get.

    SUBJECT is `user:NAME`, `group:NAME`, `serviceaccount:NAMESPACE/NAME`, or a user's plain name. In which groups a
    user is, the objects do not say: name them with --as-group. What everybody holds is listed with the rest, and is all
    that somebody holds of whom nothing is known.

    Exit status: 0 it may do something, 1 nothing or what everybody may, 2 bad input.

    \b
    Examples:
      k8s-hardening can group:shop-developers --stack dev -n shop-web
      k8s-hardening can user:dana@example.com --as-group shop-developers --stack dev
      k8s-hardening can serviceaccount:shop-web/default deploy/ --format json
      k8s-hardening can dana@example.com --as-group shop-developers --state state.json
    """
    asked = asked_about(paths, stack, state_file, project, kubernetes)
    problems: list[str] = []
    who = subject_of(subject, groups, problems)
    if namespace is not None:
        known_namespace(asked.world, namespace, problems)
    if who is None or problems:
        raise BadInputError(problems)
    nothing_known = stranger(asked.world, who, groups)
    reach = Reach(asked.world)
    with followed():
        rows = list(rows_of(reach, Principal(who, False)))
        holders = list(reach.of(who).holders.values())[1:]
    rows = [row for row in rows if namespace is None or row.scope in (None, namespace)]
    if form == "json":
        told_data = {
            "subject": who.title,
            "groups": sorted(who.groups),
            "known": nothing_known is None,
            "rows": [row_data(row) for row in rows],
            "reaches": [_holder(one) for one in holders],
            "errors": list(asked.errors),
        }
        click.echo(json.dumps(told_data, indent=2))
    else:
        print_lines(_lines(rows, holders), colour=wants_colour(no_color))
    if nothing_known is not None:
        click.echo(f"note: {nothing_known}", err=True)
    told(asked, errors_too=form != "json")
    ctx.exit(_BAD_INPUT if asked.errors else 0 if rows and nothing_known is None else _NOTHING)


def _lines(rows: list[Row], holders: list[Holder]) -> Iterator[Line]:
    yield from row_lines(rows, with_rights=True)
    if not rows:
        yield [("nothing", "green")]
    if holders:
        yield [("by way of others it gets at:", "bold")]
    for holder in holders:
        assert holder.chance is not None  # noqa: S101 - only the first has none
        doubt = "" if holder.sureness is Match.YES else "  not for certain"
        how = f"{holder.chance.by[0].holder} {does_text(holder.chance)}"
        yield [(f"  {printable(holder.title)}", "cyan"), (doubt, "yellow")]
        yield [(f"    {printable(how)}", "dim")]
    yield [(f"{count(len(rows), 'row')}, {len(holders)} more by way of others", "dim")]


def _holder(holder: Holder) -> dict[str, object]:
    assert holder.chance is not None  # noqa: S101 - only the first has none
    return {
        "title": holder.title,
        "certain": holder.sureness is Match.YES,
        "step": holder.chance.step.id,
        "does": does_text(holder.chance),
        "from": holder.chance.by[0].holder,
    }
