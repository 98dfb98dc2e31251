"""The API server must know its callers by credentials that end and can be taken back.

Restricted flags of kube-apiserver: --token-auth-file and --basic-auth-file (secrets in plain text that never end);
--client-ca-file and --service-account-key-file, without which it cannot tell nodes and pods;
--service-account-lookup, which when false lets deleted tokens in; --service-account-extend-token-expiration, which is
true when absent and stretches the tokens of pods to a year; --requestheader-allowed-names, which when empty lets every
certificate of the proxy's CA name any user.
Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubeapiserver/options/authentication.go; k8s.io/apiserver
v0.18.19 to v0.37.2 pkg/server/options/authentication.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import allowed, is_false, is_set, is_true, refused, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, flags_of
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_PEOPLE = "remove it; use OIDC for people and client certificates for machines"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag that lets callers in whom nobody can put out again."""
    known = flags_of(API_SERVER)
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        yield from refused(settings, "token-auth-file", _PEOPLE)
        if known["basic-auth-file"].is_known(knowledge.kubernetes):
            yield from refused(settings, "basic-auth-file", _PEOPLE)
        yield from required(settings, "client-ca-file", is_set, "name the CA that signs certificates of clients")
        if not settings.has("service-account-signing-endpoint"):
            yield from required(
                settings, "service-account-key-file", is_set, "name the public key of service account tokens"
            )
        yield from allowed(settings, "service-account-lookup", is_true, "leave it out or set it to true")
        if known["service-account-extend-token-expiration"].is_known(knowledge.kubernetes):
            yield from required(
                settings, "service-account-extend-token-expiration", is_false, "set it to false", default="true"
            )
        if settings.has("requestheader-client-ca-file"):
            yield from required(
                settings, "requestheader-allowed-names", is_set, "name the proxy's certificate: front-proxy-client"
            )


CONTROL = Control(
    id="control-plane-authentication",
    requirement="The API server must know its callers by credentials that end.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.2", "CIS 1.2.21", "CIS 1.2.22", "CIS 1.2.25", "CIS 1.2.30"),
    check=check,
    concerns=may_configure,
)
