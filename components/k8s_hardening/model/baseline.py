"""The baseline: the typed description of one environment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, model_validator

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.admission_policies import AdmissionPoliciesSpec, HostPaths
from k8s_hardening.model.apparmor import AppArmorSpec
from k8s_hardening.model.apparmor_crossing import loader_and_baseline_problems
from k8s_hardening.model.apparmor_loader import loader_exemptions
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.break_glass import BreakGlassSpec
from k8s_hardening.model.checked import Name, Switch, config_key, matching, wrong
from k8s_hardening.model.cluster_deny import ClusterDenySpec, cluster_deny_problems
from k8s_hardening.model.cni import CniSpec
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec, control_plane_problems
from k8s_hardening.model.crossing import baseline_problems
from k8s_hardening.model.dialect import Dialect as Dialect  # its name here is public
from k8s_hardening.model.ends import DnsSpec
from k8s_hardening.model.enforcement import EnforcementSpec
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.images import ImagesSpec
from k8s_hardening.model.network import NetworkSpec
from k8s_hardening.model.pod_security import PodSecuritySpec, pod_security_problems
from k8s_hardening.model.raw import Problem
from k8s_hardening.model.tenant import BaselineTenantSpec
from k8s_hardening.model.workloads import WorkloadsSpec

_FOLDER = r"(?!(.*/)?\.\.(/|$))[A-Za-z0-9_][A-Za-z0-9_./-]*"  # no step leads up
_Folder = Annotated[str, matching(_FOLDER, "is not a folder within the project", '"out/dev"')]
_ContextKey = Annotated[str, config_key("kubeContext")]


class TargetSpec(Model):
    """Where the objects go: rendered files, or a cluster."""

    render: _Folder | None = Field(default=None, examples=["out/dev"])
    """Folder for rendered YAML, relative to the project; no cluster is needed."""
    context_config: _ContextKey | None = Field(default=None, examples=["kubeContext"])
    """Key of this stack's configuration that holds the kubeconfig context of the cluster."""

    @model_validator(mode="after")
    def _one_target(self) -> TargetSpec:
        if (self.render is None) == (self.context_config is None):
            raise wrong("names not exactly one of render and context_config", '{render: "out/dev"}')
        return self

    @property
    def is_live(self) -> bool:
        """Whether objects go to a cluster."""
        return self.render is None


_TENANT = {"name": "payments", "admins": ["group:payments-admins"], "namespaces": [{"name": "payments-api"}]}
_EXEMPTION = {
    "control": "host-path-volumes",
    "namespace": "monitoring",
    "reason": "The node agent reads the logs of all pods.",
    "owner": "platform-team",
    "expires": "2027-06-30",
}
_EMERGENCY = {
    "name": "db-outage",
    "tenant": "payments",
    "subjects": ["user:oidc:bob@example.com"],
    "reason": "The payments database does not start; incident 4711.",
    "owner": "platform-team",
    "expires": "2027-01-15",
}


class Baseline(Whole):
    """One environment."""

    environment: Name = Field(examples=["dev"])
    """Name of the environment."""
    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes minor version of the cluster, quoted."""
    dialect: Dialect = Field(examples=["kubeadm"])
    """How the control plane is configured."""
    cni: CniSpec = Field(examples=[{"name": "calico"}])
    """The network plug-in."""
    target: TargetSpec = Field(examples=[{"render": "out/dev"}])
    """Where the objects go."""
    images: ImagesSpec = Field(examples=[{"registries": ["registry.example.com/platform"]}])
    """Which images may run."""
    dns: DnsSpec = DnsSpec()
    """Where pods resolve names."""
    network: NetworkSpec = NetworkSpec()
    """What flows can name beside the tenants, and which namespaces of none are closed."""
    cluster_deny: ClusterDenySpec | None = Field(default=None, examples=[{"networks": ["169.254.169.254/32"]}])
    """What no pod of the cluster may reach, as the CNI has it; tenants cannot allow it again."""
    tenants: tuple[BaselineTenantSpec, ...] = Field(default=(), examples=[[_TENANT]])
    """Who shares the cluster."""
    control_plane: ControlPlaneSpec = ControlPlaneSpec()
    """How the control plane and the nodes are hardened."""
    apparmor: AppArmorSpec = AppArmorSpec()
    """AppArmor profiles of the nodes."""
    host_paths: HostPaths = Field(default={}, examples=[{"monitoring": ["/var/log/pods"]}])
    """Weaker: namespace, of no tenant -> folders of the node that its pods may mount, read-only."""
    admission_policies: AdmissionPoliciesSpec = AdmissionPoliciesSpec()
    """The API server's own policies, generated from the controls that have them."""
    pod_security: PodSecuritySpec = PodSecuritySpec()
    """PodSecurityPolicies up to Kubernetes 1.24, and the way from them to Pod Security Admission."""
    harden_workloads: Switch = False
    """Fill in the security contexts of all workloads below the component, and say each change."""
    workloads: WorkloadsSpec = WorkloadsSpec()
    """What to fill in beside the defaults."""
    break_glass: tuple[BreakGlassSpec, ...] = Field(default=(), examples=[[_EMERGENCY]])
    """Weaker: rights for emergencies, each until a day; every preview names them."""
    exemptions: tuple[Exemption, ...] = Field(default=(), examples=[[_EXEMPTION]])
    """Exceptions to controls; they reach the pack through its own configuration only."""
    enforcement: EnforcementSpec = EnforcementSpec()
    """How strictly controls are enforced; reaches the pack through its own configuration only."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Names that two tenants share, flows that lead nowhere, and what version, dialect or CNI cannot do."""
        return itertools.chain(
            baseline_problems(data),
            control_plane_problems(data),
            pod_security_problems(data),
            cluster_deny_problems(data),
            loader_and_baseline_problems(data),
        )

    @property
    def every_exemption(self) -> tuple[Exemption, ...]:
        """The exemptions that are written, and those that parts of the baseline bring along."""
        loader = self.apparmor.loader
        if loader is None:
            return self.exemptions
        brought = loader_exemptions(self.kubernetes, loader.exemption, has_tenants=bool(self.tenants))
        return (*self.exemptions, *brought)
