"""The environment for production, applied to a real API server: what `up` makes, keeps and refuses to lose."""

from __future__ import annotations

import base64
import datetime
import json
import secrets

import pytest

from tests.builders import DIGEST, container, pod
from tests.cluster.cluster import Cluster
from tests.cluster.live import Live
from tests.e2e.checkout import Ran

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

ALLOWED = f"registry.example.com/platform/app@{DIGEST}"  # the only path that production takes images from
PULL_KEY = "registryPullSecret"


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
    privileged = container(image=ALLOWED)
    privileged["securityContext"] = {**privileged["securityContext"], "privileged": True}
    privileged["securityContext"].pop("allowPrivilegeEscalation")
    refused = live.cluster.request("POST", "/api/v1/namespaces/payments-api/pods", pod(containers=[privileged]))
    assert refused.status == 403
    assert "violates PodSecurity" in refused.body["message"]
    accepted = live.cluster.request(
        "POST", "/api/v1/namespaces/payments-api/pods", pod(containers=[container(image=ALLOWED)])
    )
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


def credentials() -> tuple[str, set[bytes]]:
    """A new value of the configuration key, and every form in which it could show."""
    password = secrets.token_hex(16)
    auth = base64.b64encode(f"robot:{password}".encode()).decode()
    value = json.dumps({"auths": {"registry.example.com": {"auth": auth}}})
    plain = {one.encode() for one in (value, auth, password)}
    return value, plain | {json.dumps(value)[1:-1].encode()} | {base64.b64encode(one) for one in plain}


def test_credentials_for_images_come_to_every_tenant_and_stand_readable_nowhere_else(live: Live) -> None:
    live.edit(lambda baseline: baseline["images"].update({"pull_secret_config": PULL_KEY}))
    forms: set[bytes] = set()
    ran: list[Ran] = []
    for turn in ("made", "replaced"):
        value, new = credentials()
        forms |= new
        live.pulumi("config", "set", "--secret", f"k8s-hardening:{PULL_KEY}", told=value)
        ran += [live.run("preview", "--", "--diff"), live.run("up", "--yes", "--", "--diff")]
        assert [one.status for one in ran[-2:]] == [0, 0], f"{turn}: {ran[-2].log}{ran[-1].log}"
        for namespace in ("payments-api", "shop-web"):
            secret = live.get(f"/api/v1/namespaces/{namespace}/secrets/registry-pull")
            assert secret["type"] == "kubernetes.io/dockerconfigjson"
            assert base64.b64decode(secret["data"][".dockerconfigjson"]).decode() == value, turn
            assert "kubectl.kubernetes.io/last-applied-configuration" not in secret["metadata"].get("annotations", {})
            account = live.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/default")
            assert account["imagePullSecrets"] == [{"name": "registry-pull"}]
    running = live.cluster.request(
        "POST", "/api/v1/namespaces/payments-api/pods", pod(containers=[container(image=ALLOWED)])
    )
    assert running.status == 201, running.body
    assert running.body["spec"]["imagePullSecrets"] == [{"name": "registry-pull"}]
    steady = live.up()
    assert (steady.status, steady.summary["steps"]) == (0, {})

    assert value in live.pulumi("config", "get", f"k8s-hardening:{PULL_KEY}"), "what is looked for was never there"
    places = [one for one in live.project.folder.rglob("*") if one.is_file() and ".venv" not in one.parts]
    assert any("state" in one.parts for one in places)
    assert not [str(place) for place in places if any(form in place.read_bytes() for form in forms)]
    said = "".join(one.output + one.log for one in (*ran, steady)) + live.pulumi("stack", "export")
    assert not [form for form in forms if form.decode() in said]
