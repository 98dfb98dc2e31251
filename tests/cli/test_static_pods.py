"""`check --static-pods`: the control plane's own pods may be what no other pod may, and only when asked for."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.cli.calling import call
from tests.controls.corpus import ROOT

MANIFEST = yaml.safe_load((ROOT / "control-plane-audit/pass/static-pod.yaml").read_text())


def test_the_exemptions_are_given_only_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "kube-apiserver.yaml"
    file.write_text(yaml.safe_dump(MANIFEST))
    alone = call("check", "--kubernetes", "1.36", str(file))
    assert alone.exit_code == 1
    assert "host-namespaces" in alone.stdout
    asked = call("check", "--static-pods", "--kubernetes", "1.36", str(file))
    assert asked.exit_code == 0, asked.output


def test_another_pod_is_not_exempt(tmp_path: Path) -> None:
    other = {**MANIFEST, "metadata": {**MANIFEST["metadata"], "name": "agent"}}
    file = tmp_path / "agent.yaml"
    file.write_text(yaml.safe_dump(other))
    assert "host-namespaces" in call("check", "--static-pods", "--kubernetes", "1.36", str(file)).stdout
