"""Tokens of service accounts must end; one that the server writes into a Secret never does.

Restricted field: type of every Secret. Not allowed: kubernetes.io/service-account-token, into which the server puts a
token without an end for the account that an annotation names (k8s.io/kubernetes v1.37.2
pkg/controller/serviceaccount/tokens_controller.go). Whoever may read the Secret, or mount it, has the account's rights
for good. There is no fix: the client must ask for a token, or mount a projected one.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, kind_of
from k8s_hardening.model.knowledge import Knowledge

_TYPE = "kubernetes.io/service-account-token"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The type, when the Secret is for a token."""
    if kind_of(manifest) == "Secret" and not api_group_of(manifest) and manifest.get("type") in (_TYPE, UNKNOWN):
        yield finding("type", manifest.get("type"), "mount a projected token in the pod, or ask for one (TokenRequest)")


CONTROL = Control(
    id="token-secrets",
    requirement="Tokens of service accounts must end, so none may be kept in a Secret.",
    severity=Severity.HIGH,
    chapter="secret",
    profile=Profile.FULL,
    references=("CIS 5.1.6", "Kubernetes: Managing Service Accounts"),
    check=check,
)
