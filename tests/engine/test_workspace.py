"""What the engine is told: its environment, its stack, the pack, and what comes back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.engine.toolchain import EngineError, Toolchain
from k8s_hardening.engine.workspace import Workspace
from tests.engine.fakes import Fakes
from tests.engine.test_events import judged

NAME = "PULUMI_CONFIG_PASSPHRASE"


@pytest.fixture
def workspace(fakes: Fakes, tmp_path: Path) -> Workspace:
    fakes.on_path("pulumi")
    (fakes.project / "Pulumi.yaml").write_text("name: team\nruntime: python\n")
    toolchain = Toolchain(fakes.bin / "pulumi", (tmp_path / "tools",), tmp_path / "home", "a test")
    return Workspace(
        root=tmp_path,
        project=fakes.project,
        stack="dev",
        toolchain=toolchain,
        pack=tmp_path / "pack",
        pack_configuration=tmp_path / "pack/config/dev.json",
        renders=True,
    )


def live(workspace: Workspace) -> Workspace:
    return replace(workspace, renders=False)


def test_the_callers_environment_is_kept_and_completed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN", "kept")
    environment = workspace.environment()
    assert environment["OWN"] == "kept"
    assert environment["PATH"] == f"{workspace.toolchain.path[0]}{os.pathsep}{os.environ['PATH']}"
    assert environment["PULUMI_HOME"] == str(workspace.toolchain.home)
    assert environment["PULUMI_BACKEND_URL"] == f"file://{workspace.root}/.work/state"
    assert environment["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_a_render_target_hides_the_cluster_and_needs_no_passphrase(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/root/.kube/config")
    environment = workspace.environment()
    assert environment["KUBECONFIG"] == os.devnull
    assert environment[NAME] == ""


def test_a_render_target_with_secrets_asks_for_a_passphrase_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty passphrase would leave them readable to whoever has the stack's file."""
    holding = replace(workspace, holds_secrets=True)
    monkeypatch.delenv(NAME, raising=False)
    with pytest.raises(EngineError, match=r"^stack dev has secrets in its configuration, and its state needs a passph"):
        holding.environment()
    monkeypatch.setenv(NAME, "of-a-test")
    assert holding.environment()[NAME] == "of-a-test"


def test_a_live_target_keeps_the_cluster_and_asks_for_a_passphrase(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/root/.kube/config")
    with pytest.raises(EngineError) as caught:
        live(workspace).environment()
    assert str(caught.value) == (
        "stack dev goes to a cluster, and its state needs a passphrase: "
        "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it"
    )
    monkeypatch.setenv(f"{NAME}_FILE", "/run/secrets/passphrase")
    environment = live(workspace).environment()
    assert environment["KUBECONFIG"] == "/root/.kube/config"
    assert NAME not in environment


@pytest.mark.parametrize("name", [NAME, f"{NAME}_FILE"])
def test_a_passphrase_of_the_caller_is_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "own")
    environment = workspace.environment()
    assert {key: value for key, value in environment.items() if key.startswith(NAME)} == {name: "own"}


def test_a_backend_of_the_caller_is_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, fakes: Fakes) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert workspace.environment()["PULUMI_BACKEND_URL"] == "s3://states"
    workspace.ensure_stack()
    assert not (workspace.root / ".work").exists()
    assert fakes.calls == ["stack select --create --stack dev --non-interactive --color never"]


def test_the_state_folder_is_for_the_user_only(workspace: Workspace) -> None:
    workspace.ensure_stack()
    assert (workspace.root / ".work/state").stat().st_mode & 0o077 == 0


def test_a_stack_that_is_there_is_not_asked_for_again(workspace: Workspace, fakes: Fakes) -> None:
    state = workspace.root / ".work/state/.pulumi/stacks/team"
    state.mkdir(parents=True)
    (state / "dev.json").touch()
    workspace.ensure_stack()
    assert fakes.calls == []
    replace(workspace, stack="other").ensure_stack()
    assert fakes.calls == ["stack select --create --stack other --non-interactive --color never"]


def test_a_stack_that_cannot_be_used_is_one_sentence(workspace: Workspace, fakes: Fakes) -> None:
    fakes.say("select-error", "warning: x\nerror: incorrect passphrase\n  more of it\n\n")
    with pytest.raises(EngineError, match=r"^stack dev cannot be used: incorrect passphrase$"):
        workspace.ensure_stack()


def test_a_new_stack_may_be_locked_too(workspace: Workspace, fakes: Fakes) -> None:
    fakes.say(
        "select-error", "error: the stack is currently locked by 1 lock(s). Either ...\n  file:///x: created by y\n"
    )
    with pytest.raises(
        EngineError, match=r"^stack dev is locked by another run: .* delete the lock file:///x: created by y$"
    ):
        workspace.ensure_stack()


