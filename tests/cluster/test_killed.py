"""An update that is killed in its middle, engine or server: the next one completes it, with nothing lost or doubled."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.cluster.cluster import Cluster
from tests.cluster.live import BASELINE, Live, goes_live
from tests.e2e.checkout import KH

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

_SECONDS = 240
_MIDDLE = 5  # policies of the network that are there when it is killed, of some dozens
_LISTS = {
    "Namespace": "/api/v1/namespaces",
    "ResourceQuota": "/api/v1/resourcequotas",
    "LimitRange": "/api/v1/limitranges",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/networkpolicies",
    "Role": "/apis/rbac.authorization.k8s.io/v1/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}
_OURS = "?labelSelector=app.kubernetes.io/managed-by%3Dk8s-hardening"


@pytest.fixture
def live(running: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Live:
    made = Live(running, tmp_path_factory.mktemp("checkout"), "dev")
    made.edit(goes_live)
    return made


def begun(live: Live, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """An update amidst of its work."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(KH), "up", "--stack", live.stack, "--yes"],
            cwd=live.project.folder,
            env={**os.environ, **live.variables, **environment},
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + _SECONDS
    while len(live.get(_LISTS["NetworkPolicy"] + _OURS)["items"]) < _MIDDLE:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return process


def kill_session(leader: int) -> None:
    """Kill an engine with all its plug-ins, which have groups of their own and would outlive it."""
    os.kill(leader, signal.SIGKILL)
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(int(one.name)) == leader:
                os.kill(int(one.name), signal.SIGKILL)


def locks(live: Live) -> list[dict[str, Any]]:
    return [json.loads(one.read_text()) for one in (live.project.folder / ".work/state/.pulumi/locks").rglob("*.json")]


def planned(live: Live) -> Counter[str]:
    """How many objects of each kind the plan holds."""
    document = yaml.safe_load((live.project.folder / "Pulumi.dev.yaml").read_text())
    return Counter(one["kind"] for one in plan_baseline(read_baseline(document["config"][BASELINE])).manifests)


def assert_complete(live: Live) -> None:
    """State and cluster hold the plan, each object once, and a further update has nothing to do."""
    wanted = planned(live)
    deployment = json.loads(live.pulumi("stack", "export"))["deployment"]
    assert not deployment.get("pending_operations")
    known = [one for one in deployment["resources"] if one["type"].startswith("kubernetes:")]
    assert not [one for one in known if one.get("delete")]
    assert Counter(one["inputs"]["kind"] for one in known) == wanted
    for kind, path in _LISTS.items():
        there = live.get(path + _OURS)["items"]
        assert len(there) == wanted[kind], kind
        uids = {one["outputs"]["metadata"]["uid"] for one in known if one["inputs"]["kind"] == kind}
        assert {one["metadata"]["uid"] for one in there} == uids, kind
    assert live.run("drift").summary == {"compared": wanted.total(), "objects": []}
    again = live.up()
    assert (again.status, again.summary["steps"]) == (0, {}), again.log


@pytest.mark.parametrize("skipped", ["false", "true"])
def test_a_killed_engine(live: Live, tmp_path: Path, skipped: str) -> None:
    process = begun(live, tmp_path / "up.log", PULUMI_SKIP_CHECKPOINTS=skipped)
    (held,) = locks(live)
    kill_session(held["pid"])
    assert process.wait(_SECONDS) == 1
    told = (tmp_path / "up.log").read_text()
    assert "error: the engine was killed (signal 9)" in told
    made = sum(len(live.get(path + _OURS)["items"]) for path in _LISTS.values())
    assert 0 < made < planned(live).total(), "not in its middle"

    refused = live.up()
    assert refused.status != 0
    assert f"is locked by a run that was killed (process {held['pid']} of this host since" in refused.log
    remedy = shlex.split(refused.log.rpartition("run `")[2].partition("`")[0])
    done = subprocess.run(remedy, env={**os.environ, **live.variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pending = json.loads(live.pulumi("stack", "export"))["deployment"].get("pending_operations") or []
    if skipped == "true":
        # The state knows nothing of what was made, so the server takes this run for somebody else.
        others = live.up()
        assert others.status == 1
        assert "run `k8s-hardening up` again with --take-over" in others.log
    completed = live.up(*(["--take-over"] if skipped == "true" else []))
    assert completed.status == 0, completed.log
    assert ("an earlier run was killed while it made" in completed.log) is bool(pending)
    assert bool(pending) is (skipped == "false")
    assert_complete(live)

    # What leaves the baseline leaves the cluster. Only what was made and not written down keeps its first owner, a name
    # that the provider makes up: such a label stays, and is told until somebody takes it away.
    live.change("payments", {"labels": {}})
    assert live.up().status == 0
    stays = {
        name
        for name in ("payments-api", "payments-db")
        if "example.com/cost-centre" in live.get(f"/api/v1/namespaces/{name}")["metadata"]["labels"]
    }
    assert bool(stays) is (skipped == "true")
    assert {one["name"] for one in live.run("drift").summary["objects"]} == stays


def test_a_killed_server(live: Live, tmp_path: Path) -> None:
    (server,) = (one for one in live.cluster.servers if one.name == "kube-apiserver")
    process = begun(live, tmp_path / "up.log")
    server.process.kill()
    assert process.wait(_SECONDS) == 1, (tmp_path / "up.log").read_text()
    assert locks(live) == []
    unreachable = live.run("drift")
    assert unreachable.status == 2
    assert "cannot be read" in unreachable.log

    live.cluster.start_api_server(live.cluster.plain_flags(), name="kube-apiserver-again")
    completed = live.up()
    assert completed.status == 0, completed.log
    assert_complete(live)
