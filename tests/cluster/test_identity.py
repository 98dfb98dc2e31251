"""Who comes in and what they may do on a real server: a second factor, the order of authorizers, impersonation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Answer
from tests.cluster.emitted import EmittedControlPlane, emitted, stopped
from tests.cluster.rights import grant
from tests.cluster.services import TokenSigner, service

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

PODS = "/api/v1/namespaces/{}/pods"
NODE, RBAC = {"type": "Node"}, {"type": "RBAC"}


@dataclass
class People:
    """A control plane with an identity provider and a webhook that denies whatever it is asked."""

    plane: EmittedControlPlane
    signer: TokenSigner
    issuer: str
    webhook: dict[str, Any]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def token(self, **claims: Any) -> str:
        return self.signer.token(**{"iss": self.issuer, "aud": "kubernetes", "sub": "alice", "amr": ["mfa"], **claims})

    def get(self, path: str, **headers: str) -> Answer:
        """As alice, who showed a second factor."""
        return self.plane.cluster.anonymous("GET", path, token=self.token(), **headers)

    def whoami(self, token: str) -> Answer:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        return self.plane.cluster.anonymous("POST", path, token=token, body=review)

    def restart(self, *authorizers: dict[str, Any]) -> None:
        """The same control plane with other authorizers."""
        self.plane.write(emitted(NEWEST, self.control_plane(*authorizers)))
        self.plane.bootstrap("fill")
        self.plane.restart_api_server()
        self.wait_until_alice_is_known()

    def wait_until_alice_is_known(self) -> None:
        """The server has read the provider's keys and her rights."""
        self.plane.cluster.servers[-1].wait_until(lambda: self.get(PODS.format("default")).status == 200)

    def control_plane(self, *authorizers: dict[str, Any]) -> dict[str, Any]:
        issuer = {
            "url": self.issuer,
            "audiences": ["kubernetes"],
            "certificate_authority": (self.plane.cluster.pki / "ca.crt").read_text(),
            "groups_claim": "groups",
            "mfa": {"amr": ["mfa", "hwk"]},
        }
        return {"authentication": {"oidc": [issuer]}, "authorization": {"authorizers": list(authorizers)}}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with ExitStack() as stack:
        plane = stack.enter_context(stopped(binaries(NEWEST), tmp_path_factory.mktemp("people"), {}))
        pki = plane.cluster.pki
        made = People(plane, TokenSigner(pki / "sa.key"), "", {})
        provider = service(pki, lambda path, _: _identity_provider(made, path), client_ca=False)
        made.issuer = f"https://127.0.0.1:{stack.enter_context(provider)}"
        denying = stack.enter_context(service(pki, lambda _, review: _denied(made, review), client_ca=True))
        made.webhook = _webhook(denying, pki)
        plane.write(emitted(NEWEST, made.control_plane(made.webhook, NODE, RBAC)))
        plane.bootstrap("make", "key-1")
        plane.bootstrap("fill")
        plane.start("etcd")
        plane.start("kube-apiserver")
        _give_rights(plane)
        made.wait_until_alice_is_known()
        yield made


def _identity_provider(people: People, path: str) -> Any:
    if path == "/keys":
        return people.signer.key_set()
    return {
        "issuer": people.issuer,
        "jwks_uri": f"{people.issuer}/keys",
        "authorization_endpoint": f"{people.issuer}/login",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _denied(people: People, review: Any) -> Any:
    people.asked.append(review["spec"])
    return {**review, "status": {"allowed": False, "denied": True, "reason": "on the list"}}


def _webhook(port: int, pki: Path) -> dict[str, Any]:
    return {
        "type": "Webhook",
        "webhook": {
            "name": "deny-list",
            "endpoint": {
                "url": f"https://127.0.0.1:{port}/authorize",
                "certificate_authority": (pki / "ca.crt").read_text(),
                "client_certificate_file": "/etc/kubernetes/pki/apiserver-kubelet-client.crt",
                "client_key_file": "/etc/kubernetes/pki/apiserver-kubelet-client.key",
            },
            "match_conditions": [
                "has(request.resourceAttributes) && request.resourceAttributes.namespace == 'kube-public'"
            ],
        },
    }


def _give_rights(plane: EmittedControlPlane) -> None:
    """Alice may list pods, and act as bob."""
    rules = {
        "list-pods": {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        "as-bob": {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": ["bob"]},
    }
    for name, rule in rules.items():
        grant(plane.cluster, name, rule, kind="User", name="oidc:alice")


def test_who_showed_a_second_factor_comes_in_under_a_prefixed_name(people: People) -> None:
    answer = people.whoami(people.token(groups=["system:masters", "devs"]))
    assert answer.status == 201, answer.body
    user = answer.body["status"]["userInfo"]
    assert user["username"] == "oidc:alice"
    assert set(user["groups"]) == {"oidc:system:masters", "oidc:devs", "system:authenticated"}


@pytest.mark.parametrize(
    "claims",
    [
        {"amr": ["pwd"]},
        {"amr": []},
        {"amr": "mfa"},
        {"amr": None},
        {"aud": "another"},
        {"exp": 1},
        {"iss": "https://another.example.com"},
    ],
)
def test_others_stay_out(people: People, claims: dict[str, Any]) -> None:
    assert people.whoami(people.token()).status == 201
    assert people.whoami(people.token(**claims)).status == 401


def test_one_method_of_several_is_enough(people: People) -> None:
    assert people.whoami(people.token(amr=["pwd", "hwk"])).status == 201


def test_a_webhook_before_rbac_denies_what_rbac_would_allow(people: People) -> None:
    people.asked.clear()
    assert people.get(PODS.format("default")).status == 200
    assert people.asked == []  # its match condition leaves this request out
    answer = people.get(PODS.format("kube-public"))
    assert answer.status == 403
    assert "on the list" in answer.body["message"]
    assert [one["user"] for one in people.asked] == ["oidc:alice"]


def test_impersonation_is_for_named_subjects(people: People) -> None:
    as_bob = people.get(PODS.format("default"), **{"Impersonate-User": "bob"})
    assert as_bob.status == 403
    assert 'User "bob" cannot list' in as_bob.body["message"]  # the impersonation passed, bob's own rights decide
    refused = people.get(PODS.format("default"), **{"Impersonate-User": "admin"})
    assert 'cannot impersonate resource "users"' in refused.body["message"]
    for header, value in (
        ("Impersonate-Group", "system:masters"),
        ("Impersonate-Uid", "1"),
        ("Impersonate-Extra-scopes", "all"),
    ):
        answer = people.get(PODS.format("default"), **{"Impersonate-User": "bob", header: value})
        assert answer.status == 403
        assert "cannot impersonate" in answer.body["message"], header


def test_the_first_authorizer_that_decides_wins(people: People) -> None:
    people.asked.clear()
    people.restart(NODE, RBAC, people.webhook)
    assert people.get(PODS.format("kube-public")).status == 200  # RBAC allowed before the webhook was asked
    assert people.asked == []
    assert people.get("/api/v1/namespaces/kube-public/secrets").status == 403
    assert [one["resourceAttributes"]["resource"] for one in people.asked] == ["secrets"]
