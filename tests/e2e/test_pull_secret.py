"""Credentials for image pulls in a rendered environment: no state, event, log or file ever shows a part of them."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

import pytest
import yaml

from tests.e2e.checkout import Checkout, pulumi

pytestmark = pytest.mark.e2e

NAME, PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE", "of-a-test"
KEY = "k8s-hardening:registryPullSecret"


def name_credentials(project: Checkout) -> None:
    """Let the development environment take credentials from its configuration."""
    path = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"]["k8s-hardening:baseline"]["images"]["pull_secret_config"] = KEY.partition(":")[2]
    del document["encryptionsalt"]  # of the empty passphrase, which guards nothing
    path.write_text(yaml.safe_dump(document))
    assert project.run("pack-config").status == 0


def test_no_state_event_log_or_file_holds_credentials(project: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, PASSPHRASE)
    name_credentials(project)
    workspace = project.workspace("dev", renders=True)
    workspace.ensure_stack()
    password = secrets.token_hex(16)
    auth = base64.b64encode(f"robot:{password}".encode()).decode()
    value = json.dumps({"auths": {"registry.example.com": {"auth": auth}}})
    assert pulumi(workspace, "config", "set", "--secret", KEY, told=value).returncode == 0

    log = project.folder / "events.ndjson"
    direct = pulumi(workspace, "preview", "--diff", "--event-log", str(log))
    assert direct.returncode == 0, direct.stderr
    assert log.stat().st_size > 10_000
    ran = [
        project.preview("--", "--diff", **{NAME: PASSPHRASE}),
        project.up("--", "--diff", **{NAME: PASSPHRASE}),
        project.run("render", "--stack", "dev", "--out", "rendered"),
    ]
    assert [one.status for one in ran] == [0, 0, 0], ran[0].log + ran[1].log + ran[2].log
    assert pulumi(workspace, "config", "get", KEY).stdout.strip() == value, "what is looked for was never there"

    account = "imagePullSecrets:\n- name: registry-pull\n"
    written = [one for folder in ("out/dev", "rendered") for one in (project.folder / folder).rglob("*.yaml")]
    assert len([one for one in written if account in one.read_text()]) > 5
    assert not [one for one in written if "kind: Secret\n" in one.read_text()]
    command = f"pulumi config get {KEY} | kubectl create secret generic registry-pull"
    assert command in (project.folder / "rendered/notes.md").read_text()
    assert command in ran[1].log + ran[1].output

    forms = forms_of(value, auth, password)
    places = [one for one in project.folder.rglob("*") if one.is_file() and ".venv" not in one.parts]
    assert any("state" in one.parts for one in places)
    assert log in places
    leaks = [str(place) for place in places if any(form in place.read_bytes() for form in forms)]
    assert leaks == []
    said = "".join(one.output + one.log for one in ran) + direct.stdout + direct.stderr
    assert not any(form.decode() in said for form in forms)


def forms_of(*texts: str) -> set[bytes]:
    """The texts as they are, in JSON and in base64."""
    plain = {text.encode() for text in texts}
    return plain | {json.dumps(text)[1:-1].encode() for text in texts} | {base64.b64encode(one) for one in plain}


def test_credentials_that_anybody_can_read_stop_everything(project: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, PASSPHRASE)
    name_credentials(project)
    password = secrets.token_hex(16)
    path: Path = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"][KEY] = json.dumps({"auths": {"registry.example.com": {"auth": password}}})
    path.write_text(yaml.safe_dump(document))
    for ran in (project.preview(), project.run("render", "--stack", "dev", "--out", "rendered")):
        assert ran.status != 0
        assert f"{KEY}: [secret] stands there as plain text" in ran.log + ran.output
        assert password not in ran.log + ran.output
        assert "Traceback" not in ran.log + ran.output
    assert not (project.folder / "rendered").exists()
