"""Secrets of tenants, applied by the real engine to a real API server: only the server's own answer ever shows a value.

Preview, update, rotation, an update that a finding stops, and the end of it all; then state, its backups and history,
event logs, rendered files and whatever was said are searched for the planted values in every form.
"""

from __future__ import annotations

import base64
import subprocess
from typing import Any

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.live import PASSPHRASE, Live
from tests.e2e.planted import ROTATED, SECRET, forms_of, leaks_in, planted, said_in

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

HOME = "/api/v1/namespaces/payments-api"
TOKEN: dict[str, Any] = {"name": "token", "namespace": "payments-db", "keys": {"token": "apiToken"}}


@pytest.fixture
def live(running: Cluster, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    return Live(running, tmp_path_factory.mktemp("checkout"))


def declare(live: Live, *secrets: dict[str, Any]) -> None:
    def changed(baseline: dict[str, Any]) -> None:
        # One tenant alone, since each of the many runs takes its time with every object.
        names = ({"name": "payments-api", "service_accounts": [{"name": "api"}]}, {"name": "payments-db"})
        people = {"admins": ["group:oidc:payments-admins"]}
        baseline["tenants"] = [{"name": "payments", **people, "namespaces": list(names), "secrets": list(secrets)}]
        baseline["inert_service_accounts"] = ["kube-system"]

    live.edit(changed)


def keep(live: Live, key: str, value: str) -> None:
    live.pulumi("config", "set", "--secret", f"k8s-hardening:{key}", told=value)


def value_of(live: Live, path: str, key: str) -> str:
    return base64.b64decode(live.get(path)["data"][key]).decode()


def directly(live: Live, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The engine without our command line around it, its event log kept."""
    workspace = live.project.workspace("prod", renders=False)
    return subprocess.run(
        [
            str(workspace.toolchain.pulumi),
            *arguments,
            *("--stack", "prod", "--diff", "--event-log", str(live.project.folder / f"{name}.ndjson")),
            *("--policy-pack", str(workspace.pack), "--policy-pack-config", str(workspace.pack_configuration))[
                : 0 if arguments[0] == "destroy" else 4
            ],
        ],
        cwd=live.project.folder,
        env={**workspace.environment(), "KUBECONFIG": str(live.project.folder / "kubeconfig")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_value_stands_nowhere_but_in_its_secret_whatever_happens(live: Live) -> None:
    values = {key: planted(key) for key in ("dbPassword", "dbPasswordNext", "apiToken", "apiTokenNext")}
    said: list[str] = []

    declare(live, SECRET, TOKEN)
    keep(live, "dbPassword", values["dbPassword"])
    keep(live, "apiToken", values["apiToken"])
    ran = [live.run("preview", "--", "--diff"), live.run("up", "--yes", "--", "--diff")]
    assert [one.status for one in ran] == [0, 0], ran[0].log + ran[1].log
    assert value_of(live, f"{HOME}/secrets/db-1", "password") == values["dbPassword"]
    assert value_of(live, "/api/v1/namespaces/payments-db/secrets/token", "token") == values["apiToken"]
    account = live.get(f"{HOME}/serviceaccounts/api")
    assert account["automountServiceAccountToken"] is False
    assert live.get("/api/v1/namespaces/kube-system/serviceaccounts/default")["automountServiceAccountToken"] is False
    made = live.get(f"{HOME}/secrets/db-1")["metadata"]
    assert "kubectl.kubernetes.io/last-applied-configuration" not in made.get("annotations", {})

    # Rotation by a new version, and of a Secret without one by its value.
    declare(live, ROTATED, TOKEN)
    keep(live, "dbPasswordNext", values["dbPasswordNext"])
    keep(live, "apiToken", values["apiTokenNext"])
    rotated = live.run("up", "--yes", "--", "--diff")
    assert rotated.status == 0, rotated.log
    assert value_of(live, f"{HOME}/secrets/db-2", "password") == values["dbPasswordNext"]
    kept = live.get(f"{HOME}/secrets/db-1")
    assert kept["metadata"]["uid"] == made["uid"], "the version before must stay as it was"
    assert kept["metadata"]["resourceVersion"] == made["resourceVersion"]
    assert value_of(live, "/api/v1/namespaces/payments-db/secrets/token", "token") == values["apiTokenNext"]
    steady = live.up()
    assert (steady.status, steady.summary["steps"]) == (0, {})

    # The version before leaves with its line, and is the only thing that does.
    declare(live, {key: value for key, value in ROTATED.items() if key != "previous"}, TOKEN)
    dropped = live.run("up", "--yes", "--", "--diff")
    assert dropped.status == 0, dropped.log
    assert {urn.rpartition("::")[2]: step for urn, step in dropped.summary["steps"].items()} == {
        "baseline": "update",
        "baseline/secrets/payments-api/db": "update",
        "baseline/secrets/payments-api/db/Secret/payments-api/db-1": "delete",
        "baseline/secrets/payments-api/db/Role/payments-api/read-secret-db": "update",
    }
    assert live.cluster.request("GET", f"{HOME}/secrets/db-1").status == 404

    # An update that a finding stops: the judge no longer knows the tenant, and the value would change.
    keep(live, "apiToken", values["apiToken"])
    pack = live.project.folder / "policy-pack/config/prod.json"
    pack.write_text(pack.read_text().replace('"payments-db"', '"payments-elsewhere"'))
    stopped = directly(live, "stopped", "up", "--yes", "--skip-preview")
    assert stopped.returncode != 0
    assert "[namespace-owner]" in stopped.stdout + stopped.stderr
    assert value_of(live, "/api/v1/namespaces/payments-db/secrets/token", "token") in (
        values["apiToken"],
        values["apiTokenNext"],
    )
    gone = directly(live, "gone", "destroy", "--yes", "--exclude-protected")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert live.cluster.request("GET", f"{HOME}/secrets/db-2").status == 404

    said += [one.output + one.log for one in (*ran, rotated, steady, dropped)]
    said += [one.stdout + one.stderr for one in (stopped, gone)]
    said += [live.pulumi("stack", "export"), live.pulumi("stack", "history", "--json"), live.pulumi("config")]
    forms = forms_of(values.values())
    assert (live.project.folder / "stopped.ndjson").stat().st_size > 10_000
    assert values["apiToken"] in live.pulumi("config", "get", "k8s-hardening:apiToken"), "nothing was ever there"
    kept = {part for path in (live.project.folder / ".work/state").rglob("*") for part in path.parts}
    assert {"backups", "history", "stacks"} <= kept, "the engine keeps its past elsewhere"
    assert leaks_in(live.project.folder, forms) == []
    assert said_in("".join(said), forms) == []
