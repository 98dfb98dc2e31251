"""Facts about a cluster from a file, for `check`; imported only for a file, since it needs the whole model."""

from __future__ import annotations

import datetime
from pathlib import Path

from pydantic import ValidationError

from k8s_hardening.cli.one_file import read_file
from k8s_hardening.controls.naming import unknown_exemptions
from k8s_hardening.engine.pack_lint import POLICIES, lint
from k8s_hardening.model.enforcement import Level, PackConfiguration
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.problems import BadInputError, explain


def read_knowledge(path: Path, today: datetime.date) -> Knowledge:
    """The facts in a file of the form of `Knowledge` (model/knowledge.py), as of a day.

    Raises:
        BadInputError: with every problem of the file.
    """
    raw = read_file(path)
    if not isinstance(raw, dict):
        raise BadInputError([f'{path.name}: is not a mapping; for example {{"kubernetes": "1.36", "cni": "calico"}}'])
    problems = []
    if raw.pop("today", None) is not None:
        problems.append(f"{path.name}.today: is taken from the clock, so that exemptions end; remove it")
    try:
        knowledge = Knowledge.model_validate(raw)
    except ValidationError as error:
        raise BadInputError([*problems, *explain(error, Knowledge, path.name)]) from None
    problems += unknown_exemptions(knowledge.exemptions, f"{path.name}.exemptions")
    if problems:
        raise BadInputError(problems)
    return knowledge.model_copy(update={"today": today})


def read_pack_configuration(path: Path, today: datetime.date) -> tuple[Knowledge, frozenset[str]]:
    """The facts in the policy pack's own configuration as of a day, and the controls that it disables.

    Raises:
        BadInputError: with every problem of the file.
    """
    raw = read_file(path)
    problems = list(lint(raw, path.name))
    if problems:
        raise BadInputError(problems)
    # All policies are told the same, or `lint` would have said so.
    told = PackConfiguration.model_validate(raw[POLICIES[0]])
    disabled = frozenset(control for control, level in told.levels.items() if level is Level.DISABLED)
    return told.knowledge.model_copy(update={"today": today}), disabled
