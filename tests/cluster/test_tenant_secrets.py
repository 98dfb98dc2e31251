"""Secrets of tenants on real API servers: exactly these readers, immutable, mounted under the restricted level."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from k8s_hardening import secret_volume, token_volume, volume_mount
from k8s_hardening.kube.secrets import LARGEST, REQUIRED_KEYS, key_problem, missing_keys, value_problems
from k8s_hardening.model.tenant_secrets import TenantSecretInputs
from k8s_hardening.plans.objects import account
from k8s_hardening.plans.tenant_secrets import encoded, plan_tenant_secret, secret_object
from tests.builders import container, pod
from tests.cluster.binaries import NEWEST, OLDEST, binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.policy_cases import path_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

API, DB = "payments-api", "payments-db"
VALUE, OTHER = "the value of a test", "the value of another"
INPUTS = TenantSecretInputs.model_validate(
    {
        "name": "db",
        "namespace": API,
        "version": "2",
        "immutable": True,
        "readers": ["api"],
        "data": {"password": "[secret]"},
        "previous": {"1": {"password": "[secret]"}},
    }
)


@dataclass
class World:
    """A running control plane with two tenant namespaces, a Secret with a reader, and others without."""

    cluster: Cluster

    def post(self, manifest: dict[str, Any], *, dry_run: bool = False) -> Answer:
        return self.cluster.request("POST", f"{path_of(manifest)}{'?dryRun=All' if dry_run else ''}", manifest)

    def make(self, *manifests: dict[str, Any]) -> None:
        for manifest in manifests:
            answer = self.post(manifest)
            assert answer.status == 201, answer.body

    def token(self, namespace: str, name: str) -> str:
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        given = self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", asked)
        assert given.status == 201, given.body
        return str(given.body["status"]["token"])

    def may(self, who: str, **attributes: str) -> bool:
        """What the server answers to a SubjectAccessReview."""
        namespace = who.split(":")[2]
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": who,
                "groups": ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"],
                "resourceAttributes": attributes,
            },
        }
        answer = self.cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        assert answer.status == 201, answer.body
        return bool(answer.body["status"]["allowed"])


def namespace(name: str) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def secret(name: str, home: str = API, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": home}, **fields}


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    version: str = request.param
    with cluster(binaries(version), tmp_path_factory.mktemp(f"secrets-{version}")) as running:
        running.start_api_server(running.plain_flags())
        made = World(running)
        made.make(namespace(API), namespace(DB))
        made.make(*(account(home, name, pulls=False) for home in (API, DB) for name in ("default", "api", "idle")))
        made.make(
            *(secret_object(INPUTS, name, encoded({"password": VALUE})) for name, _ in INPUTS.versions()),
            *plan_tenant_secret(INPUTS),
            secret("other", data=encoded({"password": OTHER})),
            secret("db-2", DB, data=encoded({"password": OTHER})),
        )
        yield made


VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
ACCOUNTS = [f"system:serviceaccount:{home}:{name}" for home in (API, DB) for name in ("default", "api", "idle")]
READER = f"system:serviceaccount:{API}:api"


def test_the_named_account_may_get_its_secret_and_nobody_may_do_more(world: World) -> None:
    asked = list(itertools.product(ACCOUNTS, VERBS, (API, DB, ""), ("db-1", "db-2", "other", "")))
    allowed = {
        one
        for one in asked
        if world.may(one[0], verb=one[1], resource="secrets", group="", namespace=one[2], name=one[3])
    }
    assert len(asked) == 576
    assert allowed == {(READER, "get", API, "db-1"), (READER, "get", API, "db-2")}


@pytest.mark.parametrize(
    ("resource", "subresource"),
    [
        ("pods", ""),
        ("pods", "exec"),
        ("configmaps", ""),
        ("serviceaccounts", ""),
        ("serviceaccounts", "token"),
        ("rolebindings", ""),
        ("roles", ""),
    ],
)
def test_the_reader_has_no_other_right(world: World, resource: str, subresource: str) -> None:
    group = "rbac.authorization.k8s.io" if resource.startswith("role") else ""
    asked = [*VERBS, "bind", "escalate", "impersonate"]
    assert not [
        verb
        for verb in asked
        if world.may(READER, verb=verb, resource=resource, subresource=subresource, group=group, namespace=API)
    ]


def test_a_token_of_the_account_reads_this_secret_and_no_other(world: World) -> None:
    token = world.token(API, "api")
    own = world.cluster.anonymous("GET", f"/api/v1/namespaces/{API}/secrets/db-2", token=token)
    assert own.status == 200
    assert base64.b64decode(own.body["data"]["password"]).decode() == VALUE
    others = [
        f"/api/v1/namespaces/{API}/secrets/other",
        f"/api/v1/namespaces/{API}/secrets",
        f"/api/v1/namespaces/{API}/secrets?fieldSelector=metadata.name=db-2",
        f"/api/v1/namespaces/{API}/secrets?watch=true&timeoutSeconds=1",
        f"/api/v1/namespaces/{DB}/secrets/db-2",
        "/api/v1/secrets",
        f"/api/v1/namespaces/{API}/pods",
    ]
    found = {path: world.cluster.anonymous("GET", path, token=token) for path in others}
    assert {path: answer.status for path, answer in found.items()} == dict.fromkeys(others, 403)
    assert not any(OTHER in str(answer.body) for answer in found.values())
    for home, name in ((API, "idle"), (API, "default"), (DB, "api")):
        answer = world.cluster.anonymous("GET", f"/api/v1/namespaces/{API}/secrets/db-2", token=world.token(home, name))
        assert answer.status == 403, (home, name)


def test_an_immutable_secret_stays_as_it_is(world: World) -> None:
    path = f"/api/v1/namespaces/{API}/secrets/db-2"
    there = world.cluster.request("GET", path).body
    for change in ({"data": encoded({"password": OTHER})}, {"immutable": False}):
        answer = world.cluster.request("PUT", path, {**there, **change})
        assert answer.status == 422, answer.body
        assert "field is immutable when `immutable` is set" in answer.body["message"]
    assert base64.b64decode(world.cluster.request("GET", path).body["data"]["password"]).decode() == VALUE


def mounting(**changes: Any) -> dict[str, Any]:
    mounts = [volume_mount("db", "/run/secrets/db"), volume_mount("token", "/run/secrets/token")]
    return pod(
        serviceAccountName="api",
        volumes=[secret_volume("db", "db-2"), token_volume("token", "vault", 600)],
        containers=[container(volumeMounts=mounts)],
        **changes,
    )


def test_a_pod_with_the_helpers_volumes_is_taken_under_the_restricted_level(world: World) -> None:
    answer = world.post(mounting(), dry_run=True)
    assert answer.status == 201, answer.body
    assert answer.warnings == ()
    db, token = answer.body["spec"]["volumes"]
    assert db["secret"] == {"secretName": "db-2", "defaultMode": 0o400, "optional": False}
    assert token["projected"]["defaultMode"] == 0o400
    (source,) = token["projected"]["sources"]
    assert source["serviceAccountToken"] == {"audience": "vault", "expirationSeconds": 600, "path": "token"}
    assert [one["name"] for one in answer.body["spec"]["volumes"]] == ["db", "token"], "a token nobody asked for"
    (app,) = answer.body["spec"]["containers"]
    assert all(one["readOnly"] for one in app["volumeMounts"])


def test_a_pod_of_an_account_that_is_not_there_is_refused(world: World) -> None:
    """What the control referenced-objects-exist says of accounts."""
    answer = world.post(pod(serviceAccountName="nobody"), dry_run=True)
    assert answer.status == 403
    assert "error looking up service account payments-api/nobody" in answer.body["message"]


@pytest.mark.parametrize(("expiry", "status"), [(599, 422), (600, 201), (86_400, 201), (2**32, 201), (2**32 + 1, 422)])
def test_the_server_takes_tokens_from_ten_minutes_on(world: World, expiry: int, status: int) -> None:
    one = mounting()
    one["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] = expiry
    assert world.post(one, dry_run=True).status == status


KEYS = ["password", "a", ".a", "...", "..", ".", "..data", "a..b", "A_-.9", "a/b", "a b", "ä", "", "a" * 253, "a" * 254]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_key_is_refused_where_the_server_refuses_it(world: World, key: str) -> None:
    answer = world.post(secret("keys", data=encoded({key: "x"})), dry_run=True)
    assert (answer.status == 201) == (key_problem(key) is None), answer.body


CONTENTS = [
    *((kind, keys) for kind in REQUIRED_KEYS for keys in ({}, {"other": "x"})),
    *((kind, {group[0]: "{}" for group in groups}) for kind, groups in REQUIRED_KEYS.items()),
    ("kubernetes.io/basic-auth", {"password": ""}),
    ("kubernetes.io/ssh-auth", {"ssh-privatekey": ""}),
    ("kubernetes.io/tls", {"tls.crt": "x"}),
    ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}),
    ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "no"}),
    ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "[]"}),
    ("kubernetes.io/dockercfg", {".dockercfg": "5"}),
    ("Opaque", {}),
    ("example.com/own", {"x": "y"}),
    ("Opaque", {"a": "x" * (LARGEST // 2), "b" * 200: "x" * (LARGEST // 2)}),
    ("Opaque", {"a": "x" * (LARGEST // 2), "b": "x" * (LARGEST // 2 + 1)}),
]


@pytest.mark.parametrize(("kind", "values"), CONTENTS, ids=range(len(CONTENTS)))
def test_values_are_refused_where_the_server_refuses_them(world: World, kind: str, values: dict[str, str]) -> None:
    answer = world.post(secret("values", type=kind, data=encoded(values)), dry_run=True)
    ours = [*missing_keys(kind, values), *value_problems(kind, values)]
    assert (answer.status == 201) == (not ours), (answer.body, ours)
