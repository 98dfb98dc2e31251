"""The engine's raw event log, read for what people and CI must know: it alone tells what the pack really judged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.manifest import as_map, as_str
from k8s_hardening.model.enforcement import EXEMPT, RESOURCE_POLICIES, STACK_POLICIES, UNDECIDED

PACK = "k8s-hardening"
_CONTROL = re.compile(r"^\[([a-z0-9-]+)\] ", re.MULTILINE)
_OPERATIONS_THAT_KEEP = frozenset({"same", "read", "refresh"})


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One message of the pack."""

    control: str
    level: str
    """mandatory or advisory."""
    urn: str
    message: str
    undecided: bool = False
    """The verdict cannot be given before apply."""


@dataclass(frozen=True, slots=True, order=True)
class ExemptFinding:
    """What an exemption covers, in the words of the pack."""

    control: str
    until: str
    """Last day of the exemption."""
    owner: str
    urn: str
    message: str


@dataclass(slots=True)
class Summary:
    """What one preview or update showed."""

    judged: set[str] = field(default_factory=set)
    """URNs of the resources that the pack judged."""
    violations: set[Violation] = field(default_factory=set)
    exempt: set[ExemptFinding] = field(default_factory=set)
    """What was found and is let through by an exemption."""
    not_run: set[str] = field(default_factory=set)
    """Messages of policies that the engine could not run; never a pass."""
    changes: dict[str, int] = field(default_factory=dict)
    """Operation (create, update, delete, same ...) -> number of resources."""
    steps: dict[str, str] = field(default_factory=dict)
    """URN -> operation, for each resource that changes."""
    stack_judged: bool = False
    """The policies over all resources together ran."""

    @property
    def is_judged(self) -> bool:
        """Whether the pack ran as a whole."""
        return bool(self.judged) and self.stack_judged

    @property
    def is_blocked(self) -> bool:
        """Whether the pack must stop the run."""
        return bool(self.not_run) or any(one.level == "mandatory" for one in self.violations)


def read_events(lines: Iterable[str]) -> Summary:
    """The summary of an event log, one JSON object per line; lines that are none are left out."""
    summary = Summary()
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed
        if isinstance(event, dict):
            _add_event(summary, event)
    return summary


def _add_event(summary: Summary, event: dict[str, Any]) -> None:
    if (judged := as_map(event.get("policyAnalyzeSummaryEvent"))).get("policyPackName") == PACK:
        summary.judged.add(as_str(judged.get("resourceUrn")))
    elif as_map(event.get("policyAnalyzeStackSummaryEvent")).get("policyPackName") == PACK:
        summary.stack_judged = True
    elif (violation := as_map(event.get("policyEvent"))).get("policyPackName") == PACK:
        _add_violation(summary, violation)
    elif step := as_map(as_map(event.get("resourcePreEvent")).get("metadata")):
        if (operation := as_str(step.get("op"))) not in _OPERATIONS_THAT_KEEP:
            summary.steps[as_str(step.get("urn"))] = operation
    elif ended := as_map(event.get("summaryEvent")):
        summary.changes = dict(as_map(ended.get("resourceChanges")))


def _add_violation(summary: Summary, event: dict[str, Any]) -> None:
    text = as_str(event.get("message")).strip()
    policy = as_str(event.get("policyName"))
    if policy not in RESOURCE_POLICIES and policy not in STACK_POLICIES:
        return
    match = _CONTROL.search(text)
    if match is None:
        summary.not_run.add(text)
        return
    level = as_str(event.get("enforcementLevel")) or "mandatory"
    urn, message = as_str(event.get("resourceUrn")), text[match.start() :]
    exempt = EXEMPT.match(text, match.end())
    if exempt is not None and level == "advisory":
        summary.exempt.add(ExemptFinding(match[1], exempt[1], json.loads(exempt[2]), urn, message))
    else:
        summary.violations.add(Violation(match[1], level, urn, message, undecided=UNDECIDED in text))
