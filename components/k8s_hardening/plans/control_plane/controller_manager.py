"""Flags of the controller manager."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.insecure_ports import CONTROLLER_MANAGER_UNTIL
from k8s_hardening.kube.kubelet import SERVER_CERTIFICATE_GATE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.controller_manager import ControllerManagerSpec
from k8s_hardening.plans.control_plane.flags import file_flags, flag, tls_flags
from k8s_hardening.plans.control_plane.part import Component, Part, Setting

_ME = Component.CONTROLLER_MANAGER
# k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kube-controller-manager/app/options/csrsigningcontroller.go
_SIGNING_DURATION_SINCE = KubeVersion(1, 19)


def plan_controller_manager(spec: ControllerManagerSpec, kubernetes: KubeVersion) -> Part:
    """The hardened flags of the controller manager."""
    return Part(settings=tuple(_settings(spec, kubernetes)))


def _settings(spec: ControllerManagerSpec, kubernetes: KubeVersion) -> Iterator[Setting]:
    yield flag(_ME, "bind-address", spec.bind_address)
    if kubernetes <= CONTROLLER_MANAGER_UNTIL:
        yield flag(_ME, "port", "0")
    yield from tls_flags(_ME, spec.tls_minimum, kubernetes)
    yield flag(_ME, "profiling", "false")
    yield flag(_ME, "use-service-account-credentials", "true")
    yield from file_flags(
        _ME, {"root-ca-file": spec.root_ca_file, "service-account-private-key-file": spec.service_account_key_file}
    )
    yield flag(_ME, "terminated-pod-gc-threshold", str(spec.terminated_pods_kept))
    yield flag(_ME, "feature-gates", f"{SERVER_CERTIFICATE_GATE}=true")
    prefix = "" if kubernetes >= _SIGNING_DURATION_SINCE else "experimental-"
    yield flag(_ME, f"{prefix}cluster-signing-duration", spec.certificate_life)
