"""docs/ledger.md is what the ledger says."""

from __future__ import annotations

import json
from pathlib import Path

from k8s_hardening.kube.cis import cis_controls
from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/ledger.md"


def test_the_page_is_up_to_date() -> None:
    assert call("ledger", "--format", "markdown").stdout == PAGE.read_text(), "run make docs"


def test_the_page_and_the_text_hold_every_control_once() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert [row for row in rows if row != "Control"] == [control.id for control in cis_controls()]
    assert [line.split()[0] for line in call("ledger").stdout.splitlines()] == [one.id for one in cis_controls()]


def test_json_tells_who_emits_and_who_enforces() -> None:
    entries = {entry["id"]: entry for entry in json.loads(call("ledger", "--format", "json").stdout)}
    assert entries["1.2.6"]["enforced_by"] == ["control-plane-authorization"]
    assert entries["4.2.14"]["emitted_by"] == {"plan": "control_plane.kubelet", "what": "seccompDefault"}
    assert "false included" in entries["4.2.14"]["difference"]
    assert entries["1.1.1"]["host_only"]
    assert entries["1.1.1"]["verify"].startswith("find /etc/kubernetes/manifests/kube-apiserver.yaml")
