"""The API server must reach etcd by TLS, with a certificate, and under a CA that signs nothing else.

Restricted flags of kube-apiserver: --etcd-cafile, --etcd-certfile and --etcd-keyfile; --etcd-servers, whose addresses
must be https; and --etcd-cafile must not be the file of --client-ca-file: with one CA for both, everybody who has a
client certificate of the cluster can read and write etcd. The values are compared, not only their presence.
Source: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/server/options/etcd.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import is_set, required, told, unreadable
from k8s_hardening.kube.control_planes import ComponentSettings, may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_FILES = {
    "etcd-cafile": "name the CA of etcd",
    "etcd-certfile": "name the certificate that the API server shows to etcd",
    "etcd-keyfile": "name the key of the certificate that the API server shows to etcd",
}
_SAFE = ("https://", "unix://")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag by which etcd is open to others, or not known for certain."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        for flag, fix in _FILES.items():
            yield from required(settings, flag, is_set, fix)
        yield from required(settings, "etcd-servers", _is_safe, "give addresses of etcd that start with https://")
        yield from _shared_ca(settings)


def _shared_ca(settings: ComponentSettings) -> Iterator[Finding]:
    for argument in settings.given("etcd-cafile"):
        if isinstance(argument.value, str) and argument.value and argument.value in settings.values("client-ca-file"):
            fix = "give etcd a CA of its own; everybody with a certificate of this one can open etcd"
            yield told(settings, argument, fix)


def _is_safe(value: str) -> bool:
    return bool(value) and all(address.strip().startswith(_SAFE) for address in value.split(","))


CONTROL = Control(
    id="control-plane-etcd-client",
    requirement="The API server must reach etcd by mutual TLS under a CA of etcd's own.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.23", "CIS 1.2.26", "CIS 2.7"),
    check=check,
    concerns=may_configure,
)
