"""The API server must show kubelets a certificate, and check theirs.

Restricted flags of kube-apiserver: --kubelet-client-certificate and --kubelet-client-key, without which it is
anonymous to kubelets; --kubelet-certificate-authority, without which whoever answers at a node's address is taken for
the kubelet (kubeadm does not set it); --kubelet-https, which until 1.21 could turn TLS off.
Source: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kube-apiserver/app/options/options.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import allowed, is_set, is_true, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, flags_of
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_FILES = {
    "kubelet-certificate-authority": "name the CA that signs the serving certificates of kubelets",
    "kubelet-client-certificate": "name the certificate that the API server shows to kubelets",
    "kubelet-client-key": "name the key of the certificate that the API server shows to kubelets",
}
_HTTPS = "kubelet-https"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag without which one side does not know the other."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        for flag, fix in _FILES.items():
            yield from required(settings, flag, is_set, fix)
        if flags_of(API_SERVER)[_HTTPS].is_known(knowledge.kubernetes):
            yield from allowed(settings, _HTTPS, is_true, "leave it out; TLS is the default")


CONTROL = Control(
    id="control-plane-kubelet-client",
    requirement="The API server and the kubelets must know each other by certificates.",
    severity=Severity.HIGH,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.4", "CIS 1.2.5"),
    check=check,
    concerns=may_configure,
)
