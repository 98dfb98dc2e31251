"""People on a real server: an exec credential plug-in gives a token, and a webhook says whose it is.

The baseline, the webhook's yes, the kubeconfig and what the plug-in prints are those of docs/signing-in.md.
"""

from __future__ import annotations

import copy
import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.cli.calling import call
from tests.cluster.binaries import OLDEST, Binaries
from tests.cluster.cluster import Answer
from tests.cluster.emitted import EmittedControlPlane, emitted, stopped
from tests.cluster.options import built_check
from tests.cluster.processes import free_port
from tests.cluster.rights import grant
from tests.cluster.services import lend_client_pair, service
from tests.docs.pages import page

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

PAGE = page("docs/signing-in.md")
BASELINE, KUBECONFIG = (yaml.safe_load(block) for block in PAGE.blocks("yaml"))
YES, CREDENTIAL = (json.loads(block) for block in PAGE.blocks("json"))
USER = YES["status"]["user"]
EXEC = KUBECONFIG["users"][0]["user"]["exec"]
NO = {**YES, "status": {"authenticated": False}}
CACHE_SECONDS, OUTER_CACHE_SECONDS = 1, 10
HEALTH = ("/livez", "/readyz", "/healthz")


def pods(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def unique() -> str:
    """A name that no other request or token of the tests has."""
    return f"t-{secrets.token_hex(12)}"


@dataclass
class SignIn:
    """A control plane that asks a webhook, which knows some tokens."""

    plane: EmittedControlPlane
    port: int
    known: set[str] = field(default_factory=set)
    given: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def token(self, *, known: bool = True) -> str:
        """A token of its own for a test, so that no answer to another one is remembered."""
        made = unique()
        self.given.append(made)
        if known:
            self.known.add(made)
        return made

    def webhook(
        self, answer: Callable[[str], Any] | None = None, certificate: str = "apiserver"
    ) -> AbstractContextManager[int]:
        """The webhook while it runs; it answers what it knows, or what a test says for a token."""

        def review(path: str, asked: Any) -> Any:
            self.asked.append((path, asked))
            token = asked["spec"]["token"]
            return (answer or self._answer)(token)

        pki = self.plane.cluster.pki
        return service(pki, review, client_ca=True, port=self.port, certificate=certificate)

    def _answer(self, token: str) -> Any:
        return YES if token in self.known else NO

    def tokens_asked(self) -> list[str]:
        return [review["spec"]["token"] for _, review in self.asked]

    def get(self, token: str, path: str) -> Answer:
        return self.plane.cluster.anonymous("GET", path, token=token)

    def user_logged(self, path: str) -> dict[str, Any]:
        """Who asked for a path, as the audit log says."""
        events = map(json.loads, self.plane.audit_log().read_text().splitlines())
        (user,) = [event["user"] for event in events if event["requestURI"] == path]
        assert isinstance(user, dict)
        return user

    def server_log(self) -> str:
        return (self.plane.cluster.folder / "kube-apiserver.log").read_text()

    def control_plane(self) -> dict[str, Any]:
        """The documented one, with the address and the CA of the test's webhook and a short memory."""
        made: dict[str, Any] = copy.deepcopy(BASELINE["control_plane"])
        webhook = made["authentication"]["token_webhook"]
        webhook["endpoint"]["url"] = f"https://127.0.0.1:{self.port}/token-review"
        webhook["endpoint"]["certificate_authority"] = (self.plane.cluster.pki / "ca.crt").read_text()
        webhook["cache_ttl"] = f"{CACHE_SECONDS}s"
        return made


@pytest.fixture(scope="module")
def people(servers: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignIn]:
    with stopped(servers, tmp_path_factory.mktemp(f"sign-in-{servers.version}"), {}) as plane:
        made = SignIn(plane, free_port())
        lend_client_pair(plane.cluster.pki, "reviews-client")
        plane.write(emitted(servers.version, made.control_plane()))
        plane.bootstrap("make", "key-1")
        plane.bootstrap("fill")
        plane.start("etcd")
        server = plane.start("kube-apiserver")
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        grant(plane.cluster, "list-pods", rule, kind="Group", name=USER["groups"][0])
        with made.webhook():
            first = made.token()
            server.wait_until(lambda: made.get(first, pods("default")).status == 200)
        print("\n".join(["substituted:", *plane.substitutions]))
        yield made


def is_oldest(people: SignIn) -> bool:
    return people.plane.cluster.binaries.version == OLDEST


def test_the_emitted_flags_are_those_that_the_server_runs_with(people: SignIn) -> None:
    flags = people.plane.command("kube-apiserver")
    assert f"--authentication-token-webhook-cache-ttl={CACHE_SECONDS}s" in flags
    assert "--authentication-token-webhook-version=v1" in flags
    # The server's own words on the time that it read: shorter than what it remembers anyway.
    told = f"webhook cache ttl of {CACHE_SECONDS}s is shorter than the overall cache ttl of {OUTER_CACHE_SECONDS}s"
    assert told in people.server_log()


def test_a_known_token_is_its_person(people: SignIn) -> None:
    token, path = people.token(), pods(unique())
    with people.webhook():
        answer = people.get(token, path)
        refused = people.get(token, "/api/v1/namespaces/default/secrets")
    assert answer.status == 200, answer.body
    assert people.user_logged(path) == {**USER, "groups": [*USER["groups"], "system:authenticated"]}
    assert refused.status == 403
    assert f'User "{USER["username"]}" cannot list resource "secrets"' in refused.body["message"]


def test_the_webhook_is_asked_in_the_documented_way(people: SignIn) -> None:
    token = people.token()
    with people.webhook():
        assert people.get(token, pods("default")).status == 200
        assert people.get(token, pods("default")).status == 200
    ((path, review),) = [one for one in people.asked if one[1]["spec"]["token"] == token]  # the second from memory
    assert path.partition("?")[0] == "/token-review"
    assert {key: review[key] for key in ("apiVersion", "kind")} == {key: YES[key] for key in ("apiVersion", "kind")}
    assert review["spec"]["audiences"] == YES["status"]["audiences"]


def test_the_server_tells_a_person_who_they_are(people: SignIn) -> None:
    """By SelfSubjectReview where there is one (stable from 1.28); 1.24 has none, and says so to the same person."""
    token = people.token()
    with people.webhook():
        review = {"apiVersion": YES["apiVersion"], "kind": "SelfSubjectReview"}
        path = f"/apis/{YES['apiVersion']}/selfsubjectreviews"
        answer = people.plane.cluster.anonymous("POST", path, token=token, body=review)
    if is_oldest(people):
        assert answer.status == 403
        assert f'User "{USER["username"]}" cannot create resource "selfsubjectreviews"' in answer.body["message"]
        return
    assert answer.status == 201, answer.body
    assert answer.body["status"]["userInfo"] == {**USER, "groups": [*USER["groups"], "system:authenticated"]}


def test_another_token_is_nobody_even_where_nobody_may_ask(people: SignIn) -> None:
    token = people.token(known=False)
    with people.webhook():
        for path in (pods("default"), "/version", *HEALTH):
            assert people.get(token, path).status == 401, path
    assert token in people.tokens_asked()
    assert people.plane.cluster.anonymous("GET", "/livez").status == (401 if is_oldest(people) else 200)


@pytest.mark.parametrize(
    "answer",
    [
        {**YES, "status": {**YES["status"], "authenticated": False}},
        {**YES, "status": {"user": USER}},
        {**YES, "status": {**YES["status"], "audiences": ["https://another.example.com"]}},
        {**YES, "status": {**YES["status"], "authenticated": "yes"}},
        {**YES, "kind": "SubjectAccessReview"},
        {},
        [],
        None,
    ],
    ids=[
        "no, with a user",
        "neither yes nor no",
        "for another audience",
        "not a yes",
        "another kind",
        "{}",
        "[]",
        "null",
    ],
)
def test_only_a_whole_yes_counts(people: SignIn, answer: Any) -> None:
    token = people.token()
    with people.webhook(lambda _: answer):
        assert people.get(token, pods("default")).status == 401
    assert token in people.tokens_asked()


def test_a_yes_is_believed_whole(people: SignIn) -> None:
    """Which is why the page says to guard the service like the CA."""
    token = people.token()
    mighty = {**USER, "groups": ["system:masters"]}
    with people.webhook(lambda _: {**YES, "status": {**YES["status"], "user": mighty}}):
        assert people.get(token, "/api/v1/secrets").status == 200


def test_nobody_is_believed_who_is_not_of_the_named_ca(people: SignIn) -> None:
    token = people.token()
    with people.webhook(lambda _: YES, certificate="etcd/server"):
        assert people.get(token, pods("default")).status == 401
    assert token not in people.tokens_asked()
    assert "certificate signed by unknown authority" in people.server_log()


def test_without_the_webhook_its_people_stay_out_and_others_go_on(people: SignIn) -> None:
    cluster, token = people.plane.cluster, people.token()
    for path in (pods("default"), "/version", *HEALTH):
        assert people.get(token, path).status == 401, path
    assert cluster.request("GET", pods("default")).status == 200
    assert people.get(service_account_token(people), pods("default")).status == 403
    with people.webhook():
        assert people.get(token, pods("default")).status == 200  # a failure is not remembered


def service_account_token(people: SignIn) -> str:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "machine"}}
    assert people.plane.cluster.request("POST", accounts, account).status == 201
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    made = people.plane.cluster.request("POST", f"{accounts}/machine/token", request)
    assert made.status == 201, made.body
    return str(made.body["status"]["token"])


