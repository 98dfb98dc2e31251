"""Whom the API server believes, by version and dialect."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authentication import AuthenticationSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.authentication import plan_authentication
from k8s_hardening.plans.control_plane.part import Part
from tests.plans.control_plane.reading import (
    ENDPOINT,
    file_of,
    files_named_but_not_mounted,
    flags_of,
    mounted,
    versions,
)

CA = "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"
ISSUER: dict[str, Any] = {
    "url": "https://login.example.com/realms/k8s",
    "audiences": ["kubernetes"],
    "mfa": {"acr": ["urn:example:mfa"]},
}
HEALTH = ["/healthz", "/livez", "/readyz"]


def part(version: str | KubeVersion = "1.37", dialect: Dialect = Dialect.KUBEADM, **fields: Any) -> Part:
    kubernetes = KubeVersion.parse(version)
    spec = AuthenticationSpec.model_validate(fields)
    assert list(spec.problems(kubernetes, dialect)) == []
    return plan_authentication(spec, kubernetes, dialect)


def jwt(version: str = "1.37", **fields: Any) -> dict[str, Any]:
    (found,) = file_of(part(version, oidc=[{**ISSUER, **fields}]), "authentication-config")["jwt"]
    one: dict[str, Any] = found
    return one


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("dialect", list(Dialect))
def test_what_every_server_is_told(version: KubeVersion, dialect: Dialect) -> None:
    flags = flags_of(part(version, dialect))
    assert flags["client-ca-file"] == ("/etc/kubernetes/pki/ca.crt",)
    assert flags["enable-bootstrap-token-auth"] == ("false",)
    assert flags["requestheader-client-ca-file"] == ("/etc/kubernetes/pki/front-proxy-ca.crt",)
    assert flags["requestheader-allowed-names"] == ("front-proxy-client",)
    assert flags["service-account-issuer"] == ("https://kubernetes.default.svc.cluster.local",)
    assert flags["service-account-signing-key-file"] == ("/etc/kubernetes/pki/sa.key",)
    assert flags["service-account-key-file"] == ("/etc/kubernetes/pki/sa.pub",)
    assert flags["service-account-lookup"] == ("true",)
    assert flags["service-account-max-token-expiration"] == ("24h",)
    extended = flags.get("service-account-extend-token-expiration")
    assert extended == (None if version < KubeVersion(1, 19) else ("false",))
    assert not {"token-auth-file", "basic-auth-file", "experimental-bootstrap-token-auth"} & set(flags)


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_file_is_mounted(version: KubeVersion, dialect: Dialect) -> None:
    found = part(version, dialect, oidc=[{**ISSUER, "certificate_authority": CA}], token_webhook={"endpoint": ENDPOINT})
    assert files_named_but_not_mounted(found) == set()
    assert "/etc/kubernetes/pki" in mounted(found)


@pytest.mark.parametrize("version", versions(32))
@pytest.mark.parametrize("dialect", [Dialect.KUBEADM, Dialect.CLUSTER_API, Dialect.STATIC_POD])
def test_from_1_32_nobody_comes_in_unnamed_but_for_health(version: KubeVersion, dialect: Dialect) -> None:
    found = part(version, dialect)
    document = file_of(found, "authentication-config")
    assert document["anonymous"] == {"enabled": True, "conditions": [{"path": path} for path in HEALTH]}
    assert "jwt" not in document
    assert "anonymous-auth" not in flags_of(found)  # the server refuses both at once


@pytest.mark.parametrize("version", versions(18, 31))
@pytest.mark.parametrize("dialect", [Dialect.KUBEADM, Dialect.CLUSTER_API])
def test_before_1_32_the_probes_of_kubeadm_keep_it_on(version: KubeVersion, dialect: Dialect) -> None:
    found = part(version, dialect)
    assert "anonymous-auth" not in flags_of(found)
    assert "authentication-config" not in flags_of(found)
    (text,) = [text for text in found.advice if "system:public-info-viewer" in text]
    assert "kubectl auth can-i --list --as=system:anonymous" in text


@pytest.mark.parametrize("version", versions(18, 31))
def test_before_1_32_a_static_pod_of_our_own_has_it_off(version: KubeVersion) -> None:
    found = part(version, Dialect.STATIC_POD)
    assert flags_of(found)["anonymous-auth"] == ("false",)
    assert any("the probes of the API server must bring credentials" in text for text in found.advice)


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("dialect", [Dialect.K3S, Dialect.RKE2, Dialect.TALOS])
def test_the_distributions_have_it_off(version: KubeVersion, dialect: Dialect) -> None:
    found = part(version, dialect)
    assert flags_of(found)["anonymous-auth"] == ("false",)
    assert "authentication-config" not in flags_of(found)


@pytest.mark.parametrize("version", ["1.18", "1.31", "1.32", "1.37"])
@pytest.mark.parametrize("dialect", list(Dialect))
def test_with_probes_of_ones_own_it_is_off(version: str, dialect: Dialect) -> None:
    found = part(version, dialect, own_probes=True)
    assert flags_of(found)["anonymous-auth"] == ("false",)
    assert any("must bring credentials" in text for text in found.advice)


def test_with_an_issuer_and_without_anonymous_the_flag_stays_beside_the_file() -> None:
    found = part(own_probes=True, oidc=[ISSUER])
    assert flags_of(found)["anonymous-auth"] == ("false",)
    assert "anonymous" not in file_of(found, "authentication-config")


def test_cluster_info_can_be_opened_for_joining() -> None:
    document = file_of(part(anonymous_cluster_info=True), "authentication-config")
    paths = [one["path"] for one in document["anonymous"]["conditions"]]
    assert paths == ["/api/v1/namespaces/kube-public/configmaps/cluster-info", *HEALTH]


@pytest.mark.parametrize(("version", "api"), [("1.30", "v1beta1"), ("1.33", "v1beta1"), ("1.34", "v1"), ("1.37", "v1")])
def test_issuers_are_a_file_from_1_30(version: str, api: str) -> None:
    found = part(version, oidc=[ISSUER])
    document = file_of(found, "authentication-config")
    assert document["apiVersion"] == f"apiserver.config.k8s.io/{api}"
    assert document["kind"] == "AuthenticationConfiguration"
    assert document["jwt"][0]["issuer"] == {"url": ISSUER["url"], "audiences": ["kubernetes"]}
    assert [flag for flag in flags_of(found) if flag.startswith("oidc-")] == []


def test_a_second_factor_is_asked_for_by_expressions() -> None:
    rules = jwt(mfa={"amr": ["mfa", "hwk"], "acr": ["urn:a", "urn:b"]})["claimValidationRules"]
    assert [rule["expression"] for rule in rules] == [
        'has(claims.amr) && ("mfa" in claims.amr || "hwk" in claims.amr)',
        'has(claims.acr) && claims.acr in ["urn:a", "urn:b"]',
    ]


def test_without_a_second_factor_there_is_no_rule() -> None:
    assert "claimValidationRules" not in jwt(mfa=None, without_mfa=True)


def test_required_claims_come_before_the_second_factor() -> None:
    rules = jwt(required_claims={"hd": "example.com"})["claimValidationRules"]
    assert rules[0] == {"claim": "hd", "requiredValue": "example.com"}
    assert rules[1]["expression"] == 'has(claims.acr) && claims.acr in ["urn:example:mfa"]'


def test_names_are_prefixed_and_never_those_of_the_system() -> None:
    found = jwt(groups_claim="groups")
    assert found["claimMappings"] == {
        "username": {"claim": "sub", "prefix": "oidc:"},
        "groups": {"claim": "groups", "prefix": "oidc:"},
    }
    assert [rule["expression"] for rule in found["userValidationRules"]] == [
        "!user.username.startsWith('system:')",
        "user.groups.all(group, !group.startsWith('system:'))",
    ]


def test_no_groups_unless_asked_for() -> None:
    assert "groups" not in jwt()["claimMappings"]


def test_where_an_issuer_is_found() -> None:
    source = jwt(
        audiences=["kubernetes", "kubectl"],
        discovery_url="https://login.internal.example.com/.well-known/openid-configuration",
        certificate_authority=CA,
    )["issuer"]
    assert source["audienceMatchPolicy"] == "MatchAny"
    assert source["discoveryURL"] == "https://login.internal.example.com/.well-known/openid-configuration"
    assert source["certificateAuthority"] == CA


@pytest.mark.parametrize("version", versions(18, 29))
def test_an_issuer_is_flags_before_1_30(version: KubeVersion) -> None:
    issuer = {**ISSUER, "groups_claim": "groups", "certificate_authority": CA, "required_claims": {"hd": "example.com"}}
    found = part(version, oidc=[issuer])
    flags = {flag: values for flag, values in flags_of(found).items() if flag.startswith("oidc-")}
    assert flags == {
        "oidc-issuer-url": (ISSUER["url"],),
        "oidc-client-id": ("kubernetes",),
        "oidc-username-claim": ("sub",),
        "oidc-username-prefix": ("oidc:",),
        "oidc-groups-claim": ("groups",),
        "oidc-groups-prefix": ("oidc:",),
        "oidc-signing-algs": ("RS256",),
        "oidc-required-claim": ("hd=example.com", "acr=urn:example:mfa"),
        "oidc-ca-file": ("/etc/kubernetes/hardening/authentication/oidc-ca.crt",),
    }
    assert "authentication-config" not in flags_of(found)


def test_algorithms_are_a_flag() -> None:
    flags = flags_of(part("1.29", oidc=[{**ISSUER, "signing_algorithms": ["ES256", "PS256"]}]))
    assert flags["oidc-signing-algs"] == ("ES256,PS256",)


def test_a_token_webhook_speaks_the_stable_version() -> None:
    found = part("1.21", token_webhook={"endpoint": ENDPOINT})
    flags = flags_of(found)
    assert flags["authentication-token-webhook-version"] == ("v1",)
    assert flags["authentication-token-webhook-cache-ttl"] == ("30s",)
    kubeconfig = file_of(found, "authentication-token-webhook-config-file")
    assert kubeconfig["users"][0]["user"] == {
        "client-certificate": ENDPOINT["client_certificate_file"],
        "client-key": ENDPOINT["client_key_file"],
    }


@pytest.mark.parametrize(("version", "api"), [("1.21", "v1beta1"), ("1.22", "v1")])
def test_the_exec_plugin_of_kubectl_is_described(version: str, api: str) -> None:
    advice = part(version, token_webhook={"endpoint": ENDPOINT}).advice
    assert any(f"client.authentication.k8s.io/{api}." in text for text in advice)


def test_bootstrap_tokens_have_to_be_asked_for() -> None:
    found = part(bootstrap_tokens=True)
    assert flags_of(found)["enable-bootstrap-token-auth"] == ("true",)
    assert any("--ttl 15m" in text for text in found.advice)


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_old_name_of_bootstrap_tokens_is_translated(value: str) -> None:
    flags = flags_of(part(historical_flags={"experimental-bootstrap-token-auth": value}))
    assert flags["enable-bootstrap-token-auth"] == (value,)
    assert "experimental-bootstrap-token-auth" not in flags


def test_audiences_by_either_name() -> None:
    assert "api-audiences" not in flags_of(part())
    old = part(historical_flags={"service-account-api-audiences": "vault,kubernetes"})
    assert flags_of(old)["api-audiences"] == ("vault,kubernetes",)
    assert flags_of(part(service_accounts={"api_audiences": ["vault"]}))["api-audiences"] == ("vault",)


def test_several_issuers_and_keys_repeat_their_flag() -> None:
    accounts = {
        "issuers": ["https://new.example.com", "https://old.example.com"],
        "key_files": ["/etc/kubernetes/pki/sa.pub", "/etc/kubernetes/pki/sa-old.pub"],
    }
    flags = flags_of(part("1.22", service_accounts=accounts))
    assert flags["service-account-issuer"] == ("https://new.example.com", "https://old.example.com")
    assert flags["service-account-key-file"] == ("/etc/kubernetes/pki/sa.pub", "/etc/kubernetes/pki/sa-old.pub")


@pytest.mark.parametrize(
    ("version", "flag"), [("1.18", "--experimental-cluster-signing-duration"), ("1.19", "--cluster-signing-duration")]
)
def test_short_client_certificates_are_advised(version: str, flag: str) -> None:
    assert any(f"keep them short with {flag} of" in text for text in part(version).advice)
