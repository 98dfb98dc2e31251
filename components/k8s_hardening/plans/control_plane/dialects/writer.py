"""From the settings to the words of a dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.dialects.cluster_api import write_cluster_api
from k8s_hardening.plans.control_plane.dialects.k3s import write_k3s
from k8s_hardening.plans.control_plane.dialects.kubeadm import write_kubeadm
from k8s_hardening.plans.control_plane.dialects.managed import write_managed
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.rke2 import write_rke2
from k8s_hardening.plans.control_plane.dialects.static_pod import write_static_pods
from k8s_hardening.plans.control_plane.dialects.talos import write_talos
from k8s_hardening.plans.control_plane.part import Part
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.plan import HostFile, hardened


def plan_in_dialect(
    spec: ControlPlaneSpec, kubernetes: KubeVersion, dialect: Dialect, policies: Sequence[HostFile] = ()
) -> DialectOutput:
    """The whole control plane in the words of its dialect; every object passed through the controls' fixes.

    `policies` are files that the API server reads as admission policies of its own (1.37 on).

    Raises:
        ValueError: the dialect needs a part of the spec that is not there; a validated baseline has it.
    """
    output = write(plan_control_plane(spec, kubernetes, dialect, policies), spec, kubernetes, dialect)
    return replace(output, manifests=hardened(output.manifests, Knowledge(kubernetes=kubernetes)))


def write(part: Part, spec: ControlPlaneSpec, kubernetes: KubeVersion, dialect: Dialect) -> DialectOutput:
    """The control plane in the words of a dialect.

    Raises:
        ValueError: the dialect needs a part of the spec that is not there; a validated baseline has it.
    """
    match dialect:
        case Dialect.KUBEADM:
            return write_kubeadm(part, kubernetes)
        case Dialect.K3S:
            return write_k3s(part, kubernetes)
        case Dialect.RKE2:
            return write_rke2(part, kubernetes)
        case Dialect.TALOS:
            return write_talos(part)
        case Dialect.STATIC_POD if spec.static_pods is not None:
            return write_static_pods(part, kubernetes, spec.static_pods)
        case Dialect.CLUSTER_API if spec.cluster_api is not None:
            return write_cluster_api(part, kubernetes, spec.cluster_api)
        case Dialect.MANAGED if spec.managed is not None:
            return write_managed(part, kubernetes, spec.managed)
    raise ValueError(f"the control plane of dialect {dialect} is not described")
