"""Every use of an exemption is seen, and an exemption that is not used is."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from k8s_hardening.controls import exemption_expired, exemption_unneeded
from k8s_hardening.controls.exemption_uses import ExemptionUses
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod
from tests.controls.corpus import KNOWLEDGE

PATH = "spec.containers[0].securityContext.privileged"
EXEMPTION = {
    "control": "privileged",
    "namespace": "payments-api",
    "reason": "It loads a kernel module.",
    "owner": "platform-team",
    "expires": "2026-12-31",
}


def knowing(*changes: dict[str, Any]) -> Knowledge:
    return Knowledge.model_validate({**KNOWLEDGE, "exemptions": [{**EXEMPTION, **change} for change in changes]})


def agent(*names: str, **metadata: Any) -> dict[str, Any]:
    made = pod(containers=[container(name, securityContext={"privileged": True}) for name in names or ("agent",)])
    return {**made, "metadata": {"name": "app", "namespace": "payments-api", **metadata}}


def uses(manifest: dict[str, Any], *changes: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (use.judged.control.id, use.judged.finding.path)
        for use in ExemptionUses(CONTROLS, knowing(*changes)).of(manifest)
    ]


def test_what_is_exempt_is_exactly_what_is_not_found() -> None:
    manifest = agent("agent", "other")
    for changes in (
        ({},),
        ({"container": "other"},),
        ({"control": "capabilities"}, {"control": "privilege-escalation"}),
    ):
        knowledge = knowing(*changes)
        everything = judge(manifest, CONTROLS, knowledge.model_copy(update={"exemptions": ()}))
        found = {(one.control.id, one.finding) for one in judge(manifest, CONTROLS, knowledge)}
        hidden = {
            (use.judged.control.id, use.judged.finding) for use in ExemptionUses(CONTROLS, knowledge).of(manifest)
        }
        assert hidden
        assert hidden.isdisjoint(found)
        assert hidden | found == {(one.control.id, one.finding) for one in everything}


def test_the_items_of_a_list_are_named_by_their_place() -> None:
    assert uses({"apiVersion": "v1", "kind": "List", "items": [pod(), agent()]}, {}) == [
        ("privileged", f"items[1].{PATH}")
    ]


@pytest.mark.parametrize(
    "change", [{"expires": "2026-11-23"}, {"namespace": "shop-web"}, {"container": "none"}, {"control": "host-ports"}]
)
def test_an_exemption_that_hides_nothing_has_no_use(change: dict[str, Any]) -> None:
    assert uses(agent(), change) == []


def test_what_is_exempt_from_a_control_over_the_stack_is_seen_too() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
    knowledge = knowing({"control": "namespace-deny-all"})
    (found,) = ExemptionUses(CONTROLS, knowledge).of_stack([pod(), {"kind": "List", "items": [namespace]}])
    assert (found[0], found[1].judged.finding.path) == (1, "items[0].metadata.name")


def reported(manifests: list[dict[str, Any]], knowledge: Knowledge) -> list[str]:
    controls = (exemption_expired.CONTROL, exemption_unneeded.CONTROL)
    return [one.finding.message for _, one in judge_stack(manifests, controls, knowledge)]


def test_the_messages_name_the_exemption_its_end_and_its_owner() -> None:
    ended = knowing({"expires": "2026-11-23", "kind": "Pod", "name": "app", "container": "agent"})
    (message,) = reported([agent()], ended)
    assert message == (
        "(exemption) is of privileged for payments-api/Pod/app, container agent, which ended on 2026-11-23 and belongs "
        "to platform-team; remove it from the baseline, or give it a new last day"
    )
    assert reported([pod()], knowing({"name": "app"})) == [
        "(exemption) is of privileged for payments-api/app, which nothing here needs; remove it from the baseline"
    ]


def test_a_verdict_that_cannot_be_given_yet_is_a_need() -> None:
    unknown = agent()
    unknown["spec"]["containers"][0]["securityContext"]["privileged"] = UNKNOWN
    assert reported([unknown], knowing({"name": "app"})) == []


def test_the_order_of_a_stack_does_not_matter() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
    stack = [namespace, pod(), {**pod(), "metadata": {"name": "b", "namespace": "payments-api"}}]
    knowledge = knowing({}, {"name": "b", "expires": "2026-11-01"})
    seen = {
        tuple(sorted((order[place]["metadata"]["name"], one.finding.message) for place, one in found))
        for order in itertools.permutations(stack)
        for found in [list(judge_stack(order, (exemption_expired.CONTROL, exemption_unneeded.CONTROL), knowledge))]
    }
    assert len(seen) == 1
    assert [place for place, _ in seen.pop()] == ["payments-api", "payments-api"]


def test_neither_stops_a_stack_unless_the_environment_says_so() -> None:
    assert {one.id for one in CONTROLS if one.level is not Level.MANDATORY} == {
        "apparmor-deprecated-annotation",
        "break-glass",
        "cni-maintained",
        "exemption-expired",
        "exemption-unneeded",
        "network-policy-coverage",
        "network-policy-idle",
    }
