"""The environment for production, applied to a real API server: what `up` makes, keeps and refuses to lose."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import container, pod
from tests.cluster.cluster import Cluster
from tests.e2e.checkout import Checkout, Ran, checkout

pytestmark = pytest.mark.cluster


class Live:
    """A checkout whose prod stack goes to a running control plane."""

    def __init__(self, running: Cluster, folder: Path) -> None:
        self.cluster = running
        self.project: Checkout = checkout(folder)
        config = yaml.safe_load(running.admin.read_text())
        config["contexts"][0]["name"] = "prod-cluster"
        self._kubeconfig = folder / "kubeconfig"
        self._kubeconfig.touch(mode=0o600)
        self._kubeconfig.write_text(yaml.safe_dump(config))

    def run(self, command: str, *arguments: str) -> Ran:
        return self.project.run(
            command,
            *("--stack", "prod", "--format", "json"),
            *arguments,
            KUBECONFIG=str(self._kubeconfig),
            PULUMI_CONFIG_PASSPHRASE="of-a-test",  # noqa: S106 - guards a state that lives as long as the test
        )

    def up(self) -> Ran:
        return self.run("up", "--yes")

    def change(self, tenant: str, change: dict[str, Any] | None) -> None:
        """Change a tenant of the baseline, or with None take it out, and tell the pack."""
        path = self.project.folder / "Pulumi.prod.yaml"
        document = yaml.safe_load(path.read_text())
        tenants = document["config"]["k8s-hardening:baseline"]["tenants"]
        place = next(index for index, one in enumerate(tenants) if one["name"] == tenant)
        if change is None:
            del tenants[place]
        else:
            tenants[place] |= change
        path.write_text(yaml.safe_dump(document))
        told = self.project.run("pack-config", "--stack", "prod")
        assert told.status == 0, told.log

    def get(self, path: str) -> Any:
        answer = self.cluster.request("GET", path)
        assert answer.status == 200, answer.body
        return answer.body


@pytest.fixture
def live(running: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Live:
    return Live(running, tmp_path_factory.mktemp("checkout"))


def test_production_is_applied_kept_and_given_up_only_on_its_day(live: Live) -> None:
    first = live.up()
    assert first.status == 0, first.log

    namespace = live.get("/api/v1/namespaces/payments-api")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    policies = live.get("/apis/networking.k8s.io/v1/namespaces/payments-api/networkpolicies")["items"]
    assert {"deny-all", "allow-dns"} <= {one["metadata"]["name"] for one in policies}
    account = live.get("/api/v1/namespaces/payments-api/serviceaccounts/default")
    assert account["automountServiceAccountToken"] is False
    privileged = container()
    privileged["securityContext"] = {**privileged["securityContext"], "privileged": True}
    privileged["securityContext"].pop("allowPrivilegeEscalation")
    refused = live.cluster.request("POST", "/api/v1/namespaces/payments-api/pods", pod(containers=[privileged]))
    assert refused.status == 403
    assert "violates PodSecurity" in refused.body["message"]
    accepted = live.cluster.request("POST", "/api/v1/namespaces/payments-api/pods", pod())
    assert accepted.status == 201, accepted.body

    second = live.up()
    assert second.status == 0, second.log
    assert second.summary["steps"] == {}

    live.change("platform-tools", None)
    lost = live.run("preview")
    assert lost.status == 2
    assert 'tenant "platform-tools" is gone' in lost.log
    assert "decommission" in lost.log


def test_a_decommissioned_tenant_may_go(live: Live) -> None:
    assert live.up().status == 0
    live.change("platform-tools", {"decommission": datetime.datetime.now(tz=datetime.UTC).date()})
    freed = live.up()
    assert freed.status == 0, freed.log
    live.change("platform-tools", None)
    gone = live.up()
    assert gone.status == 0, gone.log
    for name in ("platform-ci", "platform-metrics"):
        assert live.cluster.request("GET", f"/api/v1/namespaces/{name}").status == 404
    live.get("/api/v1/namespaces/payments-api")
