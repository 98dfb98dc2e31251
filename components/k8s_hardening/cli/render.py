"""`k8s-hardening render`: an environment as files, without an engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click

from k8s_hardening.cli.folder import Content, replace_folder
from k8s_hardening.cli.report import count
from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.cli.stack_guards import refuse_ended_emergencies
from k8s_hardening.cli.stack_options import project_option
from k8s_hardening.kube.manifest import Manifest, expand_lists, kind_of, name_of, namespace_of
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.plan import HostFile, Notes, Plan

_STACK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 200  # characters of a file name before its ending; most file systems take 255 bytes


def stack_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The stack that an option gives; it becomes part of a file's name."""
    if _STACK.fullmatch(value) is None:
        raise click.BadParameter(f'"{value}" is not the name of a stack; for example "dev"', ctx, param)
    return value


@click.command()
@click.option("--stack", required=True, callback=stack_name, help="Stack, that is, environment.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write, new or rendered."
)
@project_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the summary."
)
def render(stack: str, out: Path, project: Path, form: str) -> None:
    r"""Write an environment's manifests and host files to a folder.

    Reads k8s-hardening:baseline in Pulumi.STACK.yaml. Writes OUT/manifests/NNN-kind-namespace-name.yaml in the order in
    which the objects apply, and OUT/host/PATH for each file of the hosts, readable by you only, and OUT/notes.md
    with what is left to you. The folder is replaced as a whole; one that holds files of somebody else is refused.

    \b
    Examples:
      k8s-hardening render --stack dev --out out/render-dev
      k8s-hardening render --stack prod --out /tmp/prod && kubectl apply --dry-run=server -f /tmp/prod/manifests
    """
    baseline = baseline_of(project, stack)
    refuse_ended_emergencies(baseline)
    plan = plan_baseline(baseline)
    files = dict(rendered(plan))
    replace_folder(out, files)
    if form == "json":
        click.echo(json.dumps({"out": str(out), "files": sorted(files)}, indent=2))
    manifests, host_files = count(len(plan.manifests), "manifest"), count(len(plan.host_files), "host file")
    click.echo(f"{stack}: wrote {manifests} and {host_files} to {out}", err=True)
    if steps := len(plan.notes.advice):
        click.echo(f"{stack}: {count(steps, 'step')} left to you, see {out}/notes.md", err=True)
    if gaps := len(plan.notes.not_expressible):
        click.echo(
            f"{stack}: {count(gaps, 'setting')} cannot be expressed in this dialect, see {out}/notes.md", err=True
        )


def rendered(plan: Plan) -> Iterator[tuple[str, Content]]:
    """Each file of a plan with its path.

    Raises:
        ValueError: the plan holds what must never be written.
    """
    width = max(3, len(str(len(plan.manifests))))
    for number, manifest in enumerate(plan.manifests, 1):
        _refuse_secret_data(manifest)
        yield f"manifests/{number:0{width}}-{_file_name(manifest)}.yaml", Content(as_yaml(manifest))
    for file in plan.host_files:
        yield f"host/{_host_path(file)}", Content(file.text, private=True)
    if text := _notes(plan.notes):
        yield "notes.md", Content(text)


def _notes(notes: Notes) -> str:
    """What the files do not say, as a page; empty when there is nothing to say."""
    sections = (
        ("Left to you", notes.advice),
        ("Not expressible in this dialect", notes.not_expressible),
        ("Decided by the distribution or the provider", notes.owned_by_provider),
    )
    return "\n".join(
        "\n".join([f"## {title}", "", *(f"- {text}" for text in texts), ""]) for title, texts in sections if texts
    )


def _file_name(manifest: Manifest) -> str:
    parts = (kind_of(manifest).lower(), namespace_of(manifest), name_of(manifest))
    return _NOT_IN_NAMES.sub("-", "-".join(filter(None, parts)))[:_LONGEST_NAME]


def _host_path(file: HostFile) -> str:
    steps = file.path.removeprefix("/").split("/")
    if not file.path.startswith("/") or any(step in ("", ".", "..") for step in steps):
        raise ValueError("a host file's path is not absolute and plain")
    return "/".join(steps)


def _refuse_secret_data(manifest: Manifest) -> None:
    for _, item in expand_lists(manifest):
        if kind_of(item) == "Secret" and (item.get("data") or item.get("stringData")):
            raise ValueError("a plan holds the data of a Secret")
