"""What the API server's own policies are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import FreeLabelKey, Name, Subject, Switch, wrong
from k8s_hardening.model.control_plane.leaves import HostPath
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.images import Registry
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

# Whoever can read these has the node or the cluster: keys, sockets of runtimes, the kernel's own files.
_NEVER = (
    "/dev",
    "/etc/kubernetes",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/run",
)


def _folder(path: str) -> str:
    for one in _NEVER:
        if f"{path}/".startswith(f"{one}/") or one.startswith(f"{path}/"):
            raise wrong(f"holds or leads to {one}, which gives the node away even to a reader", '"/var/log/pods"')
    return path


ReadableFolder = Annotated[HostPath, AfterValidator(_folder)]
HostPaths = dict[Name, tuple[ReadableFolder, ...]]
_HOST_PATHS: HostPaths = {"monitoring": ("/var/log/pods",)}
_PLATFORM = ["group:platform-admins"]
_PROFILES = {"web": "k8s-hardening-web-0123456789"}


class AdmissionPoliciesSpec(Model):
    """The API server's own policies (ValidatingAdmissionPolicy), generated from the controls that have them."""

    platform: tuple[Subject, ...] = Field(default=(), examples=[_PLATFORM])
    """Who may be cluster-admin and change owner and Pod Security labels of namespaces, beside the all-mighty groups."""
    unfinished_api: Switch = False
    """The API server of 1.26 to 1.29 is told to serve the policies' alpha or beta form; otherwise there are none."""
    as_objects: Switch = False
    """Weaker: keep the policies in the cluster where the API server could read them from its hosts (1.37 on)."""


class PolicyFactsSpec(Model):
    """What the policies judge by, as the policy pack knows it."""

    registries: tuple[Registry, ...] = Field(default=(), examples=[["registry.example.com/platform"]])
    """Allowed registries with optional path prefix; any when empty."""
    digests_required: Switch = True
    """Images must be named by digest; otherwise a fixed tag is enough."""
    apparmor_required: Switch = False
    """Every container must have an AppArmor profile."""
    apparmor_profiles: dict[str, str] | None = Field(default=None, examples=[_PROFILES])
    """Friendly name -> kernel's name of the AppArmor profiles that pods may name; any when absent."""
    apparmor_preinstalled: tuple[str, ...] = Field(default=(), examples=[["docker-default"]])
    """Kernel's names of more profiles that the nodes have by themselves."""
    host_paths: HostPaths = Field(default={}, examples=[_HOST_PATHS])
    """Namespace -> folders of the node that its pods may mount read-only."""
    tenants: tuple[TenantFacts, ...] = Field(
        default=(), examples=[[{"name": "payments", "namespaces": {"payments-api": "restricted"}}]]
    )
    """Who shares the cluster, and what each may have."""
    namespace_labels: tuple[FreeLabelKey, ...] = Field(default=(), examples=[["example.com/zone"]])
    """Keys of labels of namespaces that only the platform sets, since flows select namespaces by them."""
    pod_node_selector: Switch = False
    """The API server gives each pod the node selector of its tenant (PodNodeSelector)."""
    platform: tuple[Subject, ...] = Field(default=(), examples=[_PLATFORM])
    """Who may change the owner and Pod Security labels of namespaces."""
    exemptions: tuple[Exemption, ...] = ()
    """Exceptions to controls. The server knows no day, so each holds until it is taken out."""
    levels: dict[str, Level] = Field(default={}, examples=[{"image-pinned": "advisory"}])
    """Control id -> level: advisory warns and audits, disabled leaves the policy out."""

    def knowledge(self, kubernetes: KubeVersion) -> Knowledge:
        """The same as facts for controls; undated, since neither a plan nor an expression of the server has a clock."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in PolicyFactsSpec.model_fields if name != "levels"}
        return Knowledge(kubernetes=kubernetes, **facts)


class AdmissionPoliciesInputs(PolicyFactsSpec):
    """Inputs of the component `AdmissionPolicies`: what the policies judge by, and the version that takes them."""

    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    environment: Name | None = Field(default=None, examples=["prod"])
    """Stands in the names of the policies, so that those of several stacks of one cluster stay apart."""
    unfinished_api: Switch = False
    """The API server of 1.26 to 1.29 is told to serve the policies' alpha or beta form; otherwise there are none."""
