"""What the API server knows about authorization, by version.

Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubeapiserver/options/authorization.go and
pkg/kubeapiserver/authorizer/modes; k8s.io/apiserver v0.29.15 to v0.37.2 pkg/apis/apiserver and
pkg/features/kube_features.go.
"""

from __future__ import annotations

from enum import StrEnum

from k8s_hardening.kube.version import KubeVersion

CONFIGURATION_SINCE = KubeVersion(1, 30)
"""AuthorizationConfiguration by default.

1.29 has it only behind a gate that is off (v1alpha1), and there kubeadm writes --authorization-mode beside it, at
which the server exits: k8s.io/kubernetes v1.29.15 cmd/kubeadm/app/phases/controlplane/manifests.go.
"""
MOST_MATCH_CONDITIONS = 64

_V1_SINCE = KubeVersion(1, 32)


class Authorizer(StrEnum):
    """The authorizers of a server; the same six from 1.18 to 1.37."""

    NODE = "Node"
    RBAC = "RBAC"
    WEBHOOK = "Webhook"
    ABAC = "ABAC"
    ALWAYS_DENY = "AlwaysDeny"
    ALWAYS_ALLOW = "AlwaysAllow"


class FailurePolicy(StrEnum):
    """What a server does when a webhook does not answer."""

    DENY = "Deny"
    NO_OPINION = "NoOpinion"


def configuration_api(version: KubeVersion) -> str | None:
    """The newest API version of AuthorizationConfiguration that a server takes by default; None below 1.30."""
    if version < CONFIGURATION_SINCE:
        return None
    return f"apiserver.config.k8s.io/{'v1' if version >= _V1_SINCE else 'v1beta1'}"
