"""What a control says it concerns spares time and nothing else: no object gets another verdict for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS, control_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, expand_lists
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import KINDS_AROUND_A_POD, pod, wrap_pod
from tests.controls.corpus import KNOWLEDGE, Fixture, fixtures
from tests.controls.test_odd_shapes import with_odd_values

FAIL = fixtures("fail")
FIXTURES = [*FAIL, *fixtures("pass")]
ONE_OF_EACH = list({fixture.control_id: fixture for fixture in FAIL}.values())
WRAPPED_PODS = [wrap_pod(pod(), kind)[0] for kind in KINDS_AROUND_A_POD]
IDENTITIES: list[tuple[Any, Any]] = [
    *{
        (manifest["apiVersion"], manifest["kind"])
        for manifest in [*WRAPPED_PODS, *(manifest for one in FIXTURES for manifest in one.manifests)]
    },
    ("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    (UNKNOWN, "Pod"),
    ("v1", UNKNOWN),
    (None, None),
    (7, ["x"]),
]
ASKED_OF_ALL = tuple(dataclasses.replace(control, concerns=None) for control in CONTROLS)
CONCERNS = {control.concerns for control in CONTROLS}
SPARED = {
    concern: tuple(asked for asked, named in zip(ASKED_OF_ALL, CONTROLS, strict=True) if named.concerns is concern)
    for concern in CONCERNS
}


def by_id(fixture: Fixture) -> str:
    return fixture.id


def assert_same(manifest: Manifest, knowledge: Knowledge, *, partial: bool = False) -> None:
    """Judge with and without the concerns, which must be the same."""
    spared, asked = (
        [(one.control.id, one.finding) for one in judge(manifest, controls, knowledge, partial=partial)]
        for controls in (CONTROLS, ASKED_OF_ALL)
    )
    assert spared == asked


def forms(fixture: Fixture) -> Iterator[Manifest]:
    """The objects of a fixture: as they are, in a list, and inside a custom resource."""
    yield from fixture.manifests
    yield {"apiVersion": "v1", "kind": "List", "items": fixture.manifests}
    yield {"apiVersion": "example.com/v1", "kind": "Holder", "spec": {"objects": fixture.manifests}}


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", FIXTURES, ids=by_id)
def test_a_fixture_is_judged_the_same(fixture: Fixture) -> None:
    for manifest in forms(fixture):
        for partial in (False, True):
            assert_same(manifest, fixture.knowledge, partial=partial)


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", ONE_OF_EACH, ids=by_id)
def test_an_object_is_judged_the_same_under_every_name_of_a_kind(fixture: Fixture) -> None:
    for manifest in fixture.manifests:
        for api_version, kind in IDENTITIES:
            assert_same({**manifest, "apiVersion": api_version, "kind": kind}, fixture.knowledge)


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", FAIL, ids=by_id)
def test_a_spared_control_would_find_nothing_in_any_odd_shape(fixture: Fixture) -> None:
    """Every control is tried on one fixture of each, and the control of a fixture on all of them."""
    concerns = CONCERNS if fixture in ONE_OF_EACH else {control_of(fixture.control_id).concerns}
    for manifest in fixture.manifests:
        for changed in with_odd_values(manifest):
            for _, item in expand_lists(changed):
                for concern in concerns:
                    if concern is not None and not concern(item):
                        assert not list(judge(item, SPARED[concern], fixture.knowledge))


def control(**changes: Any) -> Control:
    return Control(
        id="any",
        requirement="Nothing passes.",
        severity=Severity.LOW,
        chapter="workload",
        references=(),
        check=lambda manifest, knowledge: iter([Finding("kind", "there", "remove it")]),
        **changes,
    )


def crash(manifest: Manifest) -> bool:
    raise KeyError("spec")


def truth_of_unknown(manifest: Manifest) -> bool:
    return bool(UNKNOWN)


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({}, 1),
        ({"concerns": lambda manifest: True}, 1),
        ({"concerns": crash}, 1),
        ({"concerns": truth_of_unknown}, 1),
        ({"concerns": lambda manifest: False}, 0),
    ],
    ids=["not named", "met", "crashes", "unknown", "not met"],
)
def test_a_check_is_asked_unless_its_control_says_that_it_has_no_say(changes: dict[str, Any], findings: int) -> None:
    knowledge = Knowledge.model_validate(KNOWLEDGE)
    assert len(list(judge(pod(), [control(**changes)], knowledge))) == findings


def test_most_controls_are_spared_most_objects() -> None:
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"}, "spec": {}}
    asked = [one.id for one in CONTROLS if one.check and (one.concerns is None or one.concerns(policy))]
    assert "network-policy-open" in asked
    assert len(asked) < len(CONTROLS) / 3