def test_a_revoked_token_ends_when_the_answer_is_forgotten(people: SignIn) -> None:
    token = people.token()
    with people.webhook():
        assert people.get(token, pods("default")).status == 200
        people.known.remove(token)
        since = time.monotonic()
        assert people.get(token, pods("default")).status == 200
        server = people.plane.cluster.servers[-1]
        server.wait_until(lambda: people.get(token, pods("default")).status == 401)
    took = time.monotonic() - since
    print(f"a revoked token worked for {took:.1f} s")
    assert took < CACHE_SECONDS + OUTER_CACHE_SECONDS + 3


@dataclass(frozen=True)
class Laptop:
    """A person's folder: the documented kubeconfig, the CA beside it, and the program that it names on PATH."""

    folder: Path
    client: Path
    people: SignIn

    @property
    def plugin(self) -> Path:
        return self.folder / "bin" / str(EXEC["command"])

    def install(self, script: str, credential: dict[str, Any]) -> None:
        self.plugin.with_suffix(".json").write_text(json.dumps(credential))
        self.plugin.write_text(script)
        self.plugin.chmod(0o700)

    def get(self, path: str) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.folder), "PATH": f"{self.plugin.parent}:{os.environ['PATH']}"}
        command = [str(self.client), str(self.folder / "kubeconfig"), path]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


