"""Service accounts of a tenant's workloads, and the tokens that their pods mount."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import ObjectName, Switch, Word, wrong
from k8s_hardening.model.control_plane.numbers import Count, between

SHORTEST_EXPIRY = 600
"""Seconds; k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go (validateProjectionSources)."""
LONGEST_EXPIRY = 86_400
"""Seconds; the server takes 2^32, but a kubelet renews after a day anyway (control service-account-token)."""


def _account(text: str) -> str:
    if text == "default":
        raise wrong("is the account of every pod that names none, so it stays without rights", '"api"')
    return text


AccountName = Annotated[ObjectName, AfterValidator(_account)]


class TokenSpec(Model):
    """A token that a pod mounts: for one audience, and for a short time."""

    audience: Word = Field(examples=["vault"])
    """Who is meant to take the token; the API server and everybody else refuse it."""
    expiry: Annotated[Count, between(SHORTEST_EXPIRY, LONGEST_EXPIRY)] = Field(default=3600, examples=[3600])
    """Seconds until it ends; the kubelet renews it before."""


class ServiceAccountSpec(Model):
    """A service account for workloads of a tenant."""

    name: AccountName = Field(examples=["api"])
    """Name of the account; it is free of rights until a role is bound to it."""
    automount: Switch = False
    """Weaker: pods that do not say otherwise mount a token for the API server."""
    token: TokenSpec | None = Field(default=None, examples=[{"audience": "vault", "expiry": 3600}])
    """The token that its pods mount; the output `token_volumes` of `Tenant` has the volume for it."""