def test_a_state_that_cannot_be_read_is_one_sentence(workspace: Workspace, fakes: Fakes) -> None:
    fakes.say("export-error", "")
    with pytest.raises(EngineError, match=r"^the state of stack dev cannot be read: the engine said nothing$"):
        workspace.export()


def test_the_configuration_is_decrypted_and_shows_no_value_by_itself(workspace: Workspace, fakes: Fakes) -> None:
    fakes.say(
        "config",
        json.dumps(
            {
                "k8s-hardening:dbPassword": {"value": "planted", "secret": True},
                "k8s-hardening:kubeContext": {"value": "prod", "secret": False},
                "k8s-hardening:baseline": {"value": "{}", "objectValue": {}, "secret": False},
                "k8s-hardening:odd": {"secret": True},
            }
        ),
    )
    found = workspace.configuration()
    assert found["k8s-hardening:dbPassword"].value == "planted"
    assert {key: one.is_secret for key, one in found.items()} == {
        "k8s-hardening:dbPassword": True,
        "k8s-hardening:kubeContext": False,
        "k8s-hardening:baseline": False,
    }
    assert "planted" not in repr(found)


def test_a_configuration_that_cannot_be_decrypted_is_one_sentence(workspace: Workspace, fakes: Fakes) -> None:
    fakes.say("config-error", "error: could not decrypt configuration values: incorrect passphrase\n")
    with pytest.raises(
        EngineError, match=r"^the configuration of stack dev cannot be read: could not decrypt .* incor"
    ):
        workspace.configuration()


def test_the_pack_is_always_passed_and_the_callers_arguments_come_last(workspace: Workspace, fakes: Fakes) -> None:
    workspace.preview("--diff", "--color", "always")
    (call,) = fakes.calls
    words = call.split()
    assert words[:3] == ["preview", "--stack", "dev"]
    assert words[3:7] == [
        "--policy-pack", str(workspace.pack), "--policy-pack-config", str(workspace.pack_configuration)
    ]  # fmt: skip
    assert words[7] == "--event-log"
    assert words[9:] == ["--diff", "--color", "always"]


def test_up_asks_nothing_and_previews_nothing_by_itself(workspace: Workspace, fakes: Fakes) -> None:
    workspace.up()
    words = fakes.calls[0].split()
    assert words[0] == "up"
    assert {"--yes", "--skip-preview", "--policy-pack"} <= set(words)


def test_without_colours_the_engine_is_told_so(workspace: Workspace, fakes: Fakes) -> None:
    replace(workspace, colour=False).preview("--diff")
    assert fakes.calls[0].endswith(" --color never --diff")


def test_the_events_of_a_run_are_read(workspace: Workspace, fakes: Fakes) -> None:
    fakes.show("preview", [judged("urn:a")], status=3)
    outcome = workspace.preview()
    assert outcome.status == 3
    assert outcome.summary.judged == {"urn:a"}
    assert outcome.hint is None


def test_a_log_that_was_cut_inside_of_a_character_is_read(workspace: Workspace, fakes: Fakes) -> None:
    fakes.show("preview", [judged("urn:a")])
    with (fakes.data / "preview.events").open("ab") as log:
        log.write('{"x": "é'.encode()[:-1])
    assert workspace.preview().summary.judged == {"urn:a"}


def test_an_engine_that_writes_no_log_judged_nothing(workspace: Workspace) -> None:
    assert workspace.preview().summary.judged == set()


@pytest.mark.parametrize(("quiet", "where"), [(False, "out"), (True, "err")])
def test_the_display_goes_where_it_does_not_disturb(
    workspace: Workspace, capfd: pytest.CaptureFixture[str], quiet: bool, where: str
) -> None:
    replace(workspace, quiet=quiet).preview()
    captured: Any = capfd.readouterr()
    assert "display of preview" in getattr(captured, where)
    assert "display of preview" not in getattr(captured, "out" if where == "err" else "err")


def test_a_stack_that_another_run_holds_is_explained_with_the_way_out(workspace: Workspace, fakes: Fakes) -> None:
    text = "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or ...\n"
    fakes.say("up.stderr", text)
    fakes.show("up", [], status=255)
    hint = workspace.up().hint
    assert hint is not None
    assert hint.startswith(
        "stack dev is locked by another run: wait for its end; if none is running any more, run `env "
    )
    assert hint.endswith(f"{fakes.bin}/pulumi cancel --yes --stack dev --cwd {fakes.project}`")
    assert f"PULUMI_BACKEND_URL=file://{workspace.root}/.work/state" in hint
