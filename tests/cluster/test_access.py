"""Who may do what: the evaluator's answers against those of the RBAC authorizer of real API servers."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.cli.can_i_list import Line, rules_of
from k8s_hardening.kube.access import Closure, World, user
from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.version import KubeVersion
from tests.cluster.binaries import Binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.connections import Request, answers
from tests.cluster.reviews import verdicts
from tests.kube.access.asking import answer_of
from tests.kube.access.worlds import NAMESPACES, RBAC, Object, bind, random_questions, random_world, rbac, rule
from tests.oracle.rbac import Asker

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

QUESTIONS = 6000
_PLURALS = {
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
}
SECRET = "planted-value"  # noqa: S105 - read by those who must be able to


@pytest.fixture
def plane(servers: Binaries, tmp_path: Path) -> Iterator[Cluster]:
    """A control plane of each version, with the controller that fills aggregated roles."""
    with cluster(servers, tmp_path) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        for namespace in NAMESPACES:
            created(made, "/api/v1/namespaces", plain("Namespace", namespace))
        yield made


def plain(kind: str, name: str, **fields: Any) -> Object:
    """An object of the core group."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


def created(plane: Cluster, path: str, body: Object) -> None:
    answer = plane.request("POST", path, body)
    assert answer.status == 201, answer.body


def create(plane: Cluster, objects: list[Object]) -> None:
    for one in objects:
        where = one["metadata"].get("namespace")
        created(plane, f"/apis/{RBAC}/v1/{f'namespaces/{where}/' if where else ''}{_PLURALS[one['kind']]}", one)


def version_of(plane: Cluster) -> KubeVersion:
    return KubeVersion.parse(plane.binaries.version)


def strangers(version: KubeVersion) -> tuple[Asker, ...]:
    """Everybody whom the bindings of the server itself name, and nobody in particular."""
    found = {Asker("system:anonymous", frozenset({"system:unauthenticated"})), Asker.person("nobody")}
    for one in bootstrap_objects(version):
        for subject in one.get("subjects", ()):
            name = subject["name"]
            if subject["kind"] == "ServiceAccount":
                found.add(Asker.account(subject["namespace"], name))
            elif subject["kind"] == "User":
                found.add(Asker.person(name))
            elif name != "system:unauthenticated":
                found.add(Asker.person("member", name))
    return tuple(sorted(found, key=lambda one: (one.user, sorted(one.groups))))


def test_every_answer_is_that_of_the_server(plane: Cluster) -> None:
    version = version_of(plane)
    objects = random_world(1, roles=24, bindings=24)
    create(plane, objects)
    world = World.of(objects, version)
    asked = list(random_questions(2, QUESTIONS, strangers=strangers(version)))
    expected = [answer_of(world, *one) for one in asked]
    assert all(one.is_certain for one in expected)
    wrong = list(range(len(asked)))
    for _ in range(20):  # the controller fills aggregated roles in its own time
        given = verdicts(plane, [asked[place] for place in wrong])
        wrong = [place for place, is_so in zip(wrong, given, strict=True) if expected[place].allowed is not is_so]
        if not wrong:
            break
        time.sleep(1)
    assert not wrong, [(asked[place], expected[place]) for place in wrong[:3]]
    share = sum(one.allowed for one in expected) / len(expected)
    assert share > 0.2, share
    users = sorted({asker.user for asker, _ in asked if asker.user != "system:anonymous"})
    listed = [(one, where) for one in users for where in NAMESPACES]
    of_server = answers(plane, (_rules_review(*one) for one in listed))
    for (one, where), answer in zip(listed, of_server, strict=True):
        assert answer.status == 201, answer.body
        lines, is_certain = rules_of(world, user(one), where)
        assert is_certain
        assert flat(lines) == rules_in_review(answer.body["status"]), (one, where)


def _rules_review(name: str, namespace: str) -> Request:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    return Request("POST", path, body, headers={"Impersonate-User": name})