SIGNS_IN = """#!/bin/sh
printf '%s\\n' "$*" "$KUBERNETES_EXEC_INFO" > "$0.told"
cat "$0.json"
"""


@pytest.fixture
def laptop(people: SignIn, tmp_path: Path) -> Laptop:
    """With the client of the server's own version."""
    cluster = people.plane.cluster
    made = Laptop(tmp_path, built_check("check-sign-in", cluster.binaries.version), people)
    made.plugin.parent.mkdir()
    config = copy.deepcopy(KUBECONFIG)
    (server,) = config["clusters"]
    server["cluster"]["server"] = f"https://127.0.0.1:{cluster.port}"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    (tmp_path / server["cluster"]["certificate-authority"]).write_bytes((cluster.pki / "ca.crt").read_bytes())
    return made


def credential(token: str, **changed: Any) -> dict[str, Any]:
    """What the plug-in prints, as documented but for the token."""
    return {**CREDENTIAL, "status": {**CREDENTIAL["status"], "token": token}, **changed}


def test_the_documented_kubeconfig_signs_its_person_in(laptop: Laptop) -> None:
    token, path = laptop.people.token(), pods(unique())
    laptop.install(SIGNS_IN, credential(token))
    with laptop.people.webhook():
        done = laptop.get(path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "PodList"
    assert laptop.people.user_logged(path)["username"] == USER["username"]
    arguments, _, told = laptop.plugin.with_suffix(".told").read_text().partition("\n")
    assert json.loads(told)["apiVersion"] == EXEC["apiVersion"]
    assert arguments == " ".join(EXEC["args"])
    assert token not in (laptop.folder / "kubeconfig").read_text()


def test_a_token_that_the_webhook_refuses_signs_nobody_in(laptop: Laptop) -> None:
    laptop.install(SIGNS_IN, credential(laptop.people.token(known=False)))
    with laptop.people.webhook():
        done = laptop.get(pods("default"))
    assert done.returncode == 1
    assert "asked for the client to provide credentials" in done.stderr  # how the client words a 401


@pytest.mark.parametrize(
    ("script", "changed", "says"),
    [
        (SIGNS_IN, {"apiVersion": "client.authentication.k8s.io/v1beta1"}, "plugin returned version"),
        (SIGNS_IN, {"status": None}, "didn't return a status"),
        ("#!/bin/sh\nexit 3\n", {}, "failed with exit code 3"),
    ],
    ids=["another version", "nothing", "failed"],
)
def test_without_a_token_the_client_asks_nothing(
    laptop: Laptop, script: str, changed: dict[str, Any], says: str
) -> None:
    token = laptop.people.token()
    laptop.install(script, credential(token, **changed))
    with laptop.people.webhook():
        done = laptop.get(pods("default"))
    assert done.returncode == 1
    assert says in done.stderr
    assert token not in laptop.people.tokens_asked()


ALICE: dict[str, Any] = {"username": "alice@example.com", "groups": ["shop-web-watchers"]}
TENANTS: list[dict[str, Any]] = [
    {
        "name": "payments",
        "admins": ["group:payments-admins"],
        "viewers": [f"user:{ALICE['username']}"],
        "namespaces": [{"name": "payments-api"}, {"name": "payments-db"}],
    },
    {"name": "shop", "admins": ["group:shop-admins"], "namespaces": [{"name": "shop-web"}]},
]


@pytest.fixture(scope="module")
def environment(people: SignIn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose tenants' namespaces and rights are on the server."""
    baseline = {
        "environment": "dev",
        "kubernetes": people.plane.cluster.binaries.version,
        "dialect": "kubeadm",
        "cni": {"name": "calico"},
        "target": {"render": "out/dev"},
        "images": {"registries": ["registry.example.com/platform"]},
        "tenants": TENANTS,
    }
    folder = tmp_path_factory.mktemp("environment")
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {ROOT: baseline}}))
    homes = {one["name"] for tenant in TENANTS for one in tenant["namespaces"]}
    for made in plan_baseline(read_baseline(baseline)).manifests:
        if made["kind"] == "Namespace" and made["metadata"]["name"] in homes:
            path = "/api/v1/namespaces"
        elif made["kind"] in ("Role", "RoleBinding") and made["metadata"]["namespace"] in homes:
            path = f"/apis/{made['apiVersion']}/namespaces/{made['metadata']['namespace']}/{made['kind'].lower()}s"
        else:
            continue
        answer = people.plane.cluster.request("POST", path, made)
        assert answer.status == 201, answer.body
    return folder


