"""The engine's raw event log, read for what people and CI must know: it alone tells what the pack really judged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES, UNDECIDED

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


@dataclass(slots=True)
class Summary:
    """What one preview or update showed."""

    judged: set[str] = field(default_factory=set)
    """URNs of the resources that the pack judged."""
    violations: set[Violation] = field(default_factory=set)
    not_run: set[str] = field(default_factory=set)
    """Messages of policies that the engine could not run; never a pass."""
    changes: dict[str, int] = field(default_factory=dict)
    """Operation (create, update, delete, same ...) -> number of resources."""
    steps: dict[str, str] = field(default_factory=dict)
    """URN -> operation, for each resource that changes."""
    stack_judged: bool = False
    """The policies over all resources together ran, or had nothing to say."""

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
        if not isinstance(event, dict):
            continue
        if (judged := event.get("policyAnalyzeSummaryEvent")) and judged.get("policyPackName") == PACK:
            summary.judged.add(judged["resourceUrn"])
        elif (stack := event.get("policyAnalyzeStackSummaryEvent")) and stack.get("policyPackName") == PACK:
            summary.stack_judged = True
        elif (violation := event.get("policyEvent")) and violation.get("policyPackName") == PACK:
            _add_violation(summary, violation)
        elif step := event.get("resourcePreEvent"):
            if (operation := step["metadata"]["op"]) not in _OPERATIONS_THAT_KEEP:
                summary.steps[step["metadata"]["urn"]] = operation
        elif ended := event.get("summaryEvent"):
            summary.changes = dict(ended.get("resourceChanges") or {})
    return summary


def _add_violation(summary: Summary, event: dict[str, str]) -> None:
    text = event.get("message", "").strip()
    policy = event.get("policyName", "")
    if policy not in RESOURCE_POLICIES and policy not in STACK_POLICIES:
        return
    match = _CONTROL.search(text)
    if match is None:
        summary.not_run.add(text)
        return
    summary.violations.add(
        Violation(
            control=match[1],
            level=event.get("enforcementLevel", "mandatory"),
            urn=event.get("resourceUrn", ""),
            message=text[match.start() :],
            undecided=UNDECIDED in text,
        )
    )
