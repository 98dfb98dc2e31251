"""`k8s-hardening check`: judge manifests that come from anywhere."""

from __future__ import annotations

import datetime
import difflib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from k8s_hardening.cli.printing import print_lines, wants_colour
from k8s_hardening.cli.report import as_json, as_lines, printable
from k8s_hardening.cli.sources import read_sources
from k8s_hardening.cli.verdict import Report, judge_sources
from k8s_hardening.controls.control import Control, Profile, Severity
from k8s_hardening.controls.registry import CONTROLS, controls_of
from k8s_hardening.controls.shared.static_pods import static_pod_exemptions
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.knowledge import Knowledge

Command = TypeVar("Command", bound=Callable[..., Any])

_FINDINGS = 1
_BAD_INPUT = 2


def kubernetes_version(ctx: click.Context, param: click.Parameter, value: str | None) -> KubeVersion | None:
    """The Kubernetes version that an option gives; one whose facts are not known is refused."""
    if value is None:
        return None
    try:
        version = KubeVersion.parse(value)
    except ValueError as error:
        raise click.BadParameter(f'"{value}" {error}', ctx, param) from None
    if not OLDEST <= version <= NEWEST:
        raise click.BadParameter(f'"{value}" is outside the supported versions {OLDEST} to {NEWEST}', ctx, param)
    return version


def kubernetes_option(what: str) -> Callable[[Command], Command]:
    """The option --kubernetes of a command that takes the newest version where none is given; what it is, for help."""
    return click.option(
        "--kubernetes",
        callback=kubernetes_version,
        metavar="VERSION",
        default=str(NEWEST),
        show_default=True,
        help=f"{what} {OLDEST} to {NEWEST}.",
    )


kubernetes_of_files_option = kubernetes_option("Version of the cluster that the files are for,")


def control_ids(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that an option gives; an unknown one is refused with the nearest known one."""
    known = [control.id for control in CONTROLS]
    for value in values:
        if value not in known:
            near = difflib.get_close_matches(value, known, n=1, cutoff=0)
            raise click.BadParameter(f'"{value}" is not a control; for example "{near[0]}"', ctx, param)
    return values


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--kubernetes",
    callback=kubernetes_version,
    metavar="VERSION",
    help=f"Version of the cluster, {OLDEST} to {NEWEST}.  [default: that of the facts, else {NEWEST}]",
)
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    default=Profile.FULL.value,
    show_default=True,
    help="Controls to judge by.",
)
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    default=list(Severity)[-1].value,
    show_default=True,
    help="Least severity to judge by.",
)
@click.option(
    "--control",
    "ids",
    callback=control_ids,
    metavar="ID",
    multiple=True,
    help="Judge by this control only; may be repeated.",
)
@click.option(
    "--knowledge",
    "knowledge_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML or JSON file of facts: kubernetes, cni, registries, digests_required, tenants, exemptions.",
)
@click.option(
    "--pack-config",
    "pack_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration of the policy pack instead: judge by its facts, and leave out what it disables.",
)
@click.option(
    "--static-pods",
    is_flag=True,
    help="The files are those of a node: exempt the control plane's pods from what none of them can be.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--no-color", is_flag=True, help="No colours, as with the variable NO_COLOR.")
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[str, ...],
    kubernetes: KubeVersion | None,
    profile: str,
    severity: str,
    ids: tuple[str, ...],
    knowledge_file: Path | None,
    pack_file: Path | None,
    static_pods: bool,
    form: str,
    no_color: bool,
) -> None:
    r"""Judge Kubernetes YAML and JSON with every control.

    PATH is a file, a folder (its *.yaml, *.yml and *.json, also below, folders that start with a dot excepted) or `-`
    for the standard input. Several documents, JSON streams and `List` kinds are read. What has no `kind` is no
    Kubernetes object: it is named and left alone. All objects of one call are judged together, so a deny-all policy in
    one file counts for a namespace in another.

    Exit status: 0 no findings, 1 findings, 2 something of the input cannot be judged (the rest is judged all the same).

    \b
    Examples:
      k8s-hardening check deploy/
      k8s-hardening check --profile pss-restricted --severity high app.yaml
      k8s-hardening check --static-pods --kubernetes 1.36 /etc/kubernetes/manifests
      helm template my-chart | k8s-hardening check --kubernetes 1.36 --format json -
    """
    if knowledge_file is not None and pack_file is not None:
        raise click.UsageError("--knowledge and --pack-config are two sources of the same facts; give one", ctx)
    knowledge, disabled = _facts(knowledge_file, pack_file)
    if kubernetes is not None:
        knowledge = knowledge.model_copy(update={"kubernetes": kubernetes})
    if static_pods:
        exemptions = (*knowledge.exemptions, *static_pod_exemptions(_today()))
        knowledge = knowledge.model_copy(update={"exemptions": exemptions})
    controls = [one for one in _controls(Profile(profile), Severity(severity), ids) if one.id not in disabled]
    report = judge_sources(read_sources(paths, sys.stdin.buffer), controls, knowledge)
    if form == "json":
        click.echo(as_json(report))
        _name_others(report)
    else:
        judged_by = f"for Kubernetes {knowledge.kubernetes} by {len(controls)} controls"
        print_lines(as_lines(report, judged_by), colour=wants_colour(no_color))
        for problem in report.problems:
            click.echo(f"error: {printable(str(problem))}", err=True)
    ctx.exit(_BAD_INPUT if report.problems else _FINDINGS if report.entries else 0)


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def _facts(knowledge_file: Path | None, pack_file: Path | None) -> tuple[Knowledge, frozenset[str]]:
    """What to judge by, and the controls to leave out."""
    today = _today()
    if knowledge_file is None and pack_file is None:
        return Knowledge(today=today), frozenset()
    from k8s_hardening.cli.facts import read_knowledge, read_pack_configuration

    if pack_file is not None:
        return read_pack_configuration(pack_file, today)
    assert knowledge_file is not None  # noqa: S101 - for the type checker
    return read_knowledge(knowledge_file, today), frozenset()


def _controls(profile: Profile, severity: Severity, ids: tuple[str, ...]) -> tuple[Control, ...]:
    severities = list(Severity)[: list(Severity).index(severity) + 1]
    return tuple(
        control
        for control in (CONTROLS if ids else controls_of(profile))
        if control.severity in severities and (not ids or control.id in ids)
    )


def _name_others(report: Report) -> None:
    # The JSON holds verdicts only; that something was left alone must still be seen.
    for file, line in report.others:
        click.echo(f"note: {printable(file)}:{line}: is not a Kubernetes object", err=True)
