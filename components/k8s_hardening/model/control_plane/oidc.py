"""People who come in by OpenID Connect."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Switch, Word, matching, not_empty, wrong
from k8s_hardening.model.control_plane.leaves import CERTIFICATE_EXAMPLE, Certificates, HttpsUrl

# Ends in a separator, so that no claim can complete it to the name of a user or group of the system.
_Prefix = Annotated[
    str,
    matching(
        r"(?!(?:system|kubeadm):)[A-Za-z0-9][A-Za-z0-9._/:#-]*[:#/]",
        "is not a prefix of names that ends in :, # or / and is none of the system's",
        '"oidc:"',
    ),
]
_Claim = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_:/.-]*", "is not the name of a claim", '"email"')]
# Values are written into expressions and flags: what could end a text or split a flag is refused.
_ClaimValue = Annotated[
    str, matching(r"[A-Za-z0-9:/._#?=&%+~@-]+", "is not a plain value of a claim", '"urn:example:mfa"')
]


class SigningAlgorithm(StrEnum):
    """How an issuer signs."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"


class MfaSpec(Model):
    """Which claims prove that somebody showed more than a password; both are asked for where both are named."""

    amr: tuple[_ClaimValue, ...] = Field(default=(), examples=[["mfa", "hwk"]])
    """Values of the claim amr (methods), one of which the token must hold; needs Kubernetes 1.30."""
    acr: tuple[_ClaimValue, ...] = Field(default=(), examples=[["urn:example:mfa"]])
    """Values of the claim acr (class of the login), one of which the token must hold."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> MfaSpec:
        if not self.amr and not self.acr:
            raise wrong("names no value of amr or acr", '{amr: ["mfa"]}')
        return self


class OidcIssuerSpec(Model):
    """One identity provider, and what its tokens must hold."""

    url: HttpsUrl = Field(examples=["https://login.example.com/realms/k8s"])
    """The issuer as its tokens name it."""
    discovery_url: HttpsUrl | None = Field(
        default=None, examples=["https://login.internal.example.com/realms/k8s/.well-known/openid-configuration"]
    )
    """Where the issuer's keys are found when not below its own URL; needs Kubernetes 1.30."""
    audiences: Annotated[tuple[Word, ...], not_empty('["kubernetes"]')] = Field(examples=[["kubernetes"]])
    """For whom the token must be made; more than one needs Kubernetes 1.30."""
    certificate_authority: Certificates | None = Field(default=None, examples=[CERTIFICATE_EXAMPLE])
    """Certificates (PEM) that the issuer's own is checked against; without it those of the host."""
    username_claim: _Claim = "sub"
    """Claim that holds the name of the user."""
    username_prefix: _Prefix = "oidc:"
    """What the names of these users start with, so that nobody takes the name of a part of the system."""
    groups_claim: _Claim | None = Field(default=None, examples=["groups"])
    """Claim that holds the groups of the user; without it users have none."""
    groups_prefix: _Prefix = "oidc:"
    """What the names of these groups start with."""
    required_claims: dict[_Claim, _ClaimValue] = Field(default={}, examples=[{"hd": "example.com"}])
    """Claims that every token must hold, with their values."""
    mfa: MfaSpec | None = Field(default=None, examples=[{"amr": ["mfa"]}])
    """The proof of a second factor that every token must hold."""
    without_mfa: Switch = False
    """Weaker: take tokens of people who showed a password only."""
    signing_algorithms: tuple[SigningAlgorithm, ...] = Field(default=(), examples=[["ES256"]])
    """Below Kubernetes 1.30: how tokens may be signed; RS256 when empty. From 1.30 the issuer's keys decide."""

    @model_validator(mode="after")
    def _second_factor(self) -> OidcIssuerSpec:
        if (self.mfa is None) != self.without_mfa:
            raise wrong("sets not exactly one of mfa and without_mfa", '{mfa: {amr: ["mfa"]}}')
        if self.discovery_url is not None and self.discovery_url.rstrip("/") == self.url.rstrip("/"):
            raise wrong("has a discovery_url that is its url", '{url: "https://login.example.com"}')
        if len(set(self.audiences)) < len(self.audiences):
            raise wrong("names an audience twice", '{audiences: ["kubernetes"]}')
        if len(set(self.required_claims) & {"acr", "amr"}) > 0:
            raise wrong("requires amr or acr as a plain claim", '{mfa: {acr: ["urn:example:mfa"]}}')
        return self
