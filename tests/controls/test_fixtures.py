"""The fixtures hold the controls to their word: sharp, quiet, repairing, and the same for every kind."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections import Counter
from typing import Any

import pytest

from k8s_hardening.controls.control import Control
from k8s_hardening.controls.judging import harden, judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS, control_of
from k8s_hardening.kube.apis import successor_of
from k8s_hardening.kube.manifest import UNKNOWN
from tests.builders import KINDS_AROUND_A_POD, wrap_pod
from tests.controls.corpus import ROOT, Fixture, findings_of, fixtures

FAIL = fixtures("fail")
PASS = fixtures("pass")
# An ephemeral container cannot have resources, so their absence says nothing there.
NOT_IN_EPHEMERAL_CONTAINERS = {"resource-requirements"}


def by_id(fixture: Fixture) -> str:
    return fixture.id


def expected_of(fixture: Fixture) -> Counter[tuple[str, int, str]]:
    return Counter({(fixture.control_id, index, path): n for (index, path), n in fixture.expected.items()})


def test_every_control_has_fixtures_and_every_fixture_a_control() -> None:
    named = {control.id for control in CONTROLS}
    for verdict, found in (("fail", FAIL), ("pass", PASS)):
        assert {fixture.control_id for fixture in found} == named, f"{verdict} fixtures under {ROOT}"


@pytest.mark.parametrize("fixture", FAIL, ids=by_id)
def test_sharp_a_fail_fixture_gives_its_findings_and_no_other(fixture: Fixture) -> None:
    assert fixture.expected, "a fail fixture starts with an expect line"
    assert findings_of(fixture.manifests, fixture.knowledge) == expected_of(fixture)


@pytest.mark.parametrize("fixture", PASS, ids=by_id)
def test_quiet_a_pass_fixture_gives_no_finding_of_any_control(fixture: Fixture) -> None:
    assert fixture.manifests
    assert not findings_of(fixture.manifests, fixture.knowledge)


@pytest.mark.parametrize("fixture", [f for f in FAIL if control_of(f.control_id).harden], ids=by_id)
def test_repairing_harden_makes_it_clean_and_is_idempotent(fixture: Fixture) -> None:
    control = control_of(fixture.control_id)
    once = [harden(manifest, [control], fixture.knowledge) for manifest in fixture.manifests]
    assert not findings_of(once, fixture.knowledge, (control,))
    assert [harden(manifest, [control], fixture.knowledge) for manifest in once] == once


@pytest.mark.parametrize("fixture", PASS, ids=by_id)
def test_repairing_leaves_a_pass_fixture_compliant(fixture: Fixture) -> None:
    hardened = [harden(manifest, CONTROLS, fixture.knowledge) for manifest in fixture.manifests]
    assert not findings_of(hardened, fixture.knowledge)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_that_finds_nothing_is_caught_by_its_fixtures(control: Control) -> None:
    blind = dataclasses.replace(
        control,
        check=(lambda manifest, knowledge: iter(())) if control.check else None,
        check_stack=(lambda manifests, knowledge: iter(())) if control.check_stack else None,
        revisions=(),
    )
    own = [fixture for fixture in FAIL if fixture.control_id == control.id]
    assert any(findings_of(f.manifests, f.knowledge, (blind,)) != expected_of(f) for f in own)


def pod_fixtures() -> list[Fixture]:
    return [
        f
        for f in FAIL
        if len(f.manifests) == 1
        and f.manifests[0].get("kind") == "Pod"
        and all(re.match(r"spec\b|metadata\.annotations", path) for _, path in f.expected)
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
def test_a_pod_is_judged_the_same_inside_every_kind(kind: str) -> None:
    assert pod_fixtures()
    for fixture in pod_fixtures():
        wrapped, prefix = wrap_pod(fixture.manifests[0], kind)
        wrapped["apiVersion"] = successor_of(kind, fixture.knowledge.kubernetes) or wrapped["apiVersion"]
        expected = Counter(
            {(fixture.control_id, 0, f"{prefix}.{path}"): n for (_, path), n in fixture.expected.items()}
        )
        assert findings_of([wrapped], fixture.knowledge) == expected, fixture.id


@pytest.mark.parametrize(
    ("target", "changes"),
    [("initContainers", {}), ("initContainers", {"restartPolicy": "Always"}), ("ephemeralContainers", {})],
    ids=["initContainers", "native-sidecars", "ephemeralContainers"],
)
def test_a_container_is_judged_the_same_in_every_list(target: str, changes: dict[str, Any]) -> None:
    tried = 0
    for fixture in pod_fixtures():
        if not all(path.startswith("spec.containers[0]") for _, path in fixture.expected):
            continue
        if target == "ephemeralContainers" and fixture.control_id in NOT_IN_EPHEMERAL_CONTAINERS:
            continue
        moved = copy.deepcopy(fixture.manifests[0])
        if target in moved["spec"] or len(moved["spec"]["containers"]) != 1:
            continue
        moved["spec"][target] = [
            {**one, **changes} if isinstance(one, dict) else one for one in moved["spec"].pop("containers")
        ]
        found = findings_of([moved], fixture.knowledge, (control_of(fixture.control_id),))
        expected = Counter(
            {
                (fixture.control_id, 0, path.replace("spec.containers", f"spec.{target}", 1)): n
                for (_, path), n in fixture.expected.items()
            }
        )
        assert found == expected, fixture.id
        tried += 1
    assert tried > 0


def steps_of(path: str) -> list[str | int]:
    """The keys and indexes of a JSON path."""
    return [
        int(index) if index else quoted or plain
        for index, quoted, plain in re.findall(r'\[([0-9]+)\]|\["([^"]+)"\]|([^.\[\]]+)', path)
    ]


def with_unknown(manifest: dict[str, Any], steps: list[str | int]) -> dict[str, Any] | None:
    """The object with the value at a path replaced by UNKNOWN; None when nothing stands there."""
    changed = copy.deepcopy(manifest)
    holder: Any = changed
    for step in steps[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return None
    try:
        holder[steps[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    holder[steps[-1]] = UNKNOWN
    return changed


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", FAIL, ids=by_id)
def test_an_unknown_value_on_the_way_to_a_culprit_never_passes(fixture: Fixture) -> None:
    """Neither the culprit nor anything that holds it may become unknown and thereby acceptable."""
    control = control_of(fixture.control_id)
    for index, path in fixture.expected:
        steps = steps_of(path)
        for length in range(1, len(steps) + 1):
            if steps[:length] in (["metadata"], ["apiVersion"], ["kind"]) and control.chapter != "workload":
                continue  # an object without identity is not judged; the engine always knows it
            changed = with_unknown(fixture.manifests[index], steps[:length])
            if changed is None:
                continue
            manifests = [*fixture.manifests[:index], changed, *fixture.manifests[index + 1 :]]
            if control.check_stack:
                found = [judged.finding for _, judged in judge_stack(manifests, (control,), fixture.knowledge)]
            else:
                found = [judged.finding for judged in judge(changed, (control,), fixture.knowledge)]
            assert found, f"{'.'.join(map(str, steps[:length]))} unknown passes {control.id}"
