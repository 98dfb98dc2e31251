"""`controls` says of every control what the registry says."""

from __future__ import annotations

import json

import pytest

from k8s_hardening.cli.control_texts import explanation
from k8s_hardening.controls.control import Control
from k8s_hardening.controls.registry import CONTROLS
from tests.cli.calling import call


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_is_explained_in_full(control: Control) -> None:
    result = call("controls", control.id)
    assert result.exit_code == 0
    for part in (control.id, control.requirement, control.severity.value, control.profile.value, *control.references):
        assert part in result.stdout
    assert explanation(control) in result.stdout
    assert len(explanation(control)) > 60


def test_every_control_has_an_explanation_of_its_own() -> None:
    texts = {explanation(control) for control in CONTROLS}
    assert len(texts) == len(CONTROLS)


def test_the_list_names_every_control() -> None:
    lines = call("controls").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [control.id for control in CONTROLS]
    assert all(control.requirement in line for control, line in zip(CONTROLS, lines, strict=True))


def test_the_list_as_json_holds_the_registry() -> None:
    data = json.loads(call("controls", "--format", "json").stdout)
    assert [one["id"] for one in data] == [control.id for control in CONTROLS]
    by_id = {one["id"]: one for one in data}
    sysctls = next(control for control in CONTROLS if control.id == "sysctls")
    assert by_id["sysctls"]["revisions"] == [str(revision.since) for revision in sysctls.revisions]
    assert by_id["privileged"]["fix"] is True
    assert by_id["privileged"]["judges"] == "object"
    assert by_id["namespace-deny-all"]["judges"] == "stack"
    assert by_id["pod-security-policy"]["kubernetes"] == "until 1.24"
    assert [one["id"] for one in json.loads(call("controls", "--format", "json", "privileged").stdout)] == [
        "privileged"
    ]


def test_an_unknown_control_is_refused_with_the_nearest() -> None:
    result = call("controls", "privilegd")
    assert result.exit_code == 2
    assert 'for example "privileged"' in result.stderr
