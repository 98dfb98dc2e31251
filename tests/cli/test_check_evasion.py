"""What a team might try to get a bad object past `k8s-hardening check`."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.builders import container, pod
from tests.cli.calling import call


def test_a_pod_in_the_items_of_something_else_is_judged_once(tmp_path: Path) -> None:
    bad = pod(containers=[{**container(), "securityContext": {**container()["securityContext"], "privileged": True}}])
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "team"}, "items": [bad]}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(config))
    result = call("check", "--format", "json", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout.count("items[0].spec.containers[0].securityContext.privileged") == 1
