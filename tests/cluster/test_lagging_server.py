"""Two API servers on one etcd, one of them behind: the command line sees it in their metrics and refuses to promote."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.emitted import EmittedControlPlane, booted, emitted
from tests.cluster.processes import Server, free_port
from tests.cluster.test_rotation import dump, encryption
from tests.e2e.checkout import KH

pytestmark = pytest.mark.cluster

FIRST = encryption("secretbox", "key-1")
BOTH = encryption("secretbox", "key-1", "key-2")
PROMOTED = encryption("secretbox", "key-2", "key-1")


def second_server(plane: EmittedControlPlane, config: Path) -> tuple[Server, int]:
    """Another API server on the same etcd, with a configuration of its own."""
    port = free_port()
    changed = {"--secure-port": str(port), "--encryption-provider-config": str(config),
               "--audit-log-path": str(plane.root / "second-audit.log")}  # fmt: skip
    flags = [
        f"{name}={changed.get(name, value)}"
        for name, _, value in (flag.partition("=") for flag in plane.command("kube-apiserver"))
    ]
    server = Server.start("second-apiserver", [plane.cluster.binaries["kube-apiserver"], *flags], plane.root)
    plane.cluster.servers.append(server)
    return server, port


def metrics(plane: EmittedControlPlane, port: int, path: Path) -> Path:
    """What `kubectl get --raw /metrics` gives of one server."""
    own, plane.cluster.port = plane.cluster.port, port
    try:
        answer = plane.cluster.request("GET", "/metrics")
    finally:
        plane.cluster.port = own
    assert answer.status == 200
    path.write_text(answer.body)
    return path


def shown(plane: EmittedControlPlane, path: Path) -> Path:
    """What the node's script shows of its configuration: hashes, no key."""
    script = plane.root / "etc/kubernetes/hardening/encryption/bootstrap.sh"
    done = subprocess.run(["/bin/sh", script, "show"], capture_output=True, text=True, check=True)
    path.write_text(done.stdout)
    return path


def advised(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    command = [str(KH), "encryption", "next", "--format", "json", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return done.returncode, found


def test_promoting_is_refused_until_every_server_has_the_key(tmp_path: Path) -> None:
    with booted(binaries(NEWEST), tmp_path, {"encryption": FIRST}) as plane:
        live = plane.root / "etc/kubernetes/hardening/encryption/live/config.yaml"
        old = tmp_path / "old.yaml"
        old.touch(mode=0o600)
        old.write_bytes(live.read_bytes())
        old_shown = shown(plane, tmp_path / "old-shown.yaml")
        second, port = second_server(plane, old)

        def is_ready() -> bool:
            own, plane.cluster.port = plane.cluster.port, port
            try:
                return plane.cluster.is_ready()
            finally:
                plane.cluster.port = own

        second.wait_until(is_ready)
        plane.write(emitted(NEWEST, {"encryption": BOTH}))
        plane.bootstrap("make", "key-2")
        plane.bootstrap("fill")
        plane.restart_api_server()
        etcd = tmp_path / "etcd.json"
        etcd.write_bytes(dump(plane))
        both_shown = shown(plane, tmp_path / "both-shown.yaml")
        goal = next(
            file.text for file in emitted(NEWEST, {"encryption": PROMOTED}).host_files if "template" in file.path
        )
        (tmp_path / "goal.yaml").write_text(goal)
        known = ("--etcd-dump", etcd, "--config", both_shown, "--config", old_shown, "--to", tmp_path / "goal.yaml")
        first_metrics = metrics(plane, plane.cluster.port, tmp_path / "first.prom")
        status, lagging = advised(
            *known,
            *("--server-config", f"one={first_metrics}"),
            *("--server-config", f"two={metrics(plane, port, tmp_path / 'second.prom')}"),
        )
        assert status == 1
        assert lagging["next"]["step"] == "catch-up", lagging
        assert "two" in json.dumps(lagging["next"])

        # The second server reads its file anew, as an operator rolls the change out to its node.
        old.write_bytes(live.read_bytes())
        second.stop()
        plane.cluster.servers.remove(second)
        second, port = second_server(plane, old)
        second.wait_until(is_ready)
        status, level = advised(
            *known,
            *("--server-config", f"one={first_metrics}"),
            *("--server-config", f"two={metrics(plane, port, tmp_path / 'second.prom')}"),
        )
        assert level["next"]["step"] == "promote", level
        assert status == 0
