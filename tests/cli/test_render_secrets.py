"""`render --with-secrets`: values that the engine decrypts in private files, and none in a message."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call
from tests.cli.stack_world import PASSPHRASE, World, make_world
from tests.cli.test_render import BASELINE, files_of

CREDENTIALS = json.dumps({"auths": {"registry.example.com": {"username": "robot", "password": "hunter2-planted"}}})
SECRET = {
    "name": "db",
    "namespace": "team-0-api",
    "version": "2",
    "immutable": True,
    "keys": {"password": "dbPassword"},
    "previous": {"1": {"password": "dbPasswordBefore"}},
}
VALUES = {"dbPassword": "new-planted", "dbPasswordBefore": "old-planted", "registryPullSecret": CREDENTIALS}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(tmp_path, monkeypatch)


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A stack with one Secret and credentials for images, and an engine that is on PATH."""
    monkeypatch.setenv(*PASSPHRASE)
    first, *others = BASELINE["tenants"]
    images = {**BASELINE["images"], "pull_secret_config": "registryPullSecret"}
    baseline = {**BASELINE, "images": images, "tenants": [{**first, "secrets": [SECRET]}, *others]}
    world.write("dev", {ROOT: baseline})
    return world


def answer(world: World, **changes: Any) -> None:
    """What the engine decrypts."""
    found: dict[str, Any] = {f"k8s-hardening:{key}": {"value": value, "secret": True} for key, value in VALUES.items()}
    for key, change in changes.items():
        found[f"k8s-hardening:{key}"] = change
    world.fakes.say("config", json.dumps({key: one for key, one in found.items() if one is not None}))


def render(world: World, out: Path, *more: str) -> Any:
    return call("render", "--stack", "dev", "--project", str(world.project), "--out", str(out), *more)


def shows_a_value(text: str) -> bool:
    return "planted" in text or base64.b64encode(b"new-planted").decode() in text


def test_every_secret_is_a_private_file(asked: World, tmp_path: Path) -> None:
    answer(asked)
    done = render(asked, tmp_path / "out", "--with-secrets")
    assert done.exit_code == 0, done.output
    assert not shows_a_value(done.output)
    folder = tmp_path / "out/secrets"
    found = {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.iterdir())}
    assert len(found) == 2 + 15
    old, new = found["001-secret-team-0-api-db-1.yaml"], found["002-secret-team-0-api-db-2.yaml"]
    for secret, value in ((old, "old-planted"), (new, "new-planted")):
        assert base64.b64decode(secret["data"]["password"]).decode() == value
        assert secret["immutable"] is True
    pull = found["003-secret-team-0-api-registry-pull.yaml"]
    assert base64.b64decode(pull["data"][".dockerconfigjson"]).decode() == CREDENTIALS
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    others = {name: text for name, text in files_of(tmp_path / "out").items() if not name.startswith("secrets/")}
    assert not [name for name, text in others.items() if shows_a_value(text.decode())]
    notes = others["notes.md"].decode()
    assert "are in none of them" not in notes
    assert "Files never hold credentials" not in notes


def test_without_the_option_the_engine_is_not_asked_and_no_file_holds_a_value(asked: World, tmp_path: Path) -> None:
    answer(asked)
    assert render(asked, tmp_path / "out", "--with-secrets").exit_code == 0
    (asked.fakes.data / "calls").unlink()
    done = render(asked, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert not (asked.fakes.data / "calls").exists()
    written = files_of(tmp_path / "out")
    assert not [name for name, text in written.items() if name.startswith("secrets/") or shows_a_value(text.decode())]
    assert "team-0-api/db-1, team-0-api/db-2 are in none of them" in written["notes.md"].decode()


def test_every_problem_is_said_at_once_and_nothing_is_written(asked: World, tmp_path: Path) -> None:
    answer(asked, dbPassword=None, dbPasswordBefore={"value": "plain-planted", "secret": False})
    done = render(asked, tmp_path / "out", "--with-secrets")
    assert done.exit_code == 2
    assert "k8s-hardening:dbPassword: is missing in the configuration of the stack; set it with" in done.output
    assert "k8s-hardening:dbPasswordBefore: [secret] stands there as plain text" in done.output
    assert not shows_a_value(done.output)
    assert not (tmp_path / "out").exists()


def test_values_that_the_server_would_refuse_are_refused(asked: World, tmp_path: Path) -> None:
    large = {"value": "planted" * 150_000, "secret": True}
    answer(asked, dbPassword=large, registryPullSecret={"value": "planted", "secret": True})
    done = render(asked, tmp_path / "out", "--with-secrets")
    assert done.exit_code == 2
    assert "Secret team-0-api/db-2: holds 1050000 bytes, and a Secret takes 1048576 at most" in done.output
    assert "k8s-hardening:registryPullSecret: is no config.json with auths" in done.output
    assert not shows_a_value(done.output)
    assert not (tmp_path / "out").exists()


def test_a_wrong_passphrase_is_one_sentence(asked: World, tmp_path: Path) -> None:
    asked.fakes.say("config-error", "error: could not decrypt configuration values: incorrect passphrase\n")
    done = render(asked, tmp_path / "out", "--with-secrets")
    assert done.exit_code == 2
    assert "the configuration of stack dev cannot be read: could not decrypt" in done.output
    assert not (tmp_path / "out").exists()


def test_an_environment_without_secrets_asks_no_engine(world: World, tmp_path: Path) -> None:
    world.write("dev", {ROOT: BASELINE})
    done = render(world, tmp_path / "out", "--with-secrets")
    assert done.exit_code == 0, done.output
    assert "dev: wrote 0 Secrets" in done.output
    assert not (tmp_path / "out/secrets").exists()
