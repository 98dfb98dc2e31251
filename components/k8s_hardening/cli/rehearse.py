"""`k8s-hardening rehearse`: what an environment's move to another Kubernetes version changes and breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from k8s_hardening.cli.check import kubernetes_version
from k8s_hardening.cli.report import count
from k8s_hardening.cli.stack_files import checked_baseline, stack_configuration
from k8s_hardening.cli.stack_options import project_option, stack_option
from k8s_hardening.kube.version import NEWEST, KubeVersion
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT
from k8s_hardening.plans.rehearsal import Break, Change, breaks_of, changes_between

_PROBLEMS = 1
_MOST_NAMES = 3  # of objects that change alike


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    source: KubeVersion
    target: KubeVersion
    problems: tuple[str, ...]
    """What the baseline may not say in the new version; then there is no plan to compare with."""
    breaks: tuple[Break, ...]
    changes: tuple[Change, ...]


@click.command()
@click.option(
    "--to", "target", required=True, callback=kubernetes_version, metavar="VERSION", help="Version to move to."
)
@stack_option
@project_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def rehearse(ctx: click.Context, target: KubeVersion, stack: str, project: Path, form: str) -> None:
    r"""Say what changes or breaks when an environment moves to another Kubernetes version.

    Three answers: what the baseline may not say any more; what of today's objects and settings the new version does
    not take, with what took its place and the first version on the way that minds; and every flag, file and object
    that the plan for the new version writes differently. Nothing is changed. Ends with 1 when the baseline is refused.

    \b
    Examples:
      k8s-hardening rehearse --to 1.37
      k8s-hardening rehearse --to 1.37 --stack prod --format json
    """
    found = _rehearsed(stack_configuration(project, stack).get(ROOT), target)
    if form == "json":
        click.echo(json.dumps(_as_data(found), indent=2))
    else:
        click.echo("\n".join(_as_text(stack, found)))
    if found.problems:
        ctx.exit(_PROBLEMS)


def _rehearsed(raw: Any, target: KubeVersion) -> _Rehearsal:
    today = checked_baseline(raw)
    problems: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    try:
        changes = changes_between(today, checked_baseline({**raw, "kubernetes": str(target)}))
    except BadInputError as error:
        problems = error.problems
    return _Rehearsal(today.kubernetes, target, problems, breaks_of(today, target), changes)


def _as_data(found: _Rehearsal) -> dict[str, Any]:
    return {
        "from": str(found.source),
        "to": str(found.target),
        "problems": list(found.problems),
        "breaks": [{**asdict(one), "since": str(one.since)} for one in found.breaks],
        "changes": [asdict(one) for one in found.changes],
    }


def _as_text(stack: str, found: _Rehearsal) -> Iterator[str]:
    yield f"{stack}: from Kubernetes {found.source} to {found.target} (known up to {NEWEST})"
    yield from _section("What the baseline may not say in the new version", found.problems)
    yield from _section(
        "What of today the new version does not take; the plan for it writes it anew unless a problem stands above",
        [
            f"from {one.since}: {one.subject}: {one.path} is {one.found}; {one.fix} [{one.control}]"
            for one in found.breaks
        ],
    )
    yield from _section("What the plan writes differently", list(_lines(found.changes)))
    yield ""
    yield ", ".join(
        (
            count(len(found.problems), "problem"),
            count(len(found.breaks), "break"),
            count(len(found.changes), "change"),
        )
    )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}:"
        yield from (f"  {line}" for line in lines)


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    """One line for each change; objects of one kind that change alike share one."""
    alike: dict[tuple[str, ...], list[Change]] = {}
    for one in changes:
        alike.setdefault((one.subject.partition(" ")[0], one.path, str(one.before), str(one.after)), []).append(one)
    for (kind, *_), group in alike.items():
        names = [one.subject.partition(" ")[2] for one in group]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield _line(group[0], f"{kind} {', '.join(names[:_MOST_NAMES])}{more}".rstrip())


def _line(change: Change, subject: str) -> str:
    where = f"{subject} {change.path}".rstrip()
    if change.before is None:
        return f"+ {where}: {change.after}"
    if change.after is None:
        return f"- {where}: {change.before}"
    return f"~ {where}: {change.before} -> {change.after}"
