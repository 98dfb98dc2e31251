"""The control plane of an environment: one field for each concern, and what some dialects need to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, ValidationError

from k8s_hardening.kube.authentication import ANONYMOUS_PATHS_SINCE
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.model.control_plane.api_server import ApiServerSpec
from k8s_hardening.model.control_plane.audit import AuditSpec
from k8s_hardening.model.control_plane.authentication import AuthenticationSpec
from k8s_hardening.model.control_plane.authorization import AuthorizationSpec
from k8s_hardening.model.control_plane.cluster_api import ClusterApiSpec
from k8s_hardening.model.control_plane.controller_manager import ControllerManagerSpec
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.model.control_plane.etcd import EtcdSpec
from k8s_hardening.model.control_plane.kube_proxy import KubeProxySpec
from k8s_hardening.model.control_plane.kubelet import KubeletSpec
from k8s_hardening.model.control_plane.managed import ManagedSpec
from k8s_hardening.model.control_plane.scheduler import SchedulerSpec
from k8s_hardening.model.control_plane.static_pods import StaticPodsSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.problems import flow_text
from k8s_hardening.model.raw import Problem

_REGISTRY = "registry.example.com/platform"
_STATIC_PODS = {
    "api_server_image": f"{_REGISTRY}/kube-apiserver:v1.36.2",
    "controller_manager_image": f"{_REGISTRY}/kube-controller-manager:v1.36.2",
    "scheduler_image": f"{_REGISTRY}/kube-scheduler:v1.36.2",
    "etcd_image": f"{_REGISTRY}/etcd:3.6.5-0",
}
_CLUSTER_API = {"namespace": "clusters", "control_plane": "prod", "workers": "prod-workers-hardened"}
_MANAGED = {"provider": "eks", "cluster": "prod"}
_NEEDED: dict[Dialect, tuple[str, dict[str, str]]] = {
    Dialect.STATIC_POD: ("static_pods", _STATIC_PODS),
    Dialect.CLUSTER_API: ("cluster_api", _CLUSTER_API),
    Dialect.MANAGED: ("managed", _MANAGED),
}
_OF_DIALECTS = frozenset(field for field, _ in _NEEDED.values())


class ControlPlaneSpec(Model):
    """How the control plane is hardened; what is left out is hardened, too."""

    encryption: EncryptionSpec = EncryptionSpec()
    """Encryption at rest."""
    authentication: AuthenticationSpec = AuthenticationSpec()
    """Who the API server believes."""
    authorization: AuthorizationSpec = AuthorizationSpec()
    """Who decides what they may do."""
    admission: AdmissionSpec = AdmissionSpec()
    """What the API server refuses or changes."""
    audit: AuditSpec = AuditSpec()
    """What is logged about requests."""
    api_server: ApiServerSpec = ApiServerSpec()
    """The rest of the API server: TLS, addresses, connections to etcd and to the kubelets."""
    controller_manager: ControllerManagerSpec = ControllerManagerSpec()
    """The controllers."""
    scheduler: SchedulerSpec = SchedulerSpec()
    """The scheduler."""
    etcd: EtcdSpec = EtcdSpec()
    """The store of the cluster."""
    kube_proxy: KubeProxySpec = KubeProxySpec()
    """The proxy of the nodes."""
    kubelet: KubeletSpec = KubeletSpec()
    """The agents of the nodes."""
    static_pods: StaticPodsSpec | None = Field(default=None, examples=[_STATIC_PODS])
    """What the manifests of the dialect static-pod need; for that dialect only."""
    cluster_api: ClusterApiSpec | None = Field(default=None, examples=[_CLUSTER_API])
    """Which objects carry the hardening in the dialect cluster-api; for that dialect only."""
    managed: ManagedSpec | None = Field(default=None, examples=[_MANAGED])
    """What a user decides in the dialect managed; for that dialect only."""


def control_plane_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """What the version or the dialect of a baseline cannot do, in plain data of any shape.

    Each part is asked for itself, so that a mistake in one does not hide what is wrong with another.
    """
    kubernetes, dialect = supported(data.get("kubernetes")), _dialect(data.get("dialect"))
    raw = data.get("control_plane", {})
    if kubernetes is None or dialect is None or not isinstance(raw, dict):
        return  # has a problem of its own
    for name in ControlPlaneSpec.model_fields:
        if dialect is Dialect.MANAGED and name not in _OF_DIALECTS:
            if name in raw:
                yield (
                    ("control_plane", name),
                    raw[name],
                    "is the provider's to decide with a managed control plane, so nothing would come of it; remove it",
                )
            continue
        try:
            spec = ControlPlaneSpec.model_validate({name: raw[name]} if name in raw else {})
        except ValidationError:
            continue  # is reported field by field
        if (part := getattr(spec, name)) is not None:
            for loc, value, text in part.problems(kubernetes, dialect):
                yield ("control_plane", name, *loc), value, text
    if dialect is Dialect.CLUSTER_API:
        yield from _joining_problems(raw, kubernetes)
    if dialect in _NEEDED and raw.get(_NEEDED[dialect][0]) is None:
        name, example = _NEEDED[dialect]
        yield ("control_plane", name), None, f"is needed with the dialect {dialect}; for example {flow_text(example)}"


def _joining_problems(raw: dict[str, Any], kubernetes: KubeVersion) -> Iterator[Problem]:
    """Machines of Cluster API join by a token that they know beforehand (kubeadm's discovery by token)."""
    try:
        spec = ControlPlaneSpec.model_validate({"authentication": raw.get("authentication", {})}).authentication
    except ValidationError:
        return  # is reported field by field
    where = ("control_plane", "authentication")
    if not spec.is_bootstrapping():
        text = "keeps the machines of Cluster API out, each of which joins by a bootstrap token; for example true"
        yield (*where, "bootstrap_tokens"), False, text
    if kubernetes >= ANONYMOUS_PATHS_SINCE and not spec.anonymous_cluster_info:
        text = "keeps the machines of Cluster API from reading kube-public/cluster-info as they join; for example true"
        yield (*where, "anonymous_cluster_info"), False, text


def _dialect(value: object) -> Dialect | None:
    return next((one for one in Dialect if one == value), None)


class ControlPlaneInputs(Whole, ControlPlaneSpec):
    """Inputs of the component `ControlPlane`: the control plane and what it must know of its cluster."""

    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    dialect: Dialect = Field(examples=["kubeadm"])
    """How the control plane is configured."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterator[Problem]:
        """What the version or the dialect cannot do."""
        control_plane = {name: value for name, value in data.items() if name in ControlPlaneSpec.model_fields}
        for loc, value, text in control_plane_problems({**data, "control_plane": control_plane}):
            yield loc[1:], value, text
