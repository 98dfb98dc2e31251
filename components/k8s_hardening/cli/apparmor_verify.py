"""`k8s-hardening apparmor verify`: which AppArmor profiles confine the containers that run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from k8s_hardening.cli.report import printable
from k8s_hardening.cli.sources import Problem, read_sources
from k8s_hardening.cli.stack_options import project_option
from k8s_hardening.cli.verdict import read_items
from k8s_hardening.plans.apparmor_checks import (
    RUNTIME_PROFILES,
    Check,
    Expectations,
    Verdict,
    answers_of,
    checks_of,
    judged,
    script,
)

_BAD = 1
_BAD_INPUT = 2
_LONGEST_ANSWER = 200
Judged = tuple[Check, tuple[Verdict, str] | None]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@project_option
@click.option("--stack", help="Environment whose profiles the manifests may name by their own names.")
@click.option(
    "--runtime-default",
    "runtime_defaults",
    metavar="NAME",
    multiple=True,
    help=f"Name of the runtime's own profile; may be repeated.  [default: {', '.join(RUNTIME_PROFILES)}]",
)
@click.option("--judge", metavar="FILE", help="What the script printed, `-` for the standard input: judge it.")
@click.option("--format", "form", type=click.Choice(["text", "json", "sh"]), default="text", show_default=True)
@click.pass_context
def verify(
    ctx: click.Context,
    paths: tuple[str, ...],
    project: Path,
    stack: str | None,
    runtime_defaults: tuple[str, ...],
    judge: str | None,
    form: str,
) -> None:
    r"""Say how to ask running containers for their AppArmor profile, and judge what they answer.

    PATH is a file, a folder or `-` for the standard input: manifests, or what `kubectl get pods -A -o json` prints.
    Each container with a profile gets the command that asks it, which needs a program `cat` in its image, and the
    answer that is right. With --format sh that is a script which asks all of them; --judge reads its output.

    Exit status: 0 done, or all answers are right; 1 an answer is wrong, missing or unreadable; 2 bad input.

    \b
    Examples:
      k8s-hardening apparmor verify deploy/
      kubectl get pods -A -o json > pods.json
      k8s-hardening apparmor verify --format sh pods.json > ask.sh
      sh ask.sh | k8s-hardening apparmor verify --judge - pods.json
    """
    if judge is not None and form == "sh":
        raise click.UsageError("--judge gives verdicts, which are no script; leave --format sh out", ctx)
    if judge == "-" and "-" in paths:
        raise click.UsageError("the standard input cannot be both manifests and answers; name a file for one", ctx)
    read = read_items(read_sources(paths, sys.stdin.buffer))
    problems = list(read.problems)
    checks, without = checks_of((item.manifest for item in read.items), _known(project, stack, runtime_defaults))
    results: list[Judged] = [(check, None) for check in checks]
    answers = None if judge is None else _answers(judge, problems)
    if answers is not None:
        results = [(check, judged(check, answers) if check.command else None) for check in checks]
        if not any(check.command for check in checks):
            problems.append(Problem(", ".join(paths), None, "holds no container that can be asked for its profile"))
    if form == "sh":
        click.echo(script(checks), nl=False)
    elif form == "json":
        click.echo(_as_json(results, without, problems))
    elif judge is None or answers is not None:
        for line in _as_text(results, without, is_judged=judge is not None):
            click.echo(line)
    if form != "json":
        for problem in problems:
            click.echo(f"error: {printable(str(problem))}", err=True)
    if form == "sh":
        for check in checks:
            if not check.command:
                click.echo(f"note: {printable(_named(check))}: {'; '.join(check.notes)}", err=True)
    wrong = any(result is not None and result[0] is not Verdict.OK for _, result in results)
    ctx.exit(_BAD_INPUT if problems else _BAD if wrong else 0)


def _known(project: Path, stack: str | None, runtime_defaults: tuple[str, ...]) -> Expectations:
    defaults = runtime_defaults or RUNTIME_PROFILES
    if stack is None:
        return Expectations(runtime_defaults=defaults)
    from k8s_hardening.cli.stack_files import baseline_of
    from k8s_hardening.model.apparmor import AppArmorMode
    from k8s_hardening.model.apparmor_text import profile_names

    baseline = baseline_of(project, stack)
    profiles = baseline.apparmor.profiles
    complaining = (one for one in profiles if one.mode is AppArmorMode.COMPLAIN)
    return Expectations(
        baseline.kubernetes, profile_names(profiles), frozenset(profile_names(complaining).values()), defaults
    )


def _answers(path: str, problems: list[Problem]) -> dict[str, list[tuple[str, str]]] | None:
    """The answers in a file; None, and a problem is added, when it cannot be read."""
    for source in read_sources([path], sys.stdin.buffer):
        if isinstance(source, Problem):
            problems.append(source)
        else:
            return answers_of(source.data.decode(errors="replace"))
    return None


def _named(check: Check) -> str:
    where = "/".join(part for part in (check.namespace, check.kind.lower(), check.name) if part)
    return f"{where} container {check.container}"


def _as_text(results: list[Judged], without: int, *, is_judged: bool) -> Iterator[str]:
    for check, result in results:
        if result is not None:
            yield f"{result[0]}: {printable(_named(check))}"
            if result[0] is not Verdict.OK:
                yield f"  answered: {printable(result[1][:_LONGEST_ANSWER]) or 'nothing'}"
                yield f"  expected: {printable(' or '.join(check.expected))}"
                yield f"  ask it:   {' '.join(check.command)}"
            continue
        yield printable(_named(check))
        if check.command:
            yield f"  {' '.join(check.command)}"
            yield f"  expected: {printable(' or '.join(check.expected))}"
        yield from (f"  note: {printable(note)}" for note in check.notes)
    if results:
        yield ""
    asked = sum(bool(check.command) for check, _ in results)
    counts = f"{asked} to ask, {len(results) - asked} cannot be asked, {without} name no profile"
    if is_judged:
        right = sum(result is not None and result[0] is Verdict.OK for _, result in results)
        counts = f"{right} of {asked} right, {len(results) - asked} cannot be asked, {without} name no profile"
    yield f"Containers: {counts}."


def _as_json(results: list[Judged], without: int, problems: list[Problem]) -> str:
    return json.dumps(
        {
            "checks": [_as_data(check, result) for check, result in results],
            "withoutProfile": without,
            "errors": [{"file": one.file, "line": one.line, "problem": one.what} for one in problems],
        },
        indent=2,
    )


def _as_data(check: Check, result: tuple[Verdict, str] | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "namespace": check.namespace,
        "kind": check.kind,
        "name": check.name,
        "container": check.container,
        "command": list(check.command) or None,
        "expected": list(check.expected),
        "notes": list(check.notes),
    }
    if result is not None:
        data |= {"verdict": result[0].value, "answer": result[1][:_LONGEST_ANSWER]}
    return data
