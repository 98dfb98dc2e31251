"""What stops a run whatever the pack says: lost tenants, stacks that are too large, nobody to ask."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Sequence

import click

from k8s_hardening.engine.events import Summary
from k8s_hardening.engine.toolchain import EngineError
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.plans.break_glass import ended_refusals
from k8s_hardening.plans.removal import removal_refusals
from k8s_hardening.plans.split import LIMIT, refuse_too_large


def refuse_removals(workspace: Workspace, baseline: Baseline | None) -> None:
    """Stop when a tenant of a live target left the baseline without having been decommissioned first.

    Raises:
        BadInputError: with the next right step for each such tenant.
    """
    if baseline is None or not baseline.target.is_live:
        return
    try:
        state = json.loads(workspace.export())
    except EngineError as error:
        raise BadInputError([str(error)]) from None
    resources = (state.get("deployment") or {}).get("resources") or []
    objects = [one.get("inputs") or {} for one in resources if one.get("type") == "kubernetes:core/v1:Namespace"]
    today = datetime.datetime.now(tz=datetime.UTC).date()
    _refuse(removal_refusals(objects, baseline, today))


def refuse_too_many(baseline: Baseline | None) -> None:
    """Stop when a baseline makes more resources than one stack holds well; shows the split to make.

    Raises:
        BadInputError: with the split.
    """
    if baseline is not None:
        _refuse(refuse_too_large(baseline))


def refuse_ended_emergencies(baseline: Baseline | None) -> None:
    """Stop when rights for an emergency stand in the baseline after their last day.

    Raises:
        BadInputError: with a line for each.
    """
    if baseline is not None:
        _refuse(ended_refusals(baseline, datetime.datetime.now(tz=datetime.UTC).date()))


def refuse_too_many_judged(summary: Summary) -> None:
    """The same for a stack without a baseline, by what its preview showed.

    Raises:
        BadInputError: with the number.
    """
    count = len(summary.judged)
    if count > LIMIT:
        _refuse([f"the stack has {count} resources, and one stack holds at most {LIMIT}; split it by tenant groups"])


def confirm(stack: str) -> None:
    """Ask before a cluster is changed.

    Raises:
        BadInputError: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        _refuse([f"stack {stack} goes to a cluster, and nobody can be asked here; pass --yes to apply"])
    click.confirm(f"Apply this to the cluster of stack {stack}?", abort=True, err=True)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise BadInputError(problems)
