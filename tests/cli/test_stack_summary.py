"""The end of a preview says what exemptions let through."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from k8s_hardening.model.enforcement import exempt_until
from tests.cli.calling import call
from tests.cli.stack_world import CLEAN, World, make_world
from tests.engine.test_events import POD, REQUIREMENT, violation


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(tmp_path, monkeypatch)
    mark = exempt_until(datetime.date(2027, 6, 30), "platform\x1b[2Jteam")
    texts = [f"[privileged] {mark}{REQUIREMENT} spec.containers[{index}].x is true; y" for index in range(2)]
    made.fakes.show("preview", [*CLEAN, *(violation(text, "advisory") for text in texts)])
    return made


def test_each_exemption_is_one_line(world: World) -> None:
    result = call("preview")
    assert result.exit_code == 0, result.stderr
    assert "exempt: 2 findings by privileged until 2027-06-30, platform\\x1b[2Jteam\n" in result.stderr
    assert "control" not in result.stderr.partition("Policy pack:")[2]


def test_programs_are_told_of_each_finding(world: World) -> None:
    found = json.loads(world.process("preview", "--format", "json").stdout)
    assert found["findings"] == []
    assert [(one["control"], one["until"], one["owner"], one["urn"]) for one in found["exempt"]] == [
        ("privileged", "2027-06-30", "platform\x1b[2Jteam", POD)
    ] * 2
