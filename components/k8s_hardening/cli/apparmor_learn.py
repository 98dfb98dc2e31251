"""`k8s-hardening apparmor learn`: a typed profile from the log of a run in complain mode."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from k8s_hardening.cli.apparmor_profiles import form_option, print_profiles, read_lines, say
from k8s_hardening.cli.failing import Refused
from k8s_hardening.cli.one_file import read_file
from k8s_hardening.kube.linux_audit import VIOLATIONS, is_about_apparmor, read_event
from k8s_hardening.model.apparmor_extending import extended
from k8s_hardening.model.apparmor_importing import profile_name_for
from k8s_hardening.model.apparmor_learning import Learnt, friendly_of
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.problems import explain
from k8s_hardening.model.reading import ROOT

_MOST_SHOWN = 20


@click.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--profile", "wanted", help="Only this profile, by its name in the baseline or in the kernel.")
@click.option(
    "--collapse",
    type=click.IntRange(min=2),
    metavar="N",
    help="Write N or more files of one folder as FOLDER/*; without it each file is named.",
)
@click.option("--temporary", is_flag=True, help="Write files below /tmp, /var/tmp and /dev/shm as /tmp/** and so on.")
@click.option(
    "--onto",
    type=click.Path(path_type=Path),
    help="File with the profiles of that run (a baseline, or what this command printed), to which is added.",
)
@form_option
def learn(
    logs: tuple[str, ...], wanted: str | None, collapse: int | None, temporary: bool, onto: Path | None, form: str
) -> None:
    r"""Write the profile that a run would have needed, from its lines in the audit log.

    The lines may come from the kernel's log, auditd or the journal; - stands for the standard input. They name what the
    profile of that run did not grant: run one that grants nothing, or name its file with --onto. Read what comes out
    before it goes into a baseline: a process that was misused during the run taught that, too.

    \b
    Examples:
      k8s-hardening apparmor learn /var/log/audit/audit.log
      journalctl -k -o cat | k8s-hardening apparmor learn --profile web --collapse 5 --temporary -
    """
    known = {} if onto is None else _known(onto)
    found: dict[str, Learnt] = {}
    unreadable = 0
    for line in _lines(logs):
        if not is_about_apparmor(line):
            continue
        event = read_event(line)
        if event is None:
            unreadable += 1
        elif event.verdict in VIOLATIONS:
            friendly = friendly_of(event.profile)
            if wanted is None or friendly_of(wanted) == friendly:
                found.setdefault(friendly, Learnt(friendly)).take(event)
    if unreadable:
        say([f"lines about AppArmor that could not be read: {unreadable}"])
    if not found:
        raise Refused([f"{', '.join(logs)}: holds no violation of {wanted or 'any profile'}"])
    for learnt, name in zip(found.values(), _names(found), strict=True):
        learnt.name = name
    ordered = sorted(found.items(), key=lambda item: item[1].name)
    made = [(seen, one.fields(collapse=collapse or 0, temporary=temporary)) for seen, one in ordered]
    print_profiles([extended(known[seen], fields) if seen in known else fields for seen, fields in made], form)
    for seen, one in ordered:
        say(_summary(seen, one))


def _known(file: Path) -> dict[str, AppArmorProfileSpec]:
    """The profiles of a file, by name."""
    data = read_file(file)
    for step in ("config", ROOT, "apparmor", "profiles"):
        data = data.get(step, data) if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise Refused([f"{file}: holds no apparmor.profiles"])
    known, problems = {}, []
    for index, fields in enumerate(data):
        try:
            profile = AppArmorProfileSpec.model_validate(fields)
        except ValidationError as error:
            problems += explain(error, AppArmorProfileSpec, f"{file}: profiles[{index}]")
            continue
        known[profile.name] = profile
        if profile.text_unchecked is not None:
            problems.append(f"{file}: profiles[{index}]: is a text_unchecked, to which no field can be added")
    if problems:
        raise Refused(problems)
    return known


def _lines(logs: Iterable[str]) -> Iterator[str]:
    for log in dict.fromkeys(logs):
        try:
            yield from read_lines(log)
        except OSError as error:
            raise Refused([f"{log}: cannot be read: {error.strerror}"]) from None


def _names(found: Iterable[str]) -> Iterator[str]:
    """Names for a baseline, each once."""
    taken: set[str] = set()
    for seen in found:
        name = base = profile_name_for(seen)
        number = 1
        while name in taken:
            number += 1
            name = profile_name_for(f"{base[:30]}-{number}")
        taken.add(name)
        yield name


def _summary(seen: str, learnt: Learnt) -> Iterator[str]:
    counts: dict[str, Collection[Any]] = {
        "read": learnt.reads | learnt.maps,
        "written": learnt.writes,
        "started": learnt.runs,
        "capabilities": learnt.capabilities,
        "kinds of sockets": learnt.sockets,
        "other rules": learnt.rules,
    }
    of = "" if seen == learnt.name else f" (from {seen!a})"
    yield f"{learnt.name}{of}: {learnt.events} lines: " + ", ".join(
        f"{len(what)} {name}" for name, what in counts.items()
    )
    left = sorted(learnt.left.items(), key=lambda item: (-item[1], item[0]))
    yield from (f"  not carried over ({count}x): {what}" for what, count in left[:_MOST_SHOWN])
    if len(left) > _MOST_SHOWN:
        yield f"  and {len(left) - _MOST_SHOWN} other kinds of lines that were not carried over"
