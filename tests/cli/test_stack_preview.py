"""`preview`: everything wrong is said before the engine starts, and what the engine says is passed on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call
from tests.cli.stack_world import CLEAN, PASSPHRASE, STACK_JUDGED, World, make_world
from tests.engine.test_events import REQUIREMENT, judged, violation


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(tmp_path, monkeypatch)


def test_a_clean_stack_ends_with_0(world: World) -> None:
    result = call("preview")
    assert result.exit_code == 0, result.stderr
    assert "Policy pack: 1 resources judged, nothing blocks." in result.stderr
    assert world.runs == ["preview"]


def test_a_finding_that_blocks_ends_with_1(world: World) -> None:
    world.fakes.show("preview", [*CLEAN, violation(f"[privileged] {REQUIREMENT} x is y; z")], status=1)
    result = call("preview")
    assert result.exit_code == 1
    assert "1 resources judged, blocked." in result.stderr
    assert "privileged          1         0          0" in result.stderr


def test_advice_does_not_block(world: World) -> None:
    world.fakes.show("preview", [*CLEAN, violation(f"[privileged] {REQUIREMENT} x is y; z", "advisory")])
    result = call("preview")
    assert result.exit_code == 0
    assert "privileged          0         1          0" in result.stderr


def test_a_policy_that_could_not_run_blocks_and_is_shown_as_it_is(world: World) -> None:
    text = "can't run policy 'x': string value at .data[/red][0] can't be known"
    event = violation("")
    event["policyEvent"]["message"] = text
    world.fakes.show("preview", [*CLEAN, event])
    result = call("preview")
    assert result.exit_code == 1
    assert f"not judged: {text}" in result.stderr


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([], "the pack judged no resource, so nothing is proven"),
        ([judged("urn:a")], "the policies over all resources together did not run, so nothing is proven"),
        ([STACK_JUDGED], "the pack judged no resource, so nothing is proven"),
    ],
)
def test_a_run_that_proves_nothing_does_not_pass(world: World, events: list[dict[str, object]], says: str) -> None:
    world.fakes.show("preview", events)
    result = call("preview")
    assert result.exit_code == 1
    assert says in result.stderr
    assert "nothing blocks" not in result.stderr


def test_a_failed_engine_is_not_called_clean(world: World) -> None:
    world.fakes.show("preview", CLEAN, status=255)
    result = call("preview")
    assert result.exit_code == 1
    assert "1 resources judged, but the engine failed." in result.stderr


def test_the_json_summary_stands_alone_on_standard_output(world: World) -> None:
    text = f"[privileged] {REQUIREMENT} Not decided before apply: x is not known until apply; z"
    step = {"resourcePreEvent": {"metadata": {"urn": "urn:a", "op": "create"}}}
    world.fakes.show("preview", [*CLEAN, step, violation(text, "advisory")])
    done = world.process("preview", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "judged": 1,
        "blocked": False,
        "changes": {"create": 1},
        "steps": {"urn:a": "create"},
        "findings": [
            {
                "control": "privileged",
                "level": "advisory",
                "urn": "urn:pulumi:dev::team::kubernetes:core/v1:Pod::app",
                "message": text,
                "undecided": True,
            }
        ],
        "exempt": [],
        "not_judged": [],
    }
    assert "display of preview" in done.stderr


def test_arguments_after_the_dashes_are_the_engines(world: World) -> None:
    assert call("preview", "--", "--diff", "--target", "urn:a").exit_code == 0
    assert world.fakes.calls[-1].endswith(" --diff --target urn:a")


def test_every_problem_of_the_input_is_shown_and_the_engine_is_not_sought(world: World) -> None:
    world.fakes.say("version", "")
    document = yaml.safe_load((world.project / "Pulumi.dev.yaml").read_text())
    baseline = document["config"]["k8s-hardening:baseline"]
    baseline["environment"] = "Dev_1"
    baseline["colour"] = "red"
    world.write("dev", document["config"])
    (world.project / "policy-pack/config/dev.json").write_text('{"hardning": {}}')
    result = call("preview")
    assert result.exit_code == 2
    for part in (
        'k8s-hardening:baseline.environment: "Dev_1" is not a DNS-1123 label; for example "dev-1"',
        "k8s-hardening:baseline.colour: is not a known key",
        "dev.json: hardning: is not a policy of the pack",
        "dev.json: hardening-stack: is missing",
    ):
        assert f"error: {part}" in result.stderr
    assert world.fakes.calls == []


def test_a_pack_that_was_told_another_baseline_is_refused(world: World) -> None:
    baseline = world.baseline("dev")
    baseline["images"]["allow_tags"] = False
    world.write("dev", {"k8s-hardening:baseline": baseline})
    result = call("preview")
    assert result.exit_code == 2
    assert "dev.json: differs from the baseline; run make pack-config and commit the result" in result.stderr


def test_a_folder_without_a_project_is_named(world: World, tmp_path: Path) -> None:
    result = call("preview", "--project", str(tmp_path / "data"))
    assert result.exit_code == 2
    assert result.stderr == f"error: {tmp_path}/data: holds no Pulumi.yaml; name the folder of one with --project\n"


def test_a_stack_that_does_not_exist_is_named_with_those_that_do(world: World) -> None:
    result = call("preview", "--stack", "production")
    assert result.exit_code == 2
    assert result.stderr == "error: Pulumi.production.yaml: does not exist; known stacks are dev, prod\n"


def test_a_folder_that_is_no_pack_is_named(world: World, tmp_path: Path) -> None:
    result = call("preview", "--pack", str(tmp_path / "data"))
    assert result.exit_code == 2
    assert f"{tmp_path}/data: is no policy pack, which holds a PulumiPolicy.yaml; name it with --pack" in result.stderr


def test_a_missing_configuration_of_the_pack_is_named(world: World) -> None:
    (world.project / "policy-pack/config/dev.json").unlink()
    result = call("preview")
    assert result.exit_code == 2
    assert "policy-pack/config/dev.json: does not exist; run make pack-config and commit the result" in result.stderr


def test_a_missing_configuration_of_the_pack_of_a_team_is_named(world: World) -> None:
    world.of_a_team(render="out/storefront")
    (world.project / "policy-pack/config/dev.json").unlink()
    result = call("preview")
    assert result.exit_code == 2
    assert "policy-pack/config/dev.json: cannot be read: No such file or directory" in result.stderr


@pytest.mark.parametrize("config", [{}, {"k8s-hardening:baselin": {"environment": "dev"}}])
def test_an_environment_without_a_baseline_is_refused(world: World, config: dict[str, Any]) -> None:
    world.write("dev", config)
    result = call("preview")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: k8s-hardening:baseline: is missing or empty; for example")
    assert world.runs == []


@pytest.mark.parametrize("folder", ["out/dev", "out/dev/../dev", "out", "out/dev/qa"])
def test_two_stacks_that_render_to_one_folder_are_refused(world: World, folder: str) -> None:
    baseline = world.baseline("dev")
    world.write("qa", {"k8s-hardening:baseline": {**baseline, "target": {"render": folder}}})
    result = call("preview")
    assert result.exit_code == 2
    assert (
        'error: k8s-hardening:baseline.target.render: "out/dev" is where stack qa writes, and each would delete files '
        'of the other; give each a folder of its own, for example "out/dev" and "out/qa"'
    ) in result.stderr
    assert world.runs == []


@pytest.mark.parametrize("target", [{"render": "out/dev-2"}, {"context_config": "kubeContext"}, {"render": 3}, "out"])
def test_stacks_that_write_elsewhere_do_not_disturb(world: World, target: Any) -> None:
    world.write("qa", {"k8s-hardening:baseline": {**world.baseline("dev"), "target": target}})
    (world.project / "Pulumi.broken.yaml").write_text("config: [\n")
    assert call("preview").exit_code == 0


def test_without_any_engine_it_is_one_sentence_and_status_3(world: World) -> None:
    (world.fakes.bin / "pulumi").unlink()
    result = call("preview")
    assert result.exit_code == 3
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1] == (
        "pulumi is not on PATH, and it cannot be built here, since Go is not on PATH: "
        "install Pulumi 3.200 or newer (or Go 1.26 or newer, to build it from Go modules) and run this again"
    )


def test_a_rendered_stack_with_secrets_asks_for_a_passphrase_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"k8s-hardening:registryPullSecret": {"secure": "v1:abc"}}
    world.write("dev", {ROOT: world.baseline("dev"), **secret})
    result = call("preview", "--stack", "dev")
    assert result.exit_code == 2
    assert "stack dev has secrets in its configuration, and its state needs a passphrase" in result.stderr
    monkeypatch.setenv(*PASSPHRASE)
    assert call("preview", "--stack", "dev").exit_code == 0


def test_a_live_stack_asks_for_the_passphrase_of_its_state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    result = call("preview", "--stack", "prod")
    assert result.exit_code == 2
    assert "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it" in result.stderr
    monkeypatch.setenv(*PASSPHRASE)
    assert call("preview", "--stack", "prod").exit_code == 0


def test_a_state_that_cannot_be_read_is_no_defect_of_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*PASSPHRASE)
    world.fakes.say("export-error", "error: no such stack\n")
    result = call("preview", "--stack", "prod")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "error: the state of stack prod cannot be read: no such stack"


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals_whose_users_want_them(
    world: World, arguments: tuple[str, ...], environment: dict[str, str], coloured: bool
) -> None:
    status, shown = world.terminal("preview", *arguments, **environment)
    assert status == 0, shown
    assert ("\x1b[" in shown) == coloured
    assert ("--color never" not in world.fakes.calls[-1]) == coloured


def test_a_log_file_gets_no_colours(world: World) -> None:
    result = call("preview")
    assert "\x1b" not in result.stdout + result.stderr
    assert " --color never" in world.fakes.calls[-1]


def test_an_interrupt_is_passed_to_the_engine_and_ends_with_130(world: World) -> None:
    world.fakes.say("until-interrupted")
    command = [sys.executable, "-m", "k8s_hardening.cli.main", "preview"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    deadline = time.monotonic() + 30
    while not (world.fakes.data / "running").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=30)
    assert process.returncode == 130
    assert world.fakes.calls[-1] == "interrupted"
    assert shown.splitlines()[-1] == "interrupted"
    assert "Traceback" not in shown
