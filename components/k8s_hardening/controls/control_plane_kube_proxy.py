"""kube-proxy must show its metrics to its own node only.

Restricted field of KubeProxyConfiguration: metricsBindAddress. Allowed: a loopback address; absent or empty means
127.0.0.1:10249.
Source: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/proxy/apis/config/v1alpha1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.flag_rules import is_loopback, told_of_file
from k8s_hardening.kube.control_planes import may_configure
from k8s_hardening.kube.embedded import ConfigurationKind, embedded_files
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.model.knowledge import Knowledge

_FILE = ConfigurationKind("kubeproxy.config.k8s.io", "KubeProxyConfiguration", ("kube-proxy",))
_FIX = "set it to 127.0.0.1:10249"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The address, when others than the node reach it."""
    for file in embedded_files(manifest, _FILE):
        path = file.at("metricsBindAddress")
        if file.content is None:
            yield Finding(file.path or "(object)", "a file too large to be judged", "write it by hand")
            continue
        if file.content is UNKNOWN:
            yield finding(file.path, UNKNOWN, _FIX)
            continue
        value = as_map(file.content).get("metricsBindAddress")
        if value is UNKNOWN or (value and not (isinstance(value, str) and is_loopback(value))):
            yield told_of_file(manifest, path, value, _FIX)


CONTROL = Control(
    id="control-plane-kube-proxy",
    requirement="kube-proxy must show its metrics to its own node only.",
    severity=Severity.LOW,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 4.3.1",),
    check=check,
    concerns=may_configure,
)
