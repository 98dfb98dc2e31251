"""A verdict counts as undecided only where a value is unknown; whatever else a control says, the pack fails closed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from k8s_hardening.controls.control import Finding
from k8s_hardening.controls.privileged import CONTROL
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.enforcement import verdict
from k8s_hardening.enforcement.verdict import Bench, Resource
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, holds_unknown
from k8s_hardening.model.enforcement import Level, PackConfiguration
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod

TODAY = datetime.date(2026, 1, 1)
POD = "kubernetes:core/v1:Pod"
# Advisory whatever an environment says, so that their level has something to say of known objects.
BY_NATURE = {one.id: Level.DISABLED for one in CONTROLS if one.check is not None and one.level is Level.ADVISORY}


def undecided(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    yield Finding("spec", "not known until apply", "give it a plain value", unknown=True)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(verdict, "_OBJECT_CONTROLS", (replace(CONTROL, check=undecided),))
    return Bench(PackConfiguration(), TODAY)


def said(bench: Bench, manifest: Manifest) -> dict[Level, int]:
    return {level: len(list(bench.about(Resource(POD, manifest, holds_unknown(manifest)), level))) for level in Level}


def test_where_a_value_is_unknown_a_mandatory_control_speaks_as_an_advisory_one(bench: Bench) -> None:
    assert said(bench, pod(hostNetwork=UNKNOWN)) == {Level.MANDATORY: 0, Level.ADVISORY: 1, Level.DISABLED: 0}


def test_a_control_that_calls_a_known_object_unknown_blocks(bench: Bench) -> None:
    assert said(bench, pod()) == {Level.MANDATORY: 1, Level.ADVISORY: 0, Level.DISABLED: 0}


@pytest.mark.parametrize("unknowns", [Level.MANDATORY, Level.ADVISORY])
@pytest.mark.parametrize("level", list(Level))
def test_a_level_that_speaks_of_nothing_known_says_nothing_about_known_objects(
    level: Level, unknowns: Literal[Level.MANDATORY, Level.ADVISORY], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bench skips such a level, so whatever it would say would be lost."""
    bad, odd_token = pod(hostNetwork=True, hostPID=True), "command:local:Command"
    levels = {**BY_NATURE, "host-namespaces": level}
    bench = Bench(PackConfiguration(levels=levels, unknowns=unknowns), TODAY)
    silent = [one for one in Level if not bench.speaks_of_what_is_known(one)]
    assert Level.MANDATORY not in silent
    assert (Level.ADVISORY in silent) == (level is not Level.ADVISORY)
    monkeypatch.setattr(Bench, "speaks_of_what_is_known", lambda self, level: True)
    for token in (POD, odd_token):
        for one in silent:
            assert list(bench.about(Resource(token, bad, holds_unknown=False), one)) == []


def test_a_disabled_control_says_nothing_at_any_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "_OBJECT_CONTROLS", (replace(CONTROL, check=undecided),))
    bench = Bench(PackConfiguration(levels={"privileged": Level.DISABLED}), TODAY)
    for manifest in (pod(), pod(hostNetwork=UNKNOWN)):
        assert set(said(bench, manifest).values()) == {0}


def test_a_control_that_is_advisory_by_nature_speaks_of_known_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    by_nature = replace(CONTROL, level=Level.ADVISORY)
    monkeypatch.setattr(verdict, "_OBJECT_CONTROLS", (by_nature,))
    monkeypatch.setattr(verdict, "CONTROLS", (*(one for one in CONTROLS if one.id != CONTROL.id), by_nature))
    made = container()
    made["securityContext"] = {**made["securityContext"], "privileged": True}
    bench = Bench(PackConfiguration(), TODAY)
    assert said(bench, pod(containers=[made])) == {Level.MANDATORY: 0, Level.ADVISORY: 1, Level.DISABLED: 0}
