"""Real servers booted from the emitted settings: ready, encrypting, closed to strangers, logging as predicted."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.audit import Level, decide
from tests.cluster.binaries import Binaries
from tests.cluster.emitted import EmittedControlPlane, booted

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def plane(servers: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmittedControlPlane]:
    """The hardened default of a version."""
    with booted(servers, tmp_path_factory.mktemp(f"plane-{servers.version}")) as made:
        yield made


def is_newest(plane: EmittedControlPlane) -> bool:
    return plane.cluster.binaries.version != "1.24"


def secret(name: str, value: str = "plain-text-canary") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"value": base64.b64encode(value.encode()).decode()},
    }


def test_it_is_ready_with_nothing_but_paths_addresses_and_ports_substituted(plane: EmittedControlPlane) -> None:
    assert plane.cluster.is_ready()
    for line in plane.substitutions:
        old, _, new = line.partition(": ")[2].partition(" -> ")
        changed = re.sub(r"[0-9.:,=$()A-Z_]+|test-node|https?://|-{2}[a-z-]+", "", new)
        kept = re.sub(r"[0-9.:,=$()A-Z_]+|test-node|https?://|-{2}[a-z-]+", "", old)
        assert changed == kept or old == "(default)", line


def test_a_secret_lies_encrypted_in_etcd(plane: EmittedControlPlane) -> None:
    made = plane.cluster.request("POST", "/api/v1/namespaces/default/secrets", secret("at-rest"))
    assert made.status == 201, made.body
    (raw,) = plane.cluster.range("/registry/secrets/default/at-rest").values()
    assert raw.startswith(b"k8s:enc:secretbox:v1:key-1:")
    assert b"plain-text-canary" not in raw
    read = plane.cluster.request("GET", "/api/v1/namespaces/default/secrets/at-rest")
    assert base64.b64decode(read.body["data"]["value"]) == b"plain-text-canary"


def test_a_stranger_gets_401_except_where_a_probe_must_come_through(plane: EmittedControlPlane) -> None:
    for path in ("/api/v1/namespaces", "/api/v1/secrets", "/version", "/metrics", "/openapi/v2"):
        assert plane.cluster.anonymous("GET", path).status == 401, path
    for path in ("/livez", "/readyz", "/healthz"):
        assert plane.cluster.anonymous("GET", path).status == (200 if is_newest(plane) else 401), path
    assert plane.cluster.anonymous("GET", "/api/v1/namespaces", token="made-up").status == 401  # noqa: S106


def test_the_admission_plug_ins_are_those_that_were_emitted(plane: EmittedControlPlane) -> None:
    log = (plane.cluster.folder / "kube-apiserver.log").read_text()
    loaded = set(
        re.findall(
            r"[A-Za-z]+",
            " ".join(re.findall(r"admission controller\(s\) successfully in the following order: ([A-Za-z,]+)", log)),
        )
    )
    (wanted,) = [flag for flag in plane.command("kube-apiserver") if flag.startswith("--enable-admission-plugins=")]
    names = set(wanted.partition("=")[2].split(","))
    assert {"NodeRestriction", "AlwaysPullImages", "EventRateLimit", "DenyServiceExternalIPs"} <= names
    assert names <= loaded


def test_pod_security_is_enforced_by_the_emitted_default(plane: EmittedControlPlane) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "unlabelled"}}
    assert plane.cluster.request("POST", "/api/v1/namespaces", namespace).status == 201
    bad = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad", "namespace": "unlabelled"},
        "spec": {"hostNetwork": True, "containers": [{"name": "a", "image": "a"}]},
    }
    refused = plane.cluster.request("POST", "/api/v1/namespaces/unlabelled/pods", bad)
    assert refused.status == 403, refused.body


REQUESTS = (
    *((method, path, None) for method in ("GET",) for path in (
        "/api", "/apis", "/version", "/healthz", "/livez", "/readyz", "/metrics", "/openapi/v2", "/api/v1",
        "/api/v1/nodes", "/api/v1/pods", "/api/v1/namespaces", "/api/v1/namespaces/default", "/api/v1/secrets",
        "/api/v1/configmaps", "/api/v1/events", "/api/v1/services", "/api/v1/endpoints", "/api/v1/serviceaccounts",
        "/api/v1/namespaces/default/secrets", "/api/v1/namespaces/kube-system/configmaps",
        "/api/v1/persistentvolumes", "/api/v1/resourcequotas", "/api/v1/limitranges",
        "/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets", "/apis/batch/v1/jobs",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles", "/apis/rbac.authorization.k8s.io/v1/rolebindings",
        "/apis/networking.k8s.io/v1/networkpolicies", "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", "/apis/discovery.k8s.io/v1/endpointslices",
        "/apis/apiregistration.k8s.io/v1/apiservices", "/apis/storage.k8s.io/v1/storageclasses",
    )),
    ("POST", "/api/v1/namespaces/default/secrets", secret("logged")),
    ("PUT", "/api/v1/namespaces/default/secrets/logged", secret("logged", "other-canary")),
    ("DELETE", "/api/v1/namespaces/default/secrets/logged", None),
    ("POST", "/api/v1/namespaces/default/configmaps",
     {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "logged"}, "data": {"a": "plain-text-canary"}}),
    ("DELETE", "/api/v1/namespaces/default/configmaps/logged", None),
    ("POST", "/api/v1/namespaces/default/serviceaccounts/default/token",
     {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}),
    ("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
     {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "plain-text-canary"}}),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
     {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "logged"}, "rules": []}),
    ("DELETE", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/logged", None),
    ("POST", "/api/v1/namespaces/default/pods/none/exec?command=id", None),
    ("GET", "/api/v1/namespaces/default/pods/none/log", None),
    ("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "logged"}}),
    ("DELETE", "/api/v1/namespaces/logged", None),
)  # fmt: skip


def requested(event: dict[str, Any]) -> ApiRequest:
    """What an audit event says that was asked."""
    about = event.get("objectRef") or {}
    return ApiRequest(
        verb=event["verb"],
        path=event["requestURI"].partition("?")[0],
        is_resource=bool(about.get("resource")),
        group=about.get("apiGroup", ""),
        resource=about.get("resource", ""),
        subresource=about.get("subresource", ""),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        user=event["user"].get("username", ""),
        groups=tuple(event["user"].get("groups", ())),
    )


def test_the_audit_log_has_each_request_at_the_level_that_the_evaluator_predicts(plane: EmittedControlPlane) -> None:
    policy = yaml.safe_load((plane.root / "etc/kubernetes/hardening/audit/policy.yaml").read_text())
    sent = []
    for number, (method, path, body) in enumerate(REQUESTS):
        mark = f"{'&' if '?' in path else '?'}audit-test={number}"
        plane.cluster.request(method, path + mark, body)
        sent.append((method, path + mark))
    assert len(sent) >= 40
    events = [json.loads(line) for line in plane.audit_log().read_text().splitlines()]
    compared: Counter[Level] = Counter()
    for event in events:
        predicted = decide(policy, requested(event)).level
        assert event["level"] == predicted, event["requestURI"]
        compared[predicted] += 1
    logged = {event["requestURI"] for event in events}
    # What is not logged must have been predicted so.
    silent = [path for _, path in sent if path not in logged]
    assert {path.partition("?")[0] for path in silent} == {"/version", "/healthz", "/livez", "/readyz"}
    assert compared[Level.METADATA] > 20
    assert compared[Level.REQUEST] > 3
    print(f"{sum(compared.values())} audit events compared: {dict(compared)}; {len(silent)} requests predicted silent")
    text = plane.audit_log().read_text()
    for canary in ("plain-text-canary", base64.b64encode(b"plain-text-canary").decode(), "other-canary"):
        assert canary not in text
