"""`drift`, and what `up` does about it: told, mended where the engine can, refused where it is another cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import call
from tests.cli.stack_world import CLEAN, PASSPHRASE, World, make_world

URN = "urn:pulumi:prod::k8s-hardening::kubernetes:core/v1:{kind}::{name}"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(tmp_path, monkeypatch)
    monkeypatch.setenv(*PASSPHRASE)
    return made


def read(
    kind: str, name: str, applied: dict[str, Any], live: dict[str, Any] | None, op: str = "same"
) -> dict[str, Any]:
    """What the engine writes about an object that it read."""
    whole = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    step = {
        "op": op,
        "type": f"kubernetes:core/v1:{kind}",
        "urn": URN.format(kind=kind, name=name),
        "old": {"custom": True, "inputs": {**whole, **applied}, "outputs": {**whole, **applied}},
        "new": None if live is None else {"custom": True, "outputs": {**whole, **live}},
    }
    return {"resOutputsEvent": {"metadata": step}}


WIDER = read(
    "Role", "tenant-viewer", {"rules": [{"verbs": ["get"]}]}, {"rules": [{"verbs": ["get"]}, {"verbs": ["*"]}]}
)
GONE = read("LimitRange", "limits", {}, None, "delete")
SAME = read("ConfigMap", "same", {}, {})
LEAVING = read(
    "Namespace",
    "gone-web",
    {},
    {
        "metadata": {"name": "gone-web", "deletionTimestamp": "2026-01-01T00:00:00Z"},
        "status": {
            "conditions": [{"type": "NamespaceContentRemaining", "status": "True", "message": "pods. \u001b[31m"}]
        },
    },
)


def test_each_object_is_told_with_its_fields(world: World) -> None:
    world.fakes.show("refresh", [WIDER, GONE, SAME])
    result = call("drift", "--stack", "prod")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "LimitRange limits is gone",
        "Role tenant-viewer",
        '  rules: {"verbs": ["*"]} was added',
        "2 of 3 objects not as applied.",
    ]
    assert world.fakes.calls[-1].startswith("refresh --stack prod --event-log")
    assert "--preview-only" in world.fakes.calls[-1]


def test_programs_get_the_same(world: World) -> None:
    world.fakes.show("refresh", [WIDER, SAME])
    result = call("drift", "--stack", "prod", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "compared": 2,
        "objects": [
            {
                "kind": "Role",
                "namespace": "",
                "name": "tenant-viewer",
                "urn": URN.format(kind="Role", name="tenant-viewer"),
                "gone": False,
                "leaving": False,
                "holds": [],
                "fields": [{"path": "rules", "applied": None, "found": '{"verbs": ["*"]}'}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("events", "said"), [([SAME], "1 objects are as they were applied."), ([], "Nothing was applied yet.")]
)
def test_nothing_to_tell(world: World, events: list[dict[str, Any]], said: str) -> None:
    world.fakes.show("refresh", events)
    result = call("drift", "--stack", "prod")
    assert (result.exit_code, result.stdout.strip()) == (0, said)


def test_a_namespace_that_stays_is_told_with_what_keeps_it(world: World) -> None:
    world.fakes.show("refresh", [LEAVING])
    result = call("drift", "--stack", "prod")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "Namespace gone-web is being deleted",
        "  held by NamespaceContentRemaining: pods. \\x1b[31m",
    ]


def test_a_rendered_stack_has_no_cluster(world: World) -> None:
    result = call("drift", "--stack", "dev")
    assert result.exit_code == 2
    assert "error: stack dev renders files" in result.stderr


def test_a_cluster_that_cannot_be_read_is_one_sentence(world: World) -> None:
    world.fakes.say("refresh.stderr", "error: configured Kubernetes cluster is unreachable\n")
    world.fakes.show("refresh", [], status=255)
    result = call("drift", "--stack", "prod")
    assert result.exit_code == 2
    told = "error: the objects of stack prod cannot be read: configured Kubernetes cluster is unreachable"
    assert told in result.stderr


@pytest.mark.parametrize("command", [("drift",), ("up", "--yes")])
def test_a_cluster_without_any_of_the_objects_is_another_one(world: World, command: tuple[str, ...]) -> None:
    world.fakes.show("refresh", [GONE])
    result = call(*command, "--stack", "prod")
    assert result.exit_code == 2
    assert "none of the 1 objects of stack prod is in the cluster" in result.stderr
    assert " refresh --yes --skip-preview --stack prod" in result.stderr
    assert world.runs == []


def test_up_mends_what_it_shows_first(world: World) -> None:
    world.fakes.show("refresh", [WIDER, GONE, SAME])
    result = call("up", "--stack", "prod", "--yes")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.index("LimitRange limits is gone") < result.stderr.index("previewing stack prod")
    applied = world.fakes.calls[-1]
    assert f" --refresh --replace {URN.format(kind='Role', name='tenant-viewer')}" in applied
    assert "limits" not in applied
    assert world.fakes.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] == "true"


def test_up_insists_on_nothing_where_nothing_was_changed(world: World) -> None:
    world.fakes.show("refresh", [SAME])
    assert call("up", "--stack", "prod", "--yes").exit_code == 0
    assert "--refresh" not in world.fakes.calls[-1]
    assert "PULUMI_K8S_ENABLE_PATCH_FORCE" not in world.fakes.environment


def test_the_stack_of_a_team_is_mended_by_nobody(world: World) -> None:
    world.of_a_team(other="x")
    world.fakes.show("refresh", [WIDER, SAME])
    assert call("up", "--yes").exit_code == 0
    assert not [one for one in world.fakes.calls if one.startswith("refresh") or "--refresh" in one]
    assert call("drift").exit_code == 1


def test_up_says_what_only_a_person_can_mend(world: World) -> None:
    labelled = {"metadata": {"name": "shop-web", "labels": {"more": "x"}}}
    world.fakes.show("refresh", [read("Namespace", "shop-web", {}, labelled), SAME])
    result = call("up", "--stack", "prod", "--yes")
    assert result.exit_code == 0
    assert "not mended, since making Namespace shop-web anew would lose more: change it back by hand" in result.stderr


def test_an_update_that_waited_in_vain_says_what_keeps_the_namespace(world: World) -> None:
    deleted = {"resourcePreEvent": {"metadata": {"op": "delete", "urn": URN.format(kind="Namespace", name="gone-web")}}}
    world.fakes.show("up", [*CLEAN, deleted], status=255)
    world.fakes.show("refresh", [LEAVING, SAME])
    result = call("up", "--stack", "prod", "--yes")
    assert result.exit_code == 1
    last = result.stderr.rpartition("Namespace gone-web is being deleted")[2]
    assert "held by NamespaceContentRemaining: pods." in last


BEGUN = {"resource": {"urn": "urn:x"}, "type": "creating"}
UPDATING = {"resource": {"urn": "urn:y"}, "type": "updating"}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_what_a_killed_run_had_begun_to_make_is_made(world: World, stack: str) -> None:
    state = {"version": 3, "deployment": {"resources": [], "pending_operations": [BEGUN, UPDATING]}}
    world.fakes.say("state", json.dumps(state))
    result = call("up", "--stack", stack, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "an earlier run was killed while it made 1 object: made again, or taken over" in result.stderr
    state["deployment"]["pending_operations"] = [UPDATING]  # type: ignore[index]
    assert json.loads((world.fakes.data / "imported").read_text()) == state
    assert [one.split()[0] for one in world.fakes.calls[-2:]] == ["stack", "up"], "written before anything is applied"


def test_what_was_begun_is_taken_over(world: World) -> None:
    assert call("up", "--yes").exit_code == 0
    assert "PULUMI_K8S_ENABLE_PATCH_FORCE" not in world.fakes.environment
    assert call("up", "--yes", "--take-over").exit_code == 0
    assert world.fakes.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] == "true"
    world.fakes.say("state", json.dumps({"deployment": {"pending_operations": [BEGUN]}}))
    assert call("up", "--yes").exit_code == 0
    assert world.fakes.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] == "true"


def test_objects_of_somebody_else_are_left_to_a_person(world: World) -> None:
    said = 'The resource managed by field manager "a" had an apply conflict: Apply failed with 1 conflict'
    world.fakes.show("up", [*CLEAN, {"diagnosticEvent": {"message": said}}], status=255)
    result = call("up", "--yes")
    assert result.exit_code == 1
    assert "of stack dev, run `k8s-hardening up` again with --take-over" in result.stderr


def test_a_state_without_begun_work_is_left_alone(world: World) -> None:
    assert call("up", "--yes").exit_code == 0
    assert not (world.fakes.data / "imported").exists()


def test_a_state_that_cannot_be_written_stops_the_update(world: World) -> None:
    world.fakes.say("state", json.dumps({"deployment": {"pending_operations": [BEGUN]}}))
    world.fakes.say("import-error", "error: no room\n")
    result = call("up", "--yes")
    assert result.exit_code == 2
    assert "error: the state of stack dev cannot be written: no room" in result.stderr
    assert world.runs == ["preview"]


def test_an_engine_that_is_killed_leaves_word(world: World) -> None:
    world.fakes.say("up.killed")
    result = call("up", "--yes")
    assert result.exit_code == 1
    assert "error: the engine was killed (signal 9), and its lock of stack dev may be left: run `env " in result.stderr
    assert " cancel --yes --stack dev --cwd " in result.stderr
