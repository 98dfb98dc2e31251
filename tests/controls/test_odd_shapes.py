"""Untrusted objects hold anything anywhere: no control crashes on a value of the wrong shape."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.manifest import UNKNOWN
from tests.controls.corpus import Fixture, fixtures

pytestmark = pytest.mark.thorough

ODD_VALUES: tuple[Any, ...] = (None, 7, "x", [None], {"x": UNKNOWN}, UNKNOWN)


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The steps to every value inside an object; of a list of texts, such as a command line, to two of them."""
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        items = items[:1] + items[1:][-1:]
    for key, item in items:
        yield (*steps, key)
        yield from places(item, (*steps, key))


def with_odd_values(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The object with each of its values in turn replaced by odd ones."""
    for way in places(manifest):
        for odd in ODD_VALUES:
            yield replaced(manifest, way, odd)


def replaced(value: Any, way: tuple[Any, ...], odd: Any) -> Any:
    """A value with another one somewhere inside; what lies beside the way there is shared, since nothing changes it."""
    if not way:
        return copy.deepcopy(odd)
    changed = value.copy()
    changed[way[0]] = replaced(value[way[0]], way[1:], odd)
    return changed


@pytest.mark.parametrize("fixture", fixtures("fail"), ids=lambda fixture: fixture.id)
def test_a_control_judges_every_shape(fixture: Fixture) -> None:
    tried = 0
    for found in verdicts(fixture):
        assert "not judged" not in found
        tried += 1
    assert tried > 0


def verdicts(fixture: Fixture) -> Iterator[str]:
    """What the control of a fixture finds in each odd form of its objects."""
    controls = (control_of(fixture.control_id),)
    for index, manifest in enumerate(fixture.manifests):
        for changed in with_odd_values(manifest):
            for judged in judge(changed, controls, fixture.knowledge):
                yield judged.finding.found
            manifests = [*fixture.manifests[:index], changed, *fixture.manifests[index + 1 :]]
            for _, judged in judge_stack(manifests, controls, fixture.knowledge):
                yield judged.finding.found
