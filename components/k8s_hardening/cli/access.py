"""`k8s-hardening access`: who may do what where, all of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from k8s_hardening.cli.access_texts import place_text, row_data, row_lines
from k8s_hardening.cli.access_worlds import asked_about, followed, told, world_options
from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import Line, count, printable
from k8s_hardening.kube.access import Row, matrix, rights
from k8s_hardening.kube.version import KubeVersion

_DIFFERS = 1
_BAD_INPUT = 2
_Right = tuple[str, str, str, str]
"""Subject, place, resource and verb."""


@click.command()
@world_options
@click.option("--system", is_flag=True, help="Those of the cluster itself, too, such as its controllers.")
@click.option("--rights", "with_rights", is_flag=True, help="Every resource and verb in the text, not the level alone.")
@click.option("--against", multiple=True, metavar="PATH", help="What was before: say what differs; may be repeated.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.pass_context
def access(
    ctx: click.Context,
    paths: tuple[str, ...],
    stack: str | None,
    state_file: str | None,
    project: Path,
    kubernetes: KubeVersion,
    no_color: bool,
    system: bool,
    with_rights: bool,
    against: tuple[str, ...],
    form: str,
) -> None:
    r"""Show who may do what in which namespace, and who gets at the Secrets there.

    One row for each subject and namespace, with the level of its strongest right: reads, writes, runs code (pods,
    workloads, exec), gives rights (roles, bindings, tokens, impersonation), everything. A row without rights is of a
    namespace whose Secrets somebody gets at by way of others. With --format html the table is one page that needs
    nothing else. PATH is as for `check`.

    Exit status: 0 shown, or nothing differs; 1 something differs; 2 something of the input cannot be judged.

    \b
    Examples:
      k8s-hardening access --stack dev
      k8s-hardening access --stack dev --format html > access.html
      k8s-hardening access new/ --against old/
      pulumi stack export | k8s-hardening access --state - --format json
    """
    if against and form == "html":
        raise click.UsageError("what differs is told as text or JSON; leave out --format html", ctx)
    asked = asked_about(paths, stack, state_file, project, kubernetes)
    with followed():
        rows = list(matrix(asked.world, with_system=system))
    errors, differs = list(asked.errors), False
    if against:
        before = asked_about(against, None, None, project, asked.world.version)
        errors += before.errors
        with followed():
            gained, lost = _changes(matrix(before.world, with_system=system), rows)
        differs = bool(gained or lost)
        if form == "json":
            both = {"gained": [_data(one) for one in gained], "lost": [_data(one) for one in lost]}
            click.echo(json.dumps({**both, "errors": errors}, indent=2))
        else:
            print_lines(_change_lines(gained, lost), colour=wants_colour(no_color))
    elif form == "json":
        click.echo(json.dumps({"rows": [row_data(row) for row in rows], "errors": errors}, indent=2))
    elif form == "html":
        from k8s_hardening.cli.access_html import page

        click.echo(page(rows, str(asked.world.version)))
    else:
        print_lines(row_lines(rows, with_rights=with_rights), colour=wants_colour(no_color))
        subjects = len({row.principal.identity.title for row in rows})
        summary = f"{count(subjects, 'subject')}, {count(len(rows), 'row')}"
        print_lines([[(summary, "dim")]], colour=wants_colour(no_color))
    told(asked, errors_too=False)
    for error in errors if form != "json" else ():
        click.echo(f"error: {printable(error)}", err=True)
    ctx.exit(_BAD_INPUT if errors else _DIFFERS if differs else 0)


def _changes(before: Iterable[Row], after: Iterable[Row]) -> tuple[list[_Right], list[_Right]]:
    had, has = set(_flat(before)), set(_flat(after))
    return sorted(has - had), sorted(had - has)


def _flat(rows: Iterable[Row]) -> Iterator[_Right]:
    for row in rows:
        subject, place = row.principal.identity.title, place_text(row.scope)
        for what, verbs, _ in rights(row.grants):
            for verb in verbs:
                yield subject, place, what, verb
        if row.secrets is not None and not row.secrets.is_direct:
            yield subject, place, "secrets", f"get by way of {', '.join(one.step.id for one in row.secrets.steps)}"


def _data(right: _Right) -> dict[str, str]:
    return dict(zip(("subject", "scope", "resource", "verb"), right, strict=True))


def _change_lines(gained: list[_Right], lost: list[_Right]) -> Iterator[Line]:
    for what, style, found in (("gained", "bold red", gained), ("lost", "bold green", lost)):
        for subject, place, resource, verb in found:
            yield [(what, style), (printable(f"  {subject}  {place}: {verb} {resource}"), "")]
    yield [(f"{count(len(gained), 'right')} gained, {len(lost)} lost", "")]
