"""What fixtures cannot show: policies that open what they should close, lists, names known only at apply."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest

from k8s_hardening.controls.judging import harden, judge_stack
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE, findings_of, fixtures

JUDGE = Knowledge.model_validate(KNOWLEDGE)
STACK = next(f for f in fixtures("pass") if f.id == "namespace-deny-all/pass/one-policy.yaml").manifests
DENY_ALL = control_of("namespace-deny-all")
POD_SECURITY = control_of("namespace-pod-security")
ENFORCE = "pod-security.kubernetes.io/enforce"


def stack_with(change: dict[str, Any]) -> list[dict[str, Any]]:
    """A complete namespace whose deny-all policy has other rules."""
    changed = copy.deepcopy(STACK)
    policy = next(one for one in changed if one["kind"] == "NetworkPolicy")
    policy["spec"].update(change)
    return changed


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_an_empty_rule_opens_everything_and_so_denies_nothing(direction: str) -> None:
    assert set(findings_of(stack_with({direction: [{}]}), JUDGE)) == {
        ("namespace-deny-all", 0, "metadata.name"),
        ("network-policy-open", 1, f"spec.{direction}[0]"),
    }


@pytest.mark.parametrize("change", [{"ingress": UNKNOWN}, {"podSelector": UNKNOWN}, {"policyTypes": UNKNOWN}])
def test_a_policy_known_only_at_apply_is_no_deny_all(change: dict[str, Any]) -> None:
    assert [index for index, _ in judge_stack(stack_with(change), (DENY_ALL,), JUDGE)] == [0]


def test_a_namespace_with_a_name_known_only_at_apply_is_not_taken_for_closed() -> None:
    changed = stack_with({})
    changed[0]["metadata"]["name"] = UNKNOWN
    judged = [one for _, one in judge_stack(changed, (DENY_ALL,), JUDGE)]
    assert [(one.finding.path, one.finding.unknown) for one in judged] == [("metadata.name", True)]


def test_the_message_names_the_namespace_and_what_is_missing() -> None:
    [(_, judged)] = judge_stack(STACK[:1], (DENY_ALL,), JUDGE)
    assert judged.finding.message == (
        'metadata.name is "payments-api", a namespace without a NetworkPolicy that denies all ingress and all egress; '
        "add one with an empty podSelector, both policyTypes and no rules"
    )


def test_the_order_of_a_stack_does_not_matter() -> None:
    for order in itertools.permutations(STACK):
        assert not findings_of(list(order), JUDGE)


def test_the_items_of_a_list_are_objects_of_the_stack() -> None:
    complete = {"apiVersion": "v1", "kind": "List", "items": STACK}
    assert not findings_of([complete], JUDGE)
    alone = {"apiVersion": "v1", "kind": "List", "items": [STACK[2], STACK[0]]}
    found = {(index, judged.finding.path) for index, judged in judge_stack([STACK[3], alone], (DENY_ALL,), JUDGE)}
    assert found == {(1, "items[1].metadata.name")}


def namespace(name: str, labels: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@pytest.mark.parametrize(
    ("name", "level"), [("payments-api", "restricted"), ("shop-web", "baseline"), ("unheard-of", "restricted")]
)
def test_the_fix_enforces_the_level_that_the_judge_knows(name: str, level: str) -> None:
    mended = harden(namespace(name, {ENFORCE: "privileged"}), (POD_SECURITY,), JUDGE)
    assert mended["metadata"]["labels"][ENFORCE] == level


@pytest.mark.parametrize("labels", [UNKNOWN, {ENFORCE: UNKNOWN}])
def test_labels_known_only_at_apply_are_findings_of_owner_and_level(labels: Any) -> None:
    changed = copy.deepcopy(STACK)
    changed[0]["metadata"]["labels"] = labels
    controls = {control for control, _, _ in findings_of(changed, JUDGE)}
    assert {"namespace-owner", "namespace-pod-security"} <= controls
