"""Who the API server believes: certificates, service accounts, identity providers, nobody without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from k8s_hardening.kube.authentication import (
    ANONYMOUS_PATHS_SINCE,
    CONFIGURATION_SINCE,
    MOST_ISSUERS,
    REFUSED_FLAGS,
    SEVERAL_ISSUERS_SINCE,
    TRANSLATED_FLAGS,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Subject, Switch, Word, matching, not_empty
from k8s_hardening.model.control_plane.leaves import Duration, HostPath, HttpsUrl, duration_between
from k8s_hardening.model.control_plane.oidc import OidcIssuerSpec
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

# There the kubelet probes the API server without credentials: k8s.io/kubernetes v1.18.20 to v1.37.2
# cmd/kubeadm/app/phases/controlplane/manifests.go.
PROBED_WITHOUT_CREDENTIALS = frozenset({Dialect.KUBEADM, Dialect.CLUSTER_API})

_PKI = "/etc/kubernetes/pki"
_FlagName = Annotated[
    str, matching(r"[a-z][a-z0-9-]*", "is not the name of a flag without dashes", '"oidc-issuer-url"')
]
_MaxExpiration = Annotated[Duration, duration_between("1h", "8760h")]
_CacheTtl = Annotated[Duration, duration_between("1s", "10m")]
_ENDPOINT = {
    "url": "https://reviews.example.com/authenticate",
    "client_certificate_file": f"{_PKI}/reviews-client.crt",
    "client_key_file": f"{_PKI}/reviews-client.key",
}


class ServiceAccountsSpec(Model):
    """Tokens of service accounts: who signs them, and how long they live."""

    issuers: Annotated[tuple[HttpsUrl, ...], not_empty('["https://kubernetes.default.svc.cluster.local"]')] = (
        "https://kubernetes.default.svc.cluster.local",
    )
    """The first is written into new tokens; others are still believed, which needs Kubernetes 1.22."""
    signing_key_file: HostPath = f"{_PKI}/sa.key"
    """Private key on the host that signs."""
    key_files: Annotated[tuple[HostPath, ...], not_empty(f'["{_PKI}/sa.pub"]')] = (f"{_PKI}/sa.pub",)
    """Keys on the host that tokens are checked against; several while the signing key is renewed."""
    max_token_expiration: _MaxExpiration = "24h"  # noqa: S105 a duration
    """The longest life that anybody may ask for a token."""
    api_audiences: tuple[Word, ...] = Field(default=(), examples=[["https://kubernetes.default.svc"]])
    """For whom tokens must be made; the issuers when empty."""


class RequestHeaderSpec(Model):
    """The proxy of the aggregation layer, which names users in headers."""

    client_ca_file: HostPath = f"{_PKI}/front-proxy-ca.crt"
    """Certificates on the host that the proxy's own is checked against; never those of other clients."""
    allowed_names: Annotated[tuple[Word, ...], not_empty('["front-proxy-client"]')] = ("front-proxy-client",)
    """Common names of the proxy's certificate; without one every certificate of that CA could claim to be anybody."""
    proxy_certificate_file: HostPath = f"{_PKI}/front-proxy-client.crt"
    """Certificate by which this server is such a proxy to extension servers."""
    proxy_key_file: HostPath = f"{_PKI}/front-proxy-client.key"
    """Private key that belongs to it."""


class TokenWebhookSpec(Model):
    """A service that says whose token it is, for tokens that kubectl gets from an exec credential plug-in."""

    endpoint: WebhookEndpoint = Field(examples=[_ENDPOINT])
    """Where the service answers."""
    # The 10 s are a second cache around the webhook's own, which no flag sets: TokenSuccessCacheTTL of
    # k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubeapiserver/options/authentication.go.
    cache_ttl: _CacheTtl = "30s"
    """How long an answer is kept; a revoked token works for as long and up to 10 seconds more."""


