"""What people change in a running cluster: seen by `drift`, mended by `up`; and namespaces that do not go."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import cluster
from tests.cluster.connections import Request, answers
from tests.cluster.live import Live, goes_live
from tests.e2e.checkout import KH

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

_HERE = "/api/v1/namespaces/payments-api"
_RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/payments-api"
_NETWORK = "/apis/networking.k8s.io/v1/namespaces/payments-api/networkpolicies"
_SECRETS_TOO = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
_EVE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}
_PULL_KEY = "registryPullSecret"
_SECONDS = 120


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The dev environment, applied to a cluster, with credentials for images."""
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("servers")) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        one = Live(made, tmp_path_factory.mktemp("checkout"), "dev")
        one.edit(goes_live)
        one.edit(lambda baseline: baseline["images"].update({"pull_secret_config": _PULL_KEY}))
        value = json.dumps({"auths": {"registry.example.com": {"auth": "cm9ib3Q6b2YtYS10ZXN0"}}})
        one.pulumi("config", "set", "--secret", f"k8s-hardening:{_PULL_KEY}", told=value)
        first = one.up()
        assert first.status == 0, first.log
        yield one


def change(live: Live, path: str, body: Any) -> None:
    """Change an object as somebody with kubectl does."""
    asked = f"{path}?fieldManager=kubectl-edit"
    (answer,) = answers(live.cluster, [Request("PATCH", asked, body, "application/merge-patch+json")])
    assert answer.status == 200, answer.body


def drifted(live: Live, status: int = 1) -> dict[str, dict[str, Any]]:
    """What differs, by `namespace/kind/name`."""
    ran = live.run("drift")
    assert ran.status == status, ran.log
    return {f"{one['namespace']}/{one['kind']}/{one['name']}": one for one in ran.summary["objects"]}


def test_a_second_update_changes_nothing(live: Live) -> None:
    again = live.up()
    assert (again.status, again.summary["steps"]) == (0, {}), again.log
    assert drifted(live, 0) == {}


def test_what_was_changed_by_hand_is_seen_and_mended(live: Live) -> None:
    role = live.get(f"{_RBAC}/roles/tenant-viewer")
    subjects = live.get(f"{_RBAC}/rolebindings/tenant-viewer")["subjects"]
    change(live, f"{_HERE}/resourcequotas/tenant-quota", {"spec": {"hard": {"pods": "500"}}})
    change(live, f"{_RBAC}/roles/tenant-viewer", {"rules": [*role["rules"], _SECRETS_TOO]})
    change(live, f"{_RBAC}/rolebindings/tenant-viewer", {"subjects": [*subjects, _EVE]})
    change(live, f"{_NETWORK}/deny-all", {"spec": {"ingress": [{}]}})
    change(live, f"{_HERE}/serviceaccounts/default", {"automountServiceAccountToken": True})
    change(live, "/api/v1/namespaces/payments-db", {"metadata": {"labels": {"example.com/cost-centre": "cc-other"}}})
    change(live, "/api/v1/namespaces/shop-web", {"metadata": {"labels": {"more": "than-asked"}}})
    gone = live.cluster.request("DELETE", "/api/v1/namespaces/payments-db/limitranges/tenant-limits")
    assert gone.status == 200

    # The engine alone sees what has another value, and not what was added to an object.
    refreshed = live.run("preview", "--", "--refresh", "--expect-no-changes")
    assert refreshed.status == 1, refreshed.log
    found = drifted(live)
    fields = {name: {field["path"] for field in one["fields"]} for name, one in found.items()}
    assert fields == {
        "payments-api/ResourceQuota/tenant-quota": {"spec.hard.pods"},
        "payments-api/Role/tenant-viewer": {"rules"},
        "payments-api/RoleBinding/tenant-viewer": {"subjects"},
        "payments-api/NetworkPolicy/deny-all": {"spec.ingress"},
        "payments-api/ServiceAccount/default": {"automountServiceAccountToken"},
        "/Namespace/payments-db": {'metadata.labels["example.com/cost-centre"]'},
        "/Namespace/shop-web": {"metadata.labels.more"},
        "payments-db/LimitRange/tenant-limits": set(),
    }
    assert found["payments-db/LimitRange/tenant-limits"]["gone"]
    (quota,) = found["payments-api/ResourceQuota/tenant-quota"]["fields"]
    assert (quota["applied"], quota["found"]) == ('"80"', '"500"')

    mended = live.up()
    assert mended.status == 0, mended.log
    assert 'RoleBinding tenant-viewer\n  subjects: {"apiGroup"' in mended.log
    assert "not mended, since making Namespace shop-web anew would lose more" in mended.log
    assert live.get(f"{_HERE}/resourcequotas/tenant-quota")["spec"]["hard"]["pods"] == "80"
    assert live.get(f"{_RBAC}/roles/tenant-viewer")["rules"] == role["rules"]
    assert live.get(f"{_RBAC}/rolebindings/tenant-viewer")["subjects"] == subjects
    assert "ingress" not in live.get(f"{_NETWORK}/deny-all")["spec"]
    assert live.get(f"{_HERE}/serviceaccounts/default")["automountServiceAccountToken"] is False
    assert live.get("/api/v1/namespaces/payments-db")["metadata"]["labels"]["example.com/cost-centre"] == "cc-1042"
    live.get("/api/v1/namespaces/payments-db/limitranges/tenant-limits")

    assert set(drifted(live)) == {"/Namespace/shop-web"}, "it is told until somebody takes it away"
    change(live, "/api/v1/namespaces/shop-web", {"metadata": {"labels": {"more": None}}})
    assert drifted(live, 0) == {}