def flat(lines: list[Line]) -> set[Line]:
    """The lines of `can-i --list`, one for each verb."""
    return {
        (what, url.strip("[]"), name.strip("[]"), verb)
        for what, url, name, verbs in lines
        for verb in verbs.strip("[]").split()
    }


def rules_in_review(status: Object) -> set[Line]:
    """The same of what the server says."""
    found = {
        ("", url, "", verb)
        for one in status["nonResourceRules"]
        for url in one["nonResourceURLs"]
        for verb in one["verbs"]
    }
    for one in status["resourceRules"]:
        for group in one.get("apiGroups", ()):
            for resource in one.get("resources", ()):
                plain, slash, part = resource.partition("/")
                what = f"{plain}{f'.{group}' if group else ''}{slash}{part}"
                found |= {(what, "", name, verb) for name in one.get("resourceNames", [""]) for verb in one["verbs"]}
    return found


def test_built_in_roles_are_those_of_the_server(plane: Cluster) -> None:
    for one in bootstrap_objects(version_of(plane)):
        where, name = one["metadata"].get("namespace"), one["metadata"]["name"]
        path = f"/apis/{RBAC}/v1/{f'namespaces/{where}/' if where else ''}{_PLURALS[one['kind']]}/{name}"
        answer = plane.request("GET", path)
        assert answer.status == 200, (path, answer.body)
        if "roleRef" in one:
            assert answer.body["roleRef"]["name"] == one["roleRef"]["name"]
            names = {(subject["kind"], subject["name"]) for subject in one["subjects"]}
            assert {(subject["kind"], subject["name"]) for subject in answer.body.get("subjects", ())} == names
        elif "aggregationRule" not in one:
            assert texts(answer.body["rules"] or []) == texts(one["rules"]), name


def texts(rules: list[Object]) -> list[str]:
    """Rules in an order of their own."""
    return sorted(json.dumps(one, sort_keys=True) for one in rules)


def as_user(plane: Cluster, method: str, path: str, body: Any = None, kind: str = "application/json") -> Answer:
    """One request as mallory."""
    (answer,) = answers(plane, [Request(method, path, body, kind, {"Impersonate-User": "mallory"})])
    return answer


@pytest.mark.parametrize(
    ("step", "rules"),
    [
        ("patch-secrets", [rule("patch", "secrets")]),
        ("delete-secrets", [rule("deletecollection", "secrets")]),
        ("delete-secret", [rule("delete", "secrets", names="db")]),
        ("list-secrets", [rule("list watch", "secrets", names="db")]),
        ("mint-tokens", [rule("create", "serviceaccounts/token", names="app")]),
        ("token-secrets", [rule("create get", "secrets")]),
        ("named-token-secrets", [rule("create", "secrets"), rule("get", "secrets", names="t")]),
        ("named-token-secrets", [rule("create patch get", "secrets", names="t")]),
        ("impersonate-accounts", [rule("impersonate", "serviceaccounts", names="app")]),
        (
            "bind-roles",
            [rule("bind", "roles", groups=RBAC, names="reader"), rule("create", "rolebindings", groups=RBAC)],
        ),
        ("escalate-roles", [rule("escalate patch", "roles", groups=RBAC)]),
    ],
)
def test_steps_lead_where_they_are_said_to_lead(plane: Cluster, step: str, rules: list[Object]) -> None:
    objects = [
        rbac("Role", "way", "shop", rules=rules),
        bind("Role/way", "user:mallory", namespace="shop", name="way"),
        rbac("Role", "reader", "shop", rules=[rule("get list", "secrets configmaps")]),
        bind("Role/reader", "serviceaccount:shop/app", namespace="shop", name="reader"),
    ]
    create(plane, objects)
    core = "/api/v1/namespaces/shop"
    created(plane, f"{core}/serviceaccounts", plain("ServiceAccount", "app"))
    created(plane, f"{core}/secrets", plain("Secret", "db", stringData={"k": SECRET}))
    closure = Closure(World.of(objects, version_of(plane)), user("mallory"))
    path = next(closure.paths(ApiRequest("get", "", True, "", "secrets", "", "shop", "db")))
    if step not in ("token-secrets",):
        assert step in [chance.step.id for chance in path.steps]
    assert as_user(plane, "GET", f"{core}/configmaps").status == 403, "it is no right of her own"
    assert _TAKEN[step](plane, core)


