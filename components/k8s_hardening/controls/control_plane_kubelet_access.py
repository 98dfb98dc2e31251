"""A kubelet must answer only callers whom the API server knows and lets through.

Restricted fields of KubeletConfiguration, and the flags of kubeadm's kubeletExtraArgs that win over them:
authentication.anonymous.enabled (false when absent), authentication.webhook.enabled (true when absent),
authorization.mode (Webhook when absent), readOnlyPort (0 when absent: a port that asks nobody for a name),
authentication.x509.clientCAFile, which must be set: without it the API server's certificate is not known.
Source: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubelet/apis/config/v1beta1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import is_false, is_set, is_true
from k8s_hardening.controls.shared.kubelet_rules import KubeletRule, is_off, is_on, judge_files, judge_flags
from k8s_hardening.kube.control_planes import may_configure
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_ANONYMOUS = "set it to false"
_WEBHOOK = "set it to Webhook, so that the API server decides"
_PORT = "set it to 0; the port asks nobody for a name"
_RULES = (
    KubeletRule("authentication.anonymous.enabled", is_off, _ANONYMOUS),
    KubeletRule("authentication.webhook.enabled", is_on, "set it to true"),
    KubeletRule(
        "authentication.x509.clientCAFile",
        lambda value: isinstance(value, str) and is_set(value),
        "name the CA of the cluster, for example /etc/kubernetes/pki/ca.crt",
        default_is_good=False,
    ),
    KubeletRule("authorization.mode", lambda value: value == "Webhook", _WEBHOOK),
    KubeletRule("readOnlyPort", lambda value: value == 0 and value is not False, _PORT),
)
_FLAGS = {
    "anonymous-auth": (is_false, _ANONYMOUS),
    "authentication-token-webhook": (is_true, "set it to true"),
    "authorization-mode": (lambda value: value == "Webhook", _WEBHOOK),
    "read-only-port": (lambda value: value == "0", _PORT),
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each way to a kubelet that asks nobody for a name."""
    yield from judge_flags(manifest, _FLAGS)
    for _, found in judge_files(manifest, _RULES, knowledge.kubernetes):
        yield found


CONTROL = Control(
    id="control-plane-kubelet-access",
    requirement="Kubelets must answer only callers whom the API server knows and lets through.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 4.2.1", "CIS 4.2.2", "CIS 4.2.3", "CIS 4.2.4"),
    check=check,
    concerns=may_configure,
)
