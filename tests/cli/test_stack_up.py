"""`up`: nothing is applied that the preview did not clear, and nothing to a cluster that nobody agreed to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call
from tests.cli.stack_world import CLEAN, PASSPHRASE, STACK_JUDGED, World, make_world
from tests.engine.test_events import REQUIREMENT, judged, violation

VIOLATION = violation(f"[privileged] {REQUIREMENT} x is y; z")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(tmp_path, monkeypatch)
    monkeypatch.setenv(*PASSPHRASE)
    return made


def test_a_clean_preview_is_applied_with_the_pack_once_more(world: World) -> None:
    result = call("up")
    assert result.exit_code == 0, result.stderr
    assert world.runs == ["preview", "up"]
    assert all("--policy-pack " in run for run in world.fakes.calls if run.startswith(("preview", "up")))
    assert "previewing stack dev with the pack, before anything is applied" in result.stderr


@pytest.mark.parametrize(
    ("events", "status"),
    [([*CLEAN, VIOLATION], 1), ([*CLEAN, VIOLATION], 0), (CLEAN, 255), ([], 0), ([judged("urn:a")], 0)],
    ids=["blocked", "blocked though the engine is content", "failed", "nothing judged", "stack not judged"],
)
def test_it_stops_after_a_preview_that_does_not_clear_it(
    world: World, events: list[dict[str, Any]], status: int
) -> None:
    world.fakes.show("preview", events, status)
    result = call("up")
    assert result.exit_code == 1
    assert "nothing was applied" in result.stderr
    assert world.runs == ["preview"]


def test_a_finding_while_applying_ends_with_1(world: World) -> None:
    world.fakes.show("up", [*CLEAN, VIOLATION], status=1)
    result = call("up")
    assert result.exit_code == 1
    assert "blocked" in result.stderr
    assert "nothing was applied" not in result.stderr


def test_nobody_to_ask_means_no(world: World) -> None:
    result = call("up", "--stack", "prod")
    assert result.exit_code == 2
    assert "error: stack prod goes to a cluster, and nobody can be asked here; pass --yes to apply" in result.stderr
    assert world.runs == ["preview"]


@pytest.mark.parametrize(("answer", "runs"), [("\n", ["preview"]), ("y\n", ["preview", "up"])])
def test_whoever_sits_there_is_asked(world: World, answer: str, runs: list[str]) -> None:
    status, shown = world.terminal("up", "--stack", "prod", answer=answer)
    assert "Apply this to the cluster of stack prod? [y/N]" in shown
    assert world.runs == runs
    assert status == (0 if "up" in runs else 1)


def test_yes_asks_nobody(world: World) -> None:
    assert call("up", "--stack", "prod", "--yes").exit_code == 0
    assert world.runs == ["preview", "up"]


def namespace(name: str, tenant: str, **annotations: str) -> dict[str, Any]:
    labels = {"k8s-hardening/tenant": tenant}
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@pytest.mark.parametrize("command", ["preview", "up"])
def test_a_lost_tenant_of_a_live_stack_is_refused_before_the_engine_runs(world: World, command: str) -> None:
    world.state(namespace("payments-api", "payments"), namespace("gone-web", "gone"))
    result = call(command, "--stack", "prod")
    assert result.exit_code == 2
    assert (
        'error: k8s-hardening:baseline.tenants: tenant "gone" is gone, and with it namespace gone-web' in result.stderr
    )
    assert "payments-api" not in result.stderr
    assert world.runs == []


def test_a_tenant_that_was_decommissioned_may_go(world: World) -> None:
    world.state(namespace("gone-web", "gone", **{"k8s-hardening/decommission": "2020-01-01"}))
    assert call("preview", "--stack", "prod").exit_code == 0


def test_a_lost_tenant_of_a_rendered_stack_loses_nothing(world: World) -> None:
    world.state(namespace("gone-web", "gone"))
    assert call("preview", "--stack", "dev").exit_code == 0


@pytest.mark.thorough
def test_a_baseline_of_too_many_resources_is_refused_with_the_split(world: World) -> None:
    baseline = world.baseline("dev")
    baseline["tenants"] = [
        {
            "name": f"team-{number:02}",
            "members": [f"group:team-{number:02}"],
            "admins": ["group:admins"],
            "namespaces": [{"name": f"team-{number:02}-{place:02}"} for place in range(30)],
        }
        for number in range(12)
    ]
    world.write("dev", {ROOT: baseline})
    assert call("pack-config").exit_code == 0
    result = call("up")
    assert result.exit_code == 2
    assert "one stack holds at most 2000; split them over stacks, for example team-00, team-01" in result.stderr
    assert world.runs == []


def test_a_stack_of_a_team_is_counted_by_its_preview(world: World) -> None:
    world.of_a_team(render="out")
    world.fakes.show("preview", [*(judged(f"urn:{number}") for number in range(2001)), STACK_JUDGED])
    result = call("up")
    assert result.exit_code == 2
    assert "error: the stack has 2001 resources, and one stack holds at most 2000" in result.stderr
    assert world.runs == ["preview"]


def test_a_stack_of_a_team_goes_to_a_cluster_unless_it_renders(world: World) -> None:
    world.of_a_team(other="x")
    assert call("up").exit_code == 2
    world.of_a_team(render="out")
    assert call("up").exit_code == 0


def test_a_locked_stack_is_explained(world: World) -> None:
    world.fakes.say("up.stderr", "error: the stack is currently locked by 1 lock(s). Either wait ...\n")
    world.fakes.show("up", [], status=255)
    result = call("up")
    assert result.exit_code == 1
    assert "error: stack dev is locked by another run: wait for its end; if none is running any more" in result.stderr


def test_the_summary_is_that_of_what_was_applied(world: World) -> None:
    world.fakes.show("up", [judged("urn:a"), judged("urn:b"), STACK_JUDGED])
    done = world.process("up", "--format", "json")
    assert json.loads(done.stdout)["judged"] == 2