def test_a_right_of_node_bootstrapping_leads_to_what_any_node_has(plane: Cluster) -> None:
    certificates = "certificates.k8s.io"
    rules = [
        rule("create get", "certificatesigningrequests", groups=certificates),
        rule("create", "certificatesigningrequests/nodeclient", groups=certificates),
    ]
    objects = [rbac("ClusterRole", "way", rules=rules), bind("ClusterRole/way", "user:mallory", name="way")]
    create(plane, objects)
    core = "/api/v1/namespaces/shop"
    created(plane, f"{core}/serviceaccounts", plain("ServiceAccount", "app"))
    created(plane, f"{core}/secrets", plain("Secret", "db", stringData={"k": SECRET}))
    volume = {"name": "db", "secret": {"secretName": "db"}}
    container = {"name": "web", "image": "registry.example.com/web:1"}
    spec = {"serviceAccountName": "app", "nodeName": "victim", "containers": [container], "volumes": [volume]}
    created(plane, f"{core}/pods", plain("Pod", "web", spec=spec))
    closure = Closure(World.of(objects, version_of(plane)), user("mallory"))
    path = next(closure.paths(ApiRequest("get", "", True, "", "secrets", "", "shop", "db")))
    assert [chance.step.id for chance in path.steps] == ["node-certificates"]
    request, key = node_request(plane, "victim")
    where = f"/apis/{certificates}/v1/certificatesigningrequests"
    asked = {
        "request": request,
        "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
        "usages": ["digital signature", "key encipherment", "client auth"],
    }
    body = {"apiVersion": f"{certificates}/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "mine"}}
    assert as_user(plane, "POST", where, {**body, "spec": asked}).status == 201
    config = yaml.safe_load(plane.admin.read_text())
    config["users"][0]["user"] = {"client-certificate-data": signed(plane, f"{where}/mine"), "client-key-data": key}
    kubeconfig = plane.folder / "victim.conf"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(yaml.safe_dump(config))
    answer = plane.request("GET", f"{core}/secrets/db", kubeconfig=kubeconfig)
    assert answer.status == 200, answer.body
    assert base64.b64decode(answer.body["data"]["k"]).decode() == SECRET


def node_request(plane: Cluster, node: str) -> tuple[str, str]:
    """What the kubelet of a node asks for as kubeadm writes it: request and key, each in PEM and base64."""
    folder = plane.folder / "asked"
    folder.mkdir()
    init, settings = yaml.safe_load_all((plane.folder / "kubeadm.yaml").read_text())
    init["nodeRegistration"]["name"] = node
    settings["certificatesDir"] = str(folder)
    config = folder / "kubeadm.yaml"
    config.write_text(yaml.safe_dump_all([init, settings]))
    subprocess.run(
        [plane.binaries["kubeadm"], "certs", "generate-csr", f"--config={config}", f"--kubeconfig-dir={folder}"],
        capture_output=True,
        check=True,
    )
    key = yaml.safe_load((folder / "kubelet.conf").read_text())["users"][0]["user"]["client-key-data"]
    return base64.b64encode((folder / "kubelet.conf.csr").read_bytes()).decode(), key


def signed(plane: Cluster, path: str) -> str:
    """The certificate that mallory is given for a request, in PEM and base64."""
    for _ in range(60):  # the controller approves and signs in its own time
        if certificate := as_user(plane, "GET", path).body["status"].get("certificate"):
            return str(certificate)
        time.sleep(0.5)
    raise AssertionError("no certificate was signed")


def _patched(plane: Cluster, core: str) -> bool:
    answer = as_user(plane, "PATCH", f"{core}/secrets/db", {}, "application/merge-patch+json")
    return answer.status == 200 and "data" in answer.body


def _deleted_one(plane: Cluster, core: str) -> bool:
    path = f"{core}/secrets/db"
    assert as_user(plane, "DELETE", f"{core}/secrets").status == 403, "names allow no deletecollection"
    answer = as_user(plane, "DELETE", f"{path}?dryRun=All&propagationPolicy=Orphan")
    return answer.status == 200 and "data" in answer.body and plane.request("GET", path).status == 200


def _listed(plane: Cluster, core: str) -> bool:
    path = f"{core}/secrets?fieldSelector=metadata.name%3Ddb"
    listed, watched = as_user(plane, "GET", path), as_user(plane, "GET", f"{path}&watch=1&timeoutSeconds=1")
    assert as_user(plane, "GET", f"{core}/secrets").status == 403
    return bool(listed.body["items"][0]["data"]) and bool(watched.body["object"]["data"])


def _deleted(plane: Cluster, core: str) -> bool:
    answer = as_user(plane, "DELETE", f"{core}/secrets")
    return answer.status == 200 and any("data" in one for one in answer.body["items"])


def _minted(plane: Cluster, core: str) -> bool:
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = as_user(plane, "POST", f"{core}/serviceaccounts/app/token", asked)
    return _reads(plane, core, answer.body["status"]["token"])


def _token_secret(plane: Cluster, core: str) -> bool:
    metadata = {"name": "t", "annotations": {"kubernetes.io/service-account.name": "app"}}
    asked = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/service-account-token"}
    if as_user(plane, "POST", f"{core}/secrets", asked).status == 403:  # her right to create has names, as an apply has
        path, kind = f"{core}/secrets/t?fieldManager=mallory", "application/apply-patch+yaml"
        assert as_user(plane, "PATCH", path, asked, kind).status == 201
    for _ in range(30):
        answer = as_user(plane, "GET", f"{core}/secrets/t")
        if token := answer.body.get("data", {}).get("token"):
            return _reads(plane, core, base64.b64decode(token).decode())
        time.sleep(1)
    return False


def _reads(plane: Cluster, core: str, token: str) -> bool:
    return plane.anonymous("GET", f"{core}/configmaps", token=token).status == 200


def _impersonated(plane: Cluster, core: str) -> bool:
    # She is impersonated herself here, so she says it with her own token: what counts is that the server permits it.
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "mallory",
            "resourceAttributes": {
                "verb": "impersonate",
                "resource": "serviceaccounts",
                "name": "app",
                "namespace": "shop",
            },
        },
    }
    answer = plane.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer.body["status"]["allowed"])


