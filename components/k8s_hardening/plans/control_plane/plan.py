"""The whole control plane as one part."""

from __future__ import annotations

from collections.abc import Sequence

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.admission import plan_admission
from k8s_hardening.plans.control_plane.api_server import plan_api_server
from k8s_hardening.plans.control_plane.audit import plan_audit
from k8s_hardening.plans.control_plane.authentication import plan_authentication
from k8s_hardening.plans.control_plane.authorization import plan_authorization
from k8s_hardening.plans.control_plane.controller_manager import plan_controller_manager
from k8s_hardening.plans.control_plane.encryption import plan_encryption
from k8s_hardening.plans.control_plane.etcd import plan_etcd
from k8s_hardening.plans.control_plane.kube_proxy import plan_kube_proxy
from k8s_hardening.plans.control_plane.kubelet import plan_kubelet
from k8s_hardening.plans.control_plane.part import Part, combined
from k8s_hardening.plans.control_plane.scheduler import plan_scheduler
from k8s_hardening.plans.plan import HostFile


def plan_control_plane(
    spec: ControlPlaneSpec, kubernetes: KubeVersion, dialect: Dialect, policies: Sequence[HostFile] = ()
) -> Part:
    """The settings, files and objects of every concern; nothing where a provider runs the control plane.

    `policies` are files that the API server reads as admission policies of its own (1.37 on).
    """
    if dialect is Dialect.MANAGED:
        return Part()
    return combined(
        (
            plan_admission(spec.admission, kubernetes, policies),
            plan_api_server(spec.api_server, kubernetes),
            plan_audit(spec.audit, kubernetes),
            plan_authentication(spec.authentication, kubernetes, dialect),
            plan_authorization(spec.authorization, kubernetes),
            plan_controller_manager(spec.controller_manager, kubernetes),
            plan_encryption(spec.encryption, kubernetes),
            plan_etcd(spec.etcd, kubernetes),
            plan_kube_proxy(spec.kube_proxy, kubernetes),
            plan_kubelet(spec.kubelet, kubernetes),
            plan_scheduler(spec.scheduler, kubernetes),
        )
    )