class AuthenticationSpec(Model):
    """Who the API server believes."""

    client_ca_file: HostPath = f"{_PKI}/ca.crt"
    """Certificates on the host that client certificates are checked against."""
    service_accounts: ServiceAccountsSpec = ServiceAccountsSpec()
    """Tokens of service accounts."""
    request_header: RequestHeaderSpec = RequestHeaderSpec()
    """The proxy of the aggregation layer."""
    oidc: tuple[OidcIssuerSpec, ...] = Field(
        default=(),
        examples=[
            [{"url": "https://login.example.com/realms/k8s", "audiences": ["kubernetes"], "mfa": {"amr": ["mfa"]}}]
        ],
    )
    """Identity providers of people; more than one needs Kubernetes 1.30."""
    certificate_subjects: tuple[Subject, ...] = Field(default=(), examples=[["user:release-robot"]])
    """Weaker: users and groups of client certificates beside oidc: names without a prefix, which nothing revokes."""
    token_webhook: TokenWebhookSpec | None = Field(default=None, examples=[{"endpoint": _ENDPOINT}])
    """A service that says whose token it is."""
    bootstrap_tokens: Switch = False
    """Weaker: let nodes join by bootstrap tokens, which are Secrets that anybody who reads them can use."""
    own_probes: Switch = False
    """The probes of the API server bring credentials of their own, so that nobody comes in without a name."""
    anonymous_cluster_info: Switch = False
    """Weaker: let anybody read kube-public/cluster-info, as `kubeadm join` with a token does; from Kubernetes 1.32."""
    historical_flags: dict[_FlagName, str] = Field(default={}, examples=[{"experimental-bootstrap-token-auth": "true"}])
    """Flags of an old API server as its manifest has them: translated, or refused with what to use instead."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:
        """What this version or this dialect cannot do."""
        yield from self._oidc_problems(kubernetes)
        yield from self._service_account_problems(kubernetes)
        yield from self._anonymous_problems(kubernetes, dialect)
        for flag, value in sorted(self.historical_flags.items()):
            if (text := _flag_problem(flag, value)) is not None:
                yield ("historical_flags", flag), value, text

    def is_bootstrapping(self) -> bool:
        """Whether bootstrap tokens are believed, by either name of the flag."""
        return self.bootstrap_tokens or self.historical_flags.get("experimental-bootstrap-token-auth") == "true"

    def audiences(self) -> tuple[str, ...]:
        """For whom service-account tokens must be made, by either name of the flag; empty means the issuers."""
        historical = self.historical_flags.get("service-account-api-audiences", "")
        return self.service_accounts.api_audiences or tuple(one for one in historical.split(",") if one)

    def _oidc_problems(self, kubernetes: KubeVersion) -> Iterator[Problem]:
        urls = [issuer.url for issuer in self.oidc]
        for index, issuer in enumerate(self.oidc):
            if issuer.url in urls[:index]:
                yield ("oidc", index, "url"), issuer.url, "names an issuer twice; remove one of the two"
            if issuer.url in self.service_accounts.issuers:
                yield (
                    ("oidc", index, "url"),
                    issuer.url,
                    'is the issuer of service accounts too; for example "https://login.example.com/realms/k8s"',
                )
            if kubernetes < CONFIGURATION_SINCE:
                yield from _flag_problems(index, issuer)
            elif issuer.signing_algorithms:
                yield (
                    ("oidc", index, "signing_algorithms"),
                    [one.value for one in issuer.signing_algorithms],
                    f"has no effect from Kubernetes {CONFIGURATION_SINCE}, where the issuer's keys decide; remove it",
                )
        if kubernetes < CONFIGURATION_SINCE and len(self.oidc) > 1:
            yield ("oidc",), len(self.oidc), f"issuers need Kubernetes {CONFIGURATION_SINCE}; for example only one"
        if len(self.oidc) > MOST_ISSUERS:
            yield ("oidc",), len(self.oidc), f"issuers are more than {MOST_ISSUERS}, which is all that a server takes"

    def _service_account_problems(self, kubernetes: KubeVersion) -> Iterator[Problem]:
        accounts = self.service_accounts
        if len(set(accounts.issuers)) < len(accounts.issuers):
            yield ("service_accounts", "issuers"), list(accounts.issuers), "names an issuer twice; remove one"
        if kubernetes < SEVERAL_ISSUERS_SINCE and len(accounts.issuers) > 1:
            text = f"names more than one issuer, which needs Kubernetes {SEVERAL_ISSUERS_SINCE}"
            where = ("service_accounts", "issuers")
            yield where, list(accounts.issuers), f'{text}; for example ["{accounts.issuers[0]}"]'
        if self.request_header.client_ca_file == self.client_ca_file:
            text = "is the CA of all clients, so that each could be taken for the proxy"
            where = ("request_header", "client_ca_file")
            yield where, self.client_ca_file, f'{text}; for example "{_PKI}/front-proxy-ca.crt"'

    def _anonymous_problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:
        if not self.anonymous_cluster_info:
            return
        where = ("anonymous_cluster_info",)
        if kubernetes < ANONYMOUS_PATHS_SINCE:
            yield where, True, f"needs Kubernetes {ANONYMOUS_PATHS_SINCE}, where paths can be named; remove it"
        elif dialect not in PROBED_WITHOUT_CREDENTIALS:
            yield where, True, f"is for `kubeadm join`, which {dialect} does not know; remove it"
        elif self.own_probes:
            yield where, True, "contradicts own_probes, which lets nobody in without a name; remove one of the two"


def _flag_problems(index: int, issuer: OidcIssuerSpec) -> Iterator[Problem]:
    """What the flags of the time before AuthenticationConfiguration cannot say."""
    needs = f"needs Kubernetes {CONFIGURATION_SINCE}"
    if issuer.mfa is not None and issuer.mfa.amr:
        yield (
            ("oidc", index, "mfa", "amr"),
            list(issuer.mfa.amr),
            f'{needs}, since before that a required claim is one text; for example acr: ["urn:example:mfa"]',
        )
    if issuer.mfa is not None and len(issuer.mfa.acr) > 1:
        yield (
            ("oidc", index, "mfa", "acr"),
            list(issuer.mfa.acr),
            f'has more than one value, which {needs}; for example ["{issuer.mfa.acr[0]}"]',
        )
    if issuer.discovery_url is not None:
        yield ("oidc", index, "discovery_url"), issuer.discovery_url, f"{needs}; remove it"
    if len(issuer.audiences) > 1:
        yield (
            ("oidc", index, "audiences"),
            list(issuer.audiences),
            f'has more than one audience, which {needs}; for example ["{issuer.audiences[0]}"]',
        )


def _flag_problem(flag: str, value: str) -> str | None:
    """What keeps a historical flag from being translated; the value of a refused one is never repeated in a text."""
    if (refused := REFUSED_FLAGS.get(flag)) is not None:
        past = "is refused" if refused.last is None else f"is gone since Kubernetes {_next(refused.last)}"
        return f"belongs to --{flag}, which {past}: {refused.instead}"
    if flag not in TRANSLATED_FLAGS:
        known = ", ".join(sorted({*REFUSED_FLAGS, *TRANSLATED_FLAGS}))
        return f"belongs to a flag that needs no translation (these do: {known}); set the field of the same meaning"
    if flag == "experimental-bootstrap-token-auth" and value not in ("true", "false"):
        return 'is not a switch; for example "true"'
    return None


def _next(version: KubeVersion) -> KubeVersion:
    return KubeVersion(version.major, version.minor + 1)
