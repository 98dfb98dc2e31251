"""The servers of the control plane must speak TLS 1.2 or later with strong cipher suites.

Restricted flags: --tls-cert-file and --tls-private-key-file of kube-apiserver, without which it signs a certificate
by itself; --tls-min-version of every program, where 1.0 and 1.1 are refused and absent means 1.2; --tls-cipher-suites
(--cipher-suites of etcd), which may hold suites of ECDHE with GCM or ChaCha20 only. For kube-apiserver absent means
Go's own list, which holds suites with CBC, so it must be given unless the oldest version is TLS 1.3.
Sources: k8s.io/component-base v0.18.19 to v0.37.2 cli/flag/ciphersuites_flag.go; crypto/tls of Go 1.13 to 1.26.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import allowed, are_strong_suites, is_set, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_VERSIONS = ("VersionTLS12", "VersionTLS13", "TLS1.2", "TLS1.3")
_ONLY_1_3 = frozenset({"VersionTLS13"})
_SUITES = "list suites of ECDHE with GCM or ChaCha20 only, for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag that makes a server speak in a way that can be broken."""
    for settings in settings_of(manifest, API_SERVER, CONTROLLER_MANAGER, SCHEDULER, ETCD):
        yield from unreadable(settings)
        yield from allowed(settings, "tls-min-version", _VERSIONS.__contains__, "set it to VersionTLS12 or later")
        if settings.program == ETCD:
            yield from allowed(settings, "cipher-suites", are_strong_suites, _SUITES)
        elif settings.program == API_SERVER and settings.items("tls-min-version") != _ONLY_1_3:
            yield from required(settings, "tls-cipher-suites", are_strong_suites, _SUITES)
        else:
            yield from allowed(settings, "tls-cipher-suites", are_strong_suites, _SUITES)
        if settings.program == API_SERVER:
            yield from required(settings, "tls-cert-file", is_set, "name the API server's certificate")
            yield from required(
                settings, "tls-private-key-file", is_set, "name the key of the API server's certificate"
            )


CONTROL = Control(
    id="control-plane-tls",
    requirement="Servers of the control plane must speak TLS 1.2 or later with strong cipher suites.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.24", "CIS 1.2.29"),
    check=check,
    concerns=may_configure,
)
