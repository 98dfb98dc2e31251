"""The controller manager must act under one service account for each controller, and sign with keys that it is given.

Restricted flags of kube-controller-manager: --use-service-account-credentials (false when absent: every controller has
all rights of all); --service-account-private-key-file and --root-ca-file, without which pods get no tokens, or cannot
check the API server; --feature-gates, which must not turn RotateKubeletServerCertificate off;
--terminated-pod-gc-threshold, where 0 keeps every finished pod in etcd (12500 when absent).
Source: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kube-controller-manager/app/options.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import allowed, is_at_least, is_set, is_true, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import CONTROLLER_MANAGER
from k8s_hardening.kube.kubelet import SERVER_CERTIFICATE_GATE
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag that gives controllers too much, or leaves pods without a way to check the API server."""
    for settings in settings_of(manifest, CONTROLLER_MANAGER):
        yield from unreadable(settings)
        yield from required(settings, "use-service-account-credentials", is_true, "set it to true", default="false")
        yield from required(
            settings, "service-account-private-key-file", is_set, "name the key that signs service account tokens"
        )
        yield from required(settings, "root-ca-file", is_set, "name the CA by which pods check the API server")
        yield from allowed(
            settings, "feature-gates", _keeps_rotation, f"leave {SERVER_CERTIFICATE_GATE} on, as it is by default"
        )
        yield from allowed(
            settings, "terminated-pod-gc-threshold", is_at_least(1), "set it to the number of finished pods to keep"
        )


def _keeps_rotation(value: str) -> bool:
    gates = [gate.replace(" ", "").lower() for gate in value.split(",")]
    return f"{SERVER_CERTIFICATE_GATE.lower()}=false" not in gates


CONTROL = Control(
    id="control-plane-controller-manager",
    requirement="The controller manager must act under one service account for each controller.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.3.1", "CIS 1.3.3", "CIS 1.3.4", "CIS 1.3.5", "CIS 1.3.6"),
    check=check,
    concerns=may_configure,
)
