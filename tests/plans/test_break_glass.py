"""Rights for emergencies: what is written while they are declared, what is said of them, and how they end."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.people import AccessSpec
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.break_glass import break_glass_advice, ended_refusals, plan_break_glass
from tests.model.sample import sample

LAST = datetime.date(2027, 1, 15)


def environment(**entry: Any) -> Baseline:
    made = {
        "name": "outage",
        "tenant": "payments",
        "subjects": ["user:bob@example.com", "serviceaccount:ops/runner"],
        "reason": "The payments database does not start.",
        "owner": "platform-team",
        "expires": str(LAST),
        **entry,
    }
    return read_baseline(sample({"break_glass": [{key: one for key, one in made.items() if one is not None}]}))


def test_in_a_tenant_they_are_everything_but_the_guard_rails_in_each_of_its_namespaces() -> None:
    made = plan_break_glass(environment())
    assert [(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in made] == [
        (kind, namespace, "break-glass-outage")
        for kind in ("Role", "RoleBinding")
        for namespace in ("payments-api", "payments-db")
    ]
    role, binding = made[0], made[2]
    granted = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert {("secrets", "get"), ("pods/exec", "create"), ("pods/ephemeralcontainers", "patch")} <= granted
    assert not {("networkpolicies", "delete"), ("resourcequotas", "update"), ("rolebindings", "create")} & granted
    assert binding["roleRef"]["name"] == "break-glass-outage"
    assert {one["name"] for one in binding["subjects"]} == {"bob@example.com", "runner"}
    assert binding["metadata"]["annotations"] == {
        "k8s-hardening/expires": "2027-01-15",
        "k8s-hardening/owner": "platform-team",
        "k8s-hardening/reason": "The payments database does not start.",
    }


def test_in_the_cluster_they_are_everything() -> None:
    (binding,) = plan_break_glass(environment(tenant=None, cluster=True))
    assert binding["kind"] == "ClusterRoleBinding"
    assert binding["roleRef"]["name"] == "cluster-admin"


def test_every_right_of_a_tenant_is_one_that_an_emergency_gives() -> None:
    role = plan_break_glass(environment())[0]
    resources = {resource for rule in role["rules"] for resource in rule["resources"]}
    into = {"secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}
    assert into <= resources
    assert len(into) == len(AccessSpec.model_fields)


def test_nothing_is_written_without_an_entry() -> None:
    assert plan_break_glass(read_baseline(sample())) == ()
    assert not list(break_glass_advice(read_baseline(sample())))


def test_the_plan_holds_them_and_says_so() -> None:
    plan = plan_baseline(environment())
    assert len([one for one in plan.manifests if one["metadata"]["name"] == "break-glass-outage"]) == 4
    (line,) = [one for one in plan.notes.advice if one.startswith("Break-glass outage: ")]
    assert "user:bob@example.com" in line
    assert "until 2027-01-15" in line


@pytest.mark.parametrize("entry", [{}, {"tenant": None, "cluster": True}], ids=["tenant", "cluster"])
@pytest.mark.parametrize(("days", "control"), [(0, "break-glass"), (1, "break-glass-declared")])
def test_a_preview_shows_them_until_their_last_day_and_refuses_them_after_it(
    entry: dict[str, Any], days: int, control: str
) -> None:
    baseline = environment(**entry)
    knowledge = knowledge_of(baseline).model_copy(update={"today": LAST + datetime.timedelta(days=days)})
    found = [one for manifest in plan_break_glass(baseline) for one in judge(manifest, CONTROLS, knowledge)]
    assert {one.control.id for one in found} == {control}
    assert {one.control.level.value for one in found} == {"advisory" if days == 0 else "mandatory"}


def test_rights_that_are_over_stop_every_run() -> None:
    assert ended_refusals(environment(), LAST) == ()
    assert ended_refusals(environment(), LAST + datetime.timedelta(days=1)) == (
        (
            "k8s-hardening:baseline.break_glass[0].expires: 2027-01-15 is over, and platform-team answers for it; take "
            '"outage" out and apply, which takes the rights away, or give it a new last day, for example "2027-01-17"'
        ),
    )
