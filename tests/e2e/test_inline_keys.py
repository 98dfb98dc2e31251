"""The loud opt-in to key bytes: they go through the real engine, and no state, event, log or file shows one."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.e2e

NAME, PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE", "of-a-test"


def test_no_state_event_log_or_file_holds_a_key(project: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, PASSPHRASE)
    path = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(path.read_text())
    control_plane = document["config"]["k8s-hardening:baseline"]["control_plane"]
    control_plane["encryption"] = {"inline_keys_from_config": "encryptionKeys"}
    del document["encryptionsalt"]  # of the empty passphrase, which guards nothing
    path.write_text(yaml.safe_dump(document))
    assert project.run("pack-config").status == 0

    workspace = project.workspace("dev", renders=True)
    workspace.ensure_stack()
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    command = [str(workspace.toolchain.pulumi), "config", "set", "--secret", "encryptionKeys", "--stack", "dev"]
    done = subprocess.run(
        command,
        input=json.dumps({"key-1": key}),
        cwd=project.folder,
        env=workspace.environment(),
        text=True,
        check=False,
    )
    assert done.returncode == 0

    log = project.folder / "events.ndjson"
    subprocess.run(
        [str(workspace.toolchain.pulumi), "preview", "--stack", "dev", "--diff", "--event-log", str(log)],
        cwd=project.folder,
        env=workspace.environment(),
        capture_output=True,
        check=True,
    )
    assert log.stat().st_size > 10_000
    ran = [
        project.preview("--", "--diff", **{NAME: PASSPHRASE}),
        project.up("--", "--diff", **{NAME: PASSPHRASE}),
        project.run("render", "--stack", "dev", "--out", "rendered"),
    ]
    assert [one.status for one in ran] == [0, 0, 0], ran[0].log + ran[1].log + ran[2].log

    secret_files = subprocess.run(
        [str(workspace.toolchain.pulumi), "stack", "export", "--stack", "dev", "--show-secrets"],
        cwd=project.folder,
        env=workspace.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert key in secret_files, "the key never came through, so its absence elsewhere would prove nothing"

    forms = {key.encode(), base64.b64encode(key.encode()), base64.b64decode(key)}
    places = [one for one in project.folder.rglob("*") if one.is_file() and ".venv" not in one.parts]
    assert any("state" in one.parts for one in places)
    assert log in places
    leaks = [str(place) for place in places if any(form in place.read_bytes() for form in forms)]
    assert leaks == []
    for one in ran:
        assert key not in one.output + one.log


def test_the_pack_refuses_key_bytes_in_any_other_object(project: Checkout) -> None:
    """Whoever writes the same file into a ConfigMap is stopped, and the message shows no key."""
    key = base64.b64encode(b"k" * 32).decode()
    text = yaml.safe_dump(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [
                {"resources": ["secrets"], "providers": [{"secretbox": {"keys": [{"name": "key-1", "secret": key}]}}]}
            ],
        }
    )
    written = Path(project.folder, "manifest.yaml")
    written.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "encryption", "namespace": "payments-api"},
                "data": {"encryption.yaml": text},
            }
        )
    )
    ran = project.run("check", "--format", "json", str(written))
    assert ran.status == 1
    assert {one["control"] for one in json.loads(ran.output)["findings"]} == {"encryption-configuration"}
    assert key not in ran.output + ran.log
