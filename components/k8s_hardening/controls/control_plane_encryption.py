"""The API server must encrypt what it stores.

Restricted: --encryption-provider-config of kube-apiserver; absent means that Secrets lie in etcd in plain text. Until
1.23 the old name --experimental-encryption-provider-config does the same. What the file says is judged by
encryption-configuration.
Source: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/server/options/etcd.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import is_set, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, flags_of
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_FLAG, _OLD = "encryption-provider-config", "experimental-encryption-provider-config"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The flag, when no file of encryption is named."""
    old_is_known = flags_of(API_SERVER)[_OLD].is_known(knowledge.kubernetes)
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        if not (old_is_known and settings.has(_OLD)):
            yield from required(settings, _FLAG, is_set, "name an EncryptionConfiguration that encrypts the Secrets")


CONTROL = Control(
    id="control-plane-encryption",
    requirement="The API server must encrypt Secrets at rest.",
    severity=Severity.HIGH,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.27",),
    check=check,
    concerns=may_configure,
)
