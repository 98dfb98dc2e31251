"""What an authentication part cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authentication import AuthenticationSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.problems import explain
from tests.plans.control_plane.reading import versions

URL = "https://login.example.com/realms/k8s"
ISSUER: dict[str, Any] = {"url": URL, "audiences": ["kubernetes"], "mfa": {"acr": ["urn:example:mfa"]}}
SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"


def problems(version: str | KubeVersion = "1.37", dialect: Dialect = Dialect.KUBEADM, **fields: Any) -> dict[str, str]:
    """Location -> text of each problem."""
    found = AuthenticationSpec.model_validate(fields).problems(KubeVersion.parse(version), dialect)
    return {".".join(map(str, loc)): text for loc, _, text in found}


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("dialect", list(Dialect))
def test_leaving_everything_out_is_fine_everywhere(version: KubeVersion, dialect: Dialect) -> None:
    assert problems(version, dialect) == {}


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("basic-auth-file", "gone since Kubernetes 1.19"),
        ("token-auth-file", "which is refused: its tokens never expire"),
        ("experimental-keystone-url", "gone since Kubernetes 1.10"),
        ("experimental-keystone-ca-file", "token_webhook"),
        ("profiling", "needs no translation"),
    ],
)
def test_old_flags_are_refused_with_what_to_use(flag: str, text: str) -> None:
    assert text in problems(historical_flags={flag: "/etc/kubernetes/secret.csv"})[f"historical_flags.{flag}"]


def test_an_old_switch_is_true_or_false() -> None:
    found = problems(historical_flags={"experimental-bootstrap-token-auth": "yes"})
    assert "is not a switch" in found["historical_flags.experimental-bootstrap-token-auth"]


@pytest.mark.parametrize("version", versions(18, 29))
def test_what_flags_cannot_say(version: KubeVersion) -> None:
    first = {
        **ISSUER,
        "mfa": {"amr": ["mfa"], "acr": ["urn:a", "urn:b"]},
        "audiences": ["kubernetes", "kubectl"],
        "discovery_url": "https://login.internal.example.com/keys",
    }
    found = problems(version, oidc=[first, {**ISSUER, "url": "https://other.example.com"}])
    assert set(found) == {
        "oidc",
        "oidc.0.audiences",
        "oidc.0.discovery_url",
        "oidc.0.mfa.acr",
        "oidc.0.mfa.amr",
    }
    assert all("1.30" in text for text in found.values())


@pytest.mark.parametrize("version", versions(30))
def test_what_the_file_can_say(version: KubeVersion) -> None:
    first = {**ISSUER, "mfa": {"amr": ["mfa"], "acr": ["urn:a", "urn:b"]}, "audiences": ["kubernetes", "kubectl"]}
    assert problems(version, oidc=[first, {**ISSUER, "url": "https://other.example.com"}]) == {}


def test_algorithms_are_for_flags_only() -> None:
    issuer = {**ISSUER, "signing_algorithms": ["ES256"]}
    assert problems("1.29", oidc=[issuer]) == {}
    assert "no effect from Kubernetes 1.30" in problems("1.30", oidc=[issuer])["oidc.0.signing_algorithms"]


def test_an_issuer_only_once_and_never_that_of_service_accounts() -> None:
    assert "twice" in problems(oidc=[ISSUER, ISSUER])["oidc.1.url"]
    found = problems(oidc=[{**ISSUER, "url": SERVICE_ACCOUNT_ISSUER}])
    assert "issuer of service accounts" in found["oidc.0.url"]


def test_no_more_issuers_than_a_server_takes() -> None:
    many = [{**ISSUER, "url": f"https://login-{number}.example.com"} for number in range(65)]
    assert "more than 64" in problems(oidc=many)["oidc"]
    assert problems(oidc=many[:64]) == {}


def test_several_issuers_of_service_accounts_need_1_22() -> None:
    accounts = {"issuers": ["https://new.example.com", "https://old.example.com"]}
    assert "1.22" in problems("1.21", service_accounts=accounts)["service_accounts.issuers"]
    assert problems("1.22", service_accounts=accounts) == {}
    twice = {"issuers": ["https://new.example.com", "https://new.example.com"]}
    assert "twice" in problems(service_accounts=twice)["service_accounts.issuers"]


def test_the_proxy_has_a_ca_of_its_own() -> None:
    found = problems(request_header={"client_ca_file": "/etc/kubernetes/pki/ca.crt"})
    assert "could be taken for the proxy" in found["request_header.client_ca_file"]


def test_cluster_info_only_where_it_helps() -> None:
    assert problems(anonymous_cluster_info=True) == {}
    assert "1.32" in problems("1.31", anonymous_cluster_info=True)["anonymous_cluster_info"]
    assert "kubeadm join" in problems(dialect=Dialect.K3S, anonymous_cluster_info=True)["anonymous_cluster_info"]
    assert "own_probes" in problems(anonymous_cluster_info=True, own_probes=True)["anonymous_cluster_info"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"mfa": None}, "not exactly one of mfa and without_mfa"),
        ({"without_mfa": True}, "not exactly one of mfa and without_mfa"),
        ({"mfa": {}}, "names no value"),
        ({"mfa": {"acr": ['urn"]']}}, "is not a plain value"),
        ({"url": "http://login.example.com"}, "is not an https URL"),
        ({"url": "https://user@login.example.com"}, "is not an https URL"),
        ({"url": "https://login.example.com?x=1"}, "is not an https URL"),
        ({"discovery_url": f"{URL}/"}, "discovery_url that is its url"),
        ({"audiences": []}, "is empty"),
        ({"audiences": ["a", "a"]}, "an audience twice"),
        ({"username_prefix": ""}, "is not a prefix"),
        ({"username_prefix": "-"}, "is not a prefix"),
        ({"username_prefix": "sys"}, "is not a prefix"),
        ({"username_prefix": "system:"}, "is not a prefix"),
        ({"groups_prefix": "kubeadm:"}, "is not a prefix"),
        ({"required_claims": {"acr": "urn:a"}}, "as a plain claim"),
        ({"certificate_authority": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"}, "nothing else"),
        ({"certificate_authority": "-----BEGIN CERTIFICATE-----\n=MII\n-----END CERTIFICATE-----\n"}, "not base64"),
        ({"certificate_authority": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "something else"),
    ],
)
def test_what_an_issuer_cannot_be(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        AuthenticationSpec.model_validate({"oidc": [{**ISSUER, **fields}]})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"request_header": {"allowed_names": []}}, "is empty"),
        ({"service_accounts": {"issuers": []}}, "is empty"),
        ({"service_accounts": {"issuers": ["kubernetes/serviceaccount"]}}, "is not an https URL"),
        ({"service_accounts": {"max_token_expiration": "30m"}}, "not between 1h and 8760h"),
        ({"service_accounts": {"key_files": ["sa.pub"]}}, "is not the absolute path"),
        ({"token_auth_file": "/etc/kubernetes/tokens.csv"}, "not permitted"),
    ],
)
def test_what_no_version_takes(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        AuthenticationSpec.model_validate(fields)


@pytest.mark.parametrize("before", ["", "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"])
def test_a_private_key_in_the_place_of_a_certificate_is_not_echoed(before: str) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBg\n-----END PRIVATE KEY-----\n"
    with pytest.raises(ValidationError) as caught:
        AuthenticationSpec.model_validate({"oidc": [{**ISSUER, "certificate_authority": before + key}]})
    (line,) = explain(caught.value, AuthenticationSpec, "authentication")
    assert line.startswith("authentication.oidc[0].certificate_authority: [secret] is not one or more certificates")
