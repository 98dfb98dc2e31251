"""The event log of the engine, read as it really is: cut off, with events of others, with policies that did not run."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from k8s_hardening.engine.events import ExemptFinding, Violation, read_events
from k8s_hardening.model.enforcement import UNDECIDED, exempt_until

POD = "urn:pulumi:dev::team::kubernetes:core/v1:Pod::app"
REQUIREMENT = "Containers must not run privileged."


def violation(message: str, level: str = "mandatory", **changes: Any) -> dict[str, Any]:
    policy = "hardening" if level == "mandatory" else "hardening-advice"
    return {
        "policyEvent": {
            "resourceUrn": POD,
            "message": f"Every resource meets the mandatory controls.\n{message}\n",
            "policyName": policy,
            "policyPackName": "k8s-hardening",
            "enforcementLevel": level,
            **changes,
        }
    }


def judged(urn: str, **changes: Any) -> dict[str, Any]:
    return {"policyAnalyzeSummaryEvent": {"resourceUrn": urn, "policyPackName": "k8s-hardening", **changes}}


def step(urn: str, operation: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"urn": urn, "op": operation}}}


def log(*events: dict[str, Any]) -> list[str]:
    return [json.dumps({"sequence": number, **event}) for number, event in enumerate(events)]


def test_a_violation_is_read_with_its_control_level_and_resource() -> None:
    text = f"[privileged] {REQUIREMENT} spec.containers[0].securityContext.privileged is true; set it to false"
    summary = read_events(log(violation(text)))
    assert summary.violations == {Violation("privileged", "mandatory", POD, text)}
    assert summary.is_blocked


def test_an_undecided_verdict_is_marked_and_does_not_block() -> None:
    text = f"[privileged] {REQUIREMENT} {UNDECIDED} spec is not known until apply; give it a plain value"
    (found,) = read_events(log(violation(text, "advisory"))).violations
    assert (found.undecided, found.level) == (True, "advisory")
    assert not read_events(log(violation(text, "advisory"))).is_blocked


@pytest.mark.parametrize("owner", ["platform-team", 'a "team": of many', "équipe\\"])
def test_what_is_exempt_is_no_violation(owner: str) -> None:
    text = (
        f"[privileged] {exempt_until(datetime.date(2027, 6, 30), owner)}{REQUIREMENT} spec.x is true; set it to false"
    )
    summary = read_events(log(violation(text, "advisory")))
    assert summary.exempt == {ExemptFinding("privileged", "2027-06-30", owner, POD, text)}
    assert not summary.violations


def test_only_advice_can_be_exempt() -> None:
    text = f"[privileged] {exempt_until(datetime.date(2027, 6, 30), 'me')}{REQUIREMENT} spec.x is true; set it to false"
    summary = read_events(log(violation(text)))
    assert (summary.exempt, summary.is_blocked) == (set(), True)


def test_a_policy_that_could_not_run_blocks_whatever_its_level() -> None:
    text = "can't run policy 'hardening' from policy pack 'k8s-hardening@v0.1.0' during preview: string value at .x"
    event = violation("", "advisory")
    event["policyEvent"]["message"] = text
    summary = read_events(log(event))
    assert summary.not_run == {text}
    assert summary.violations == set()
    assert summary.is_blocked


def test_a_violation_without_a_level_counts_as_mandatory() -> None:
    event = violation(f"[privileged] {REQUIREMENT} x is y; z")
    del event["policyEvent"]["enforcementLevel"]
    assert read_events(log(event)).is_blocked


def test_the_same_message_twice_is_one_finding() -> None:
    event = violation(f"[privileged] {REQUIREMENT} x is y; z")
    assert len(read_events(log(event, event)).violations) == 1


@pytest.mark.parametrize(
    "changes", [{"policyPackName": "somebody-elses"}, {"policyName": "another"}, {"policyName": None}]
)
def test_what_another_pack_says_is_not_ours(changes: dict[str, Any]) -> None:
    summary = read_events(log(violation("[privileged] x is y; z", **changes)))
    assert summary.violations == set()
    assert summary.not_run == set()


def test_resources_steps_and_changes_are_counted() -> None:
    summary = read_events(
        log(
            judged("urn:a"),
            judged("urn:b"),
            judged("urn:a"),
            judged("urn:c", policyPackName="somebody-elses"),
            step("urn:a", "create"),
            step("urn:b", "same"),
            step("urn:d", "read"),
            step("urn:e", "delete"),
            {"policyAnalyzeStackSummaryEvent": {"policyPackName": "k8s-hardening"}},
            {"summaryEvent": {"resourceChanges": {"create": 1, "same": 1}}},
        )
    )
    assert summary.judged == {"urn:a", "urn:b"}
    assert summary.steps == {"urn:a": "create", "urn:e": "delete"}
    assert summary.changes == {"create": 1, "same": 1}
    assert summary.stack_judged
    assert not summary.is_blocked


def test_the_log_of_a_killed_run_is_read_up_to_its_cut() -> None:
    lines = log(judged("urn:a"), judged("urn:b"))
    summary = read_events([lines[0], lines[1][:40]])
    assert summary.judged == {"urn:a"}
    assert not summary.stack_judged


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "1",
        '"text"',
        '{"policyEvent": 1}',
        '{"policyEvent": {"policyPackName": "k8s-hardening", "policyName": 1, "message": 2}}',
        '{"policyAnalyzeSummaryEvent": []}',
        '{"resourcePreEvent": {"metadata": null}}',
        '{"summaryEvent": {"resourceChanges": null}}',
        '{"preludeEvent": {"config": {}}}',
    ],
)
def test_a_line_of_another_shape_is_passed_over(line: str) -> None:
    summary = read_events([line])
    assert (summary.judged, summary.violations, summary.not_run, summary.changes) == (set(), set(), set(), {})