def _bound(plane: Cluster, core: str) -> bool:
    path = f"/apis/{RBAC}/v1/namespaces/shop/rolebindings"
    answer = as_user(plane, "POST", path, bind("Role/reader", "user:mallory", namespace="shop", name="mine"))
    return answer.status == 201 and _soon(plane, core)


def _escalated(plane: Cluster, core: str) -> bool:
    path = f"/apis/{RBAC}/v1/namespaces/shop/roles/way"
    body = {"rules": [rule("*", "*", groups="*")]}
    answer = as_user(plane, "PATCH", path, body, "application/merge-patch+json")
    return answer.status == 200 and _soon(plane, core)


def _soon(plane: Cluster, core: str) -> bool:
    for _ in range(30):  # the authorizer hears of bindings in its own time
        if as_user(plane, "GET", f"{core}/configmaps").status == 200:
            return True
        time.sleep(0.5)
    return False


_TAKEN = {
    "patch-secrets": _patched,
    "delete-secrets": _deleted,
    "delete-secret": _deleted_one,
    "list-secrets": _listed,
    "mint-tokens": _minted,
    "token-secrets": _token_secret,
    "named-token-secrets": _token_secret,
    "impersonate-accounts": _impersonated,
    "bind-roles": _bound,
    "escalate-roles": _escalated,
}