@pytest.mark.parametrize(
    "separate", [(), ("--separate-credentials", "--exec-arg={namespace}")], ids=["one", "separate"]
)
def test_the_kubeconfig_of_a_tenants_person_reaches_its_namespaces_only(
    laptop: Laptop, environment: Path, separate: tuple[str, ...]
) -> None:
    """Switched from context to context as kubectx does: by the current-context of the file."""
    cluster, file = laptop.people.plane.cluster, laptop.folder / "kubeconfig"
    arguments = ("--tenant", "payments", "--user", ALICE["username"], "--project", str(environment), "--cluster-info")
    server = ("--server", f"https://127.0.0.1:{cluster.port}", "--ca-file", str(cluster.pki / "ca.crt"))
    plugin = ("--exec", str(EXEC["command"]), "--exec-arg=token")
    result = call("kubeconfig", *map(str, arguments), *server, *plugin, *separate, "--out", str(file), "--force")
    assert result.exit_code == 0, result.output
    config, token, seen = yaml.safe_load(file.read_text()), laptop.people.token(), []
    laptop.install(SIGNS_IN, credential(token, apiVersion=config["users"][0]["user"]["exec"]["apiVersion"]))
    with laptop.people.webhook(lambda _: {**YES, "status": {**YES["status"], "user": ALICE}}):
        for context in config["contexts"]:
            file.write_text(yaml.safe_dump({**config, "current-context": context["name"]}))
            namespace = context["context"]["namespace"]
            own, other = laptop.get(pods(namespace)), laptop.get(pods("shop-web"))
            assert own.returncode == 0, own.stderr
            assert json.loads(own.stdout)["kind"] == "PodList"
            assert other.returncode == 1  # for the reason in the audit log, which the client's raw answer leaves out
            given, _, told = laptop.plugin.with_suffix(".told").read_text().partition("\n")
            assert json.loads(told)["spec"]["cluster"]["server"] == server[1]
            assert given == (f"token {namespace}" if separate else "token")
            seen.append(namespace)
    assert seen == ["payments-api", "payments-db"]
    assert token not in file.read_text()
    events = map(json.loads, laptop.people.plane.audit_log().read_text().splitlines())
    asked = [
        (one["requestURI"], one["responseStatus"]["code"])
        for one in events
        if one["user"].get("username") == ALICE["username"] and one["stage"] == "ResponseComplete"
    ]
    assert asked[-4:] == [(pods(name), code) for own in seen for name, code in ((own, 200), ("shop-web", 403))]


def test_no_token_lies_in_a_log(people: SignIn) -> None:
    with people.webhook():
        assert people.get(people.token(), pods("default")).status == 200
    for text in (people.server_log(), people.plane.audit_log().read_text()):
        assert not [token for token in people.given if token in text]
