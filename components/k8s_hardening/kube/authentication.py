"""What the API server knows about authentication, by version.

Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubeapiserver/options/authentication.go; k8s.io/apiserver v0.29.15 to
v0.37.2 pkg/apis/apiserver (which API versions there are), pkg/features/kube_features.go (which are on by default).
"""

from __future__ import annotations

from dataclasses import dataclass

from k8s_hardening.kube.version import KubeVersion

CONFIGURATION_SINCE = KubeVersion(1, 30)
"""AuthenticationConfiguration by default; 1.29 has it only behind a gate that is off (v1alpha1)."""
ANONYMOUS_PATHS_SINCE = KubeVersion(1, 32)
"""Anonymous requests limited to paths by default; 1.31 has it only behind a gate that is off."""
SEVERAL_ISSUERS_SINCE = KubeVersion(1, 22)
"""The flag --service-account-issuer may be repeated."""
EXTENDED_TOKENS_SINCE = KubeVersion(1, 19)
"""The flag --service-account-extend-token-expiration exists; its default is true: tokens that live for a year."""
EXEC_CREDENTIAL_V1_SINCE = KubeVersion(1, 22)
"""client.authentication.k8s.io/v1 (k8s.io/client-go v0.22.17 pkg/apis/clientauthentication); v1beta1 before."""
MOST_ISSUERS = 64
"""As many JWT authenticators one AuthenticationConfiguration takes."""

HEALTH_PATHS = ("/healthz", "/livez", "/readyz")
"""What probes ask for; each is matched as a whole (k8s.io/apiserver v0.37.2 pkg/authentication/request/anonymous)."""
CLUSTER_INFO_PATH = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
"""What `kubeadm join` reads before it has credentials (k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/discovery/token)."""

_V1_SINCE = KubeVersion(1, 34)


def configuration_api(version: KubeVersion) -> str | None:
    """The newest API version of AuthenticationConfiguration that a server takes by default; None below 1.30."""
    if version < CONFIGURATION_SINCE:
        return None
    return f"apiserver.config.k8s.io/{'v1' if version >= _V1_SINCE else 'v1beta1'}"


@dataclass(frozen=True, slots=True)
class RetiredFlag:
    """A flag of older servers, or of careless ones, and what does its work today."""

    last: KubeVersion | None
    """Last version that takes it; None when the newest still does."""
    instead: str
    """What to use."""


_PEOPLE = "use oidc for people and client certificates for machines"
REFUSED_FLAGS = {
    "basic-auth-file": RetiredFlag(KubeVersion(1, 18), f"it holds passwords in plain text; {_PEOPLE}"),
    "token-auth-file": RetiredFlag(None, f"its tokens never expire and lie in plain text; {_PEOPLE}"),
    "experimental-keystone-url": RetiredFlag(
        KubeVersion(1, 9), "use oidc, or token_webhook with the webhook of the OpenStack cloud provider"
    ),
    "experimental-keystone-ca-file": RetiredFlag(
        KubeVersion(1, 9), "use oidc, or token_webhook with the webhook of the OpenStack cloud provider"
    ),
}
"""Flags for which there is no safe translation."""
TRANSLATED_FLAGS = {
    "experimental-bootstrap-token-auth": RetiredFlag(KubeVersion(1, 8), "enable-bootstrap-token-auth"),
    "service-account-api-audiences": RetiredFlag(KubeVersion(1, 24), "api-audiences"),
}
"""Flags that only changed their name; `instead` is the new one."""
