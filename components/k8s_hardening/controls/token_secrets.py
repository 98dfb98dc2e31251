"""Tokens of service accounts must end; one that the server writes into a Secret never does.

Restricted field: type of every Secret. Not allowed: kubernetes.io/service-account-token, into which the server puts a
token without an end for the account that the annotation kubernetes.io/service-account.name names (k8s.io/kubernetes
v1.37.2 pkg/controller/serviceaccount/tokens_controller.go). The annotation does nothing on a Secret of another type,
and no type can be changed later (pkg/apis/core/validation, ValidateSecretUpdate), so the type alone tells. Whoever may
read the Secret, or mount it, has the account's rights for good. Up to Kubernetes 1.23 each account got one by itself
(v1.24.17 pkg/features/kube_features.go, LegacyServiceAccountTokenNoAutoGeneration). There is no fix: the client must
ask for a token, or mount a projected one, for one audience and a short time.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, kind_of
from k8s_hardening.kube.secrets import TOKEN_TYPE
from k8s_hardening.model.knowledge import Knowledge

_FIX = (
    "in a pod mount a projected token (serviceAccountToken with audience and expirationSeconds, as token_volume makes "
    "it); elsewhere ask for one (TokenRequest, kubectl create token --audience --duration)"
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The type, when the Secret is for a token."""
    if kind_of(manifest) == "Secret" and not api_group_of(manifest) and manifest.get("type") in (TOKEN_TYPE, UNKNOWN):
        yield finding("type", manifest.get("type"), _FIX)


CONTROL = Control(
    id="token-secrets",
    requirement="Tokens of service accounts must end, so none may be kept in a Secret.",
    severity=Severity.HIGH,
    chapter="secret",
    profile=Profile.FULL,
    references=("CIS 5.1.6", "Kubernetes: Managing Service Accounts"),
    check=check,
)
