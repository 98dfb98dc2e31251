"""Kubelets must hold pods and the node apart, renew their certificates, and speak strong TLS.

Restricted fields of KubeletConfiguration, and the flags of kubeadm's kubeletExtraArgs that win over them:
- seccompDefault true (from 1.25; false when absent), protectKernelDefaults true (false when absent), podPidsLimit a
  positive number (without limit when absent);
- rotateCertificates true (false when absent); a serving certificate: serverTLSBootstrap true, or tlsCertFile and
  tlsPrivateKeyFile; the feature gate RotateKubeletServerCertificate on;
- tlsCipherSuites of strong suites only (Go's own list when absent), tlsMinVersion 1.2 or later (1.2 when absent);
- streamingConnectionIdleTimeout not 0, makeIPTablesUtilChains true, eventRecordQPS not negative, all good when absent;
- enableProfilingHandler and enableDebugFlagsHandler false (from 1.21; true when absent).
The value counts, not that the field is there: `seccompDefault: false` is a finding.
Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubelet/apis/config/v1beta1/defaults.go; kube/kubelet.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import (
    are_strong_suites,
    field_of,
    is_at_least,
    is_true,
)
from k8s_hardening.controls.shared.kubelet_rules import KubeletRule, is_off, is_on, judge_files, judge_flags
from k8s_hardening.kube.control_planes import may_configure
from k8s_hardening.kube.durations import parse_duration
from k8s_hardening.kube.kubelet import SERVER_CERTIFICATE_GATE
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.model.knowledge import Knowledge

_TLS_VERSIONS = ("VersionTLS12", "VersionTLS13")
_ONLY_1_3 = "VersionTLS13"
_ON, _OFF = "set it to true", "set it to false"
_PIDS = "set it to the number of processes that one pod may have, for example 4096"
_SUITES = "list suites of ECDHE with GCM or ChaCha20 only, for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
_IDLE = "set it to a time such as 5m; 0 keeps idle connections forever"


def _is_number(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _has_end(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_duration(value) > 0
    except ValueError:
        return False


def _are_strong(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(name, str) and are_strong_suites(name) for name in value)
    )


_SERVER_CERTIFICATE = KubeletRule(
    "serverTLSBootstrap", is_on, f"{_ON}, and approve the requests", default_is_good=False
)
_CIPHERS = KubeletRule("tlsCipherSuites", _are_strong, _SUITES, default_is_good=False)
_RULES = (
    KubeletRule("seccompDefault", is_on, _ON, default_is_good=False),
    KubeletRule("protectKernelDefaults", is_on, _ON, default_is_good=False),
    KubeletRule("podPidsLimit", lambda value: _is_number(value, 1), _PIDS, default_is_good=False),
    KubeletRule("rotateCertificates", is_on, _ON, default_is_good=False),
    _SERVER_CERTIFICATE,
    KubeletRule(f"featureGates.{SERVER_CERTIFICATE_GATE}", is_on, "leave it out"),
    _CIPHERS,
    KubeletRule("tlsMinVersion", lambda value: value in ("", *_TLS_VERSIONS), "set it to VersionTLS12 or later"),
    KubeletRule("streamingConnectionIdleTimeout", _has_end, _IDLE),
    KubeletRule("makeIPTablesUtilChains", is_on, _ON),
    KubeletRule("eventRecordQPS", lambda value: _is_number(value, 0), "set it to 0 or more"),
    KubeletRule("enableProfilingHandler", is_off, _OFF, default_is_good=False),
    KubeletRule("enableDebugFlagsHandler", is_off, _OFF, default_is_good=False),
)
_FLAGS = {
    "hostname-override": (
        lambda value: value == "",
        "leave it out; a node that names itself can take the place of another",
    ),
    "event-qps": (is_at_least(0), "set it to 0 or more"),
    "make-iptables-util-chains": (is_true, _ON),
    "pod-max-pids": (is_at_least(1), _PIDS),
    "protect-kernel-defaults": (is_true, _ON),
    "rotate-certificates": (is_true, _ON),
    "rotate-server-certificates": (is_true, _ON),
    "seccomp-default": (is_true, _ON),
    "streaming-connection-idle-timeout": (_has_end, _IDLE),
    "tls-cipher-suites": (are_strong_suites, _SUITES),
    "tls-min-version": (_TLS_VERSIONS.__contains__, "set it to VersionTLS12 or later"),
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each field or flag by which a kubelet guards its node less than it could."""
    yield from judge_flags(manifest, _FLAGS)
    for content, found in judge_files(manifest, _RULES, knowledge.kubernetes):
        if not _is_excused(content, found):
            yield found


def _is_excused(content: Any, found: Finding) -> bool:
    """Whether another field does what an absent one would."""
    if found.path.endswith(_SERVER_CERTIFICATE.field):
        files = (field_of(content, "tlsCertFile"), field_of(content, "tlsPrivateKeyFile"))
        return all(one is not UNKNOWN and as_str(one) for one in files)
    if found.path.endswith(_CIPHERS.field):
        minimum = field_of(content, "tlsMinVersion")
        return found.absent and isinstance(minimum, str) and minimum == _ONLY_1_3
    return False


CONTROL = Control(
    id="control-plane-kubelet",
    requirement="Kubelets must hold pods and the node apart, renew their certificates, and speak strong TLS.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=(
        "CIS 4.2.5",
        "CIS 4.2.6",
        "CIS 4.2.7",
        "CIS 4.2.8",
        "CIS 4.2.9",
        "CIS 4.2.10",
        "CIS 4.2.11",
        "CIS 4.2.12",
        "CIS 4.2.13",
        "CIS 4.2.14",
    ),
    check=check,
    concerns=may_configure,
)