def test_a_secret_that_was_changed_is_named_without_its_value(live: Live) -> None:
    path = f"{_HERE}/secrets/registry-pull"
    before = live.get(path)["data"]
    planted = "eyJhdXRocyI6eyJwbGFudGVkLmV4YW1wbGUiOnsiYXV0aCI6IlpYWnBiRHBsZG1scyJ9fX0="
    change(live, path, {"data": {".dockerconfigjson": planted}})
    ran = live.run("drift")
    assert ran.status == 1
    (one,) = ran.summary["objects"]
    assert (one["kind"], one["name"]) == ("Secret", "registry-pull")
    assert [(field["applied"], field["found"]) for field in one["fields"]] == [(None, None)]
    mended = live.up()
    assert mended.status == 0, mended.log
    assert live.get(path)["data"] == before
    said = ran.output + ran.log + mended.output + mended.log
    assert planted not in said
    assert before[".dockerconfigjson"] not in said


def test_a_namespace_that_does_not_go_is_told_with_what_keeps_it(live: Live, tmp_path: Path) -> None:
    namespace = "/api/v1/namespaces/platform-ci"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    assert live.cluster.request("POST", f"{namespace}/configmaps", body).status == 201
    live.change("platform-tools", {"decommission": datetime.datetime.now(tz=datetime.UTC).date()})
    assert live.up().status == 0
    live.change("platform-tools", None)
    with (tmp_path / "up.log").open("wb") as output:
        process = subprocess.Popen(
            [str(KH), "up", "--stack", "dev", "--yes"],
            cwd=live.project.folder,
            env={**os.environ, **live.variables},
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + _SECONDS
    while "NamespaceFinalizersRemaining" not in {
        one["type"] for one in live.get(namespace)["status"].get("conditions", []) if one["status"] == "True"
    }:
        assert process.poll() is None, (tmp_path / "up.log").read_text()
        assert time.monotonic() < deadline, (tmp_path / "up.log").read_text()
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)  # ten minutes are what the engine would wait for it
    assert process.wait(_SECONDS) == 130

    found = drifted(live)["/Namespace/platform-ci"]
    assert found["leaving"]
    held = "\n".join(found["holds"])
    assert "NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource instances" in held
    assert "NamespaceFinalizersRemaining: " in held
    assert "example.com/hold in 1 resource instances" in held

    change(live, f"{namespace}/configmaps/held", {"metadata": {"finalizers": None}})
    gone = live.up()
    assert gone.status == 0, gone.log
    assert live.cluster.request("GET", namespace).status == 404
    assert drifted(live, 0) == {}
