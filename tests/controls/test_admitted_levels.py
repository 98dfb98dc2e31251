"""What an exemption does to a namespace's Pod Security label: as much as it must, no longer than it holds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from k8s_hardening.controls import namespace_owner, namespace_pod_security
from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.judging import harden, judge
from k8s_hardening.controls.registry import CONTROLS, controls_of
from k8s_hardening.controls.shared.admitted_levels import admitted_level
from k8s_hardening.kube.pod_security import ENFORCE, ENFORCE_VERSION
from k8s_hardening.model.knowledge import Knowledge

LEVELS = (namespace_owner.CONTROL, namespace_pod_security.CONTROL)
EXEMPTION = {
    "control": "run-as-non-root",
    "namespace": "payments-api",
    "name": "legacy",
    "reason": "Its image starts as root.",
    "owner": "payments-team",
    "expires": "2026-12-31",
}


def knowing(*changes: dict[str, Any], **facts: Any) -> Knowledge:
    return Knowledge.model_validate({
        "kubernetes": "1.36",
        "tenants": [{"name": "payments", "namespaces": {"payments-api": "restricted", "payments-db": "restricted"}}],
        "today": "2026-11-24",
        "exemptions": [{**EXEMPTION, **change} for change in changes],
        **facts,
    })  # fmt: skip


def level(*changes: dict[str, Any], namespace: str = "payments-api", wanted: str = "restricted", **facts: Any) -> str:
    return admitted_level(wanted, namespace, knowing(*changes, **facts)).level


def namespace(level: str, name: str = "payments-api") -> dict[str, Any]:
    labels = {"k8s-hardening/tenant": "payments", ENFORCE: level, ENFORCE_VERSION: "v1.36"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def accepted(knowledge: Knowledge) -> list[str]:
    """The levels that a label may name."""
    return [
        level
        for level in ("privileged", "baseline", "restricted")
        if not list(judge(namespace(level), LEVELS, knowledge))
    ]


def test_every_control_of_the_standards_gives_up_its_own_level_and_no_more() -> None:
    newest = {"kubernetes": "1.37"}
    for control in CONTROLS:
        expected = {Profile.PSS_BASELINE: "privileged", Profile.PSS_RESTRICTED: "baseline"}
        assert level({"control": control.id}, **newest) == expected.get(control.profile, "restricted"), control.id
    assert len(controls_of(Profile.PSS_RESTRICTED)) > len(controls_of(Profile.PSS_BASELINE)) > 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "baseline"),
        ({"container": "app"}, "baseline"),
        ({"name": None}, "baseline"),
        ({"kind": "DaemonSet"}, "baseline"),
        ({"kind": "Rollout"}, "baseline"),
        ({"kind": "Namespace"}, "restricted"),
        ({"kind": "ConfigMap"}, "restricted"),
        ({"namespace": None}, "restricted"),
        ({"namespace": "payments-db"}, "restricted"),
        ({"expires": "2026-11-23"}, "restricted"),
        ({"expires": "2026-11-24"}, "baseline"),
    ],
    ids=str,
)
def test_an_exemption_reaches_the_label_of_its_own_namespace(change: dict[str, Any], expected: str) -> None:
    assert level(change) == expected


def test_the_weakest_need_decides_in_any_order() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"control": "host-path-volumes"},
        {"control": "privileged", "expires": "2026-01-01"},
    )
    for order in itertools.permutations(changes):
        found = admitted_level("restricted", "payments-api", knowing(*order))
        assert found.level == "privileged"
        assert [one.control for one in found.because] == ["host-path-volumes", "run-as-non-root"]


def test_a_level_that_is_given_up_already_stays_as_it_is() -> None:
    found = admitted_level("baseline", "payments-api", knowing({}))
    assert (found.level, found.because) == ("baseline", ())


def test_a_demand_that_the_version_does_not_have_gives_nothing_up() -> None:
    assert level({"control": "host-probes"}, kubernetes="1.33") == "restricted"
    assert level({"control": "host-probes"}, kubernetes="1.34") == "privileged"
    assert level({"control": "seccomp"}, kubernetes="1.18") == "restricted"
    assert level({"control": "seccomp"}, kubernetes="1.19") == "baseline"


def test_the_label_may_be_as_weak_as_what_is_exempt_and_no_weaker() -> None:
    assert accepted(knowing()) == ["restricted"]
    assert accepted(knowing({})) == ["baseline", "restricted"]
    assert accepted(knowing({"control": "host-path-volumes"})) == ["privileged", "baseline", "restricted"]


@pytest.mark.parametrize("control", ["run-as-non-root", "host-path-volumes"])
def test_after_its_last_day_the_label_must_be_what_it_was(control: str) -> None:
    ended = knowing({"control": control, "expires": "2026-11-23"})
    assert accepted(ended) == ["restricted"]
    weak = namespace("baseline" if control == "run-as-non-root" else "privileged")
    (found,) = [one.finding for one in judge(weak, LEVELS, ended)]
    assert found.fix == "set it to restricted; the exemption that asked for less has ended"


def test_an_exemption_for_another_namespace_vouches_for_no_label() -> None:
    assert accepted(knowing({"namespace": "payments-db", "control": "privileged"})) == ["restricted"]


def test_the_fix_enforces_what_can_be_enforced() -> None:
    unlabelled = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
    for changes, expected in (((), "restricted"), (({},), "baseline"), (({"control": "privileged"},), "privileged")):
        mended = harden(unlabelled, (namespace_pod_security.CONTROL,), knowing(*changes))
        assert mended["metadata"]["labels"] == {ENFORCE: expected, ENFORCE_VERSION: "v1.36"}
