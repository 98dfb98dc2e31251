"""Arguments that components share, as plain dictionaries of any language.

Each is the facade of the strict model of the same fields, which checks it; tests/resources/test_facades.py keeps both
alike. The component host reads the types themselves, so this file has no `from __future__ import annotations`, no
Literal, no union and no tuple.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict


class PodLimitsArgs(TypedDict):
    """What all containers of one pod may have together."""

    min: NotRequired[Mapping[str, str]]
    """The least that a pod must ask for."""
    max: NotRequired[Mapping[str, str]]
    """The most that a pod may be limited to."""
    max_ratio: NotRequired[Mapping[str, str]]
    """How many times its request the limit of a pod may be."""


class ClaimLimitsArgs(TypedDict):
    """How large one claim of storage may be."""

    min: NotRequired[str]
    """The least that a claim must ask for."""
    max: NotRequired[str]
    """The most that a claim may ask for."""


class LimitsArgs(TypedDict):
    """The LimitRange of a namespace: what a container gets when it says nothing, and the most it may say."""

    default_request: NotRequired[Mapping[str, str]]
    """Requests of a container that names none."""
    default: NotRequired[Mapping[str, str]]
    """Limits of a container that names none."""
    max: NotRequired[Mapping[str, str]]
    """The most that a container may be limited to; what is left out is that of the size."""
    min: NotRequired[Mapping[str, str]]
    """The least that a container must ask for."""
    max_ratio: NotRequired[Mapping[str, str]]
    """How many times its request the limit of a container may be."""
    pod: NotRequired[PodLimitsArgs]
    """What all containers of one pod may have together."""
    claims: NotRequired[ClaimLimitsArgs]
    """How large one claim of storage may be."""


class ScopedQuotaArgs(TypedDict):
    """A further quota of a namespace, about some of its pods or claims; the quota of the namespace counts them, too."""

    name: str
    """Name of the quota; the object is called tenant-quota-<name>."""
    scopes: NotRequired[Sequence[str]]
    """Which pods are meant; each must hold. Terminating are those with activeDeadlineSeconds."""
    priority_classes: NotRequired[Sequence[str]]
    """Only pods of these priority classes; the tenant must have them."""
    volume_attributes_classes: NotRequired[Sequence[str]]
    """Only claims of these classes of volume attributes."""
    hard: Mapping[str, str]
    """The hard limits: pods, cpu and memory, or claims and their storage."""


class TokenArgs(TypedDict):
    """A token that a pod mounts: for one audience, and for a short time."""

    audience: str
    """Who is meant to take the token; the API server and everybody else refuse it."""
    expiry: NotRequired[int]
    """Seconds until it ends; the kubelet renews it before."""


class ServiceAccountArgs(TypedDict):
    """A service account for workloads of a tenant."""

    name: str
    """Name of the account; it is free of rights until a role is bound to it."""
    automount: NotRequired[bool]
    """Weaker: pods that do not say otherwise mount a token for the API server."""
    token: NotRequired[TokenArgs]
    """The token that its pods mount; the output `token_volumes` of `Tenant` has the volume for it."""


class ConfiguredSecretArgs(TypedDict):
    """A Secret whose values come from the stack's secret configuration."""

    name: str
    """Name of the Secret, without its version."""
    namespace: str
    """Namespace of the tenant in which it lies."""
    type: NotRequired[str]
    """Type of the Secret; those of Kubernetes ask for keys of their own."""
    version: NotRequired[str]
    """End of its name (<name>-<version>), so that new values are a new Secret and pods roll over to it."""
    immutable: NotRequired[bool]
    """Let nobody change the values; needs a version, since new values need a new name then."""
    readers: NotRequired[Sequence[str]]
    """Service accounts of the namespace that may read it by the API: get, this one only. A mount needs no reader."""
    keys: Mapping[str, str]
    """Key of the Secret -> key of this stack's secret configuration that holds its value."""
    previous: NotRequired[Mapping[str, Mapping[str, str]]]
    """Version before -> its keys; each stays until it is taken out here."""


class NamespaceArgs(TypedDict):
    """One namespace of a tenant."""

    name: str
    """Name of the namespace; unique in the whole environment."""
    pod_security: NotRequired[str]
    """Pod Security Standard to enforce: restricted or baseline."""
    size: NotRequired[str]
    """Ready-made quota and maximum of a container: small, medium or large; that of the tenant when left out."""
    quota: NotRequired[Mapping[str, str]]
    """Hard limits of the namespace's ResourceQuota; what is left out keeps the amount of the size."""
    counts: NotRequired[Mapping[str, str]]
    """How many objects there may be: resource, with its API group -> number; part of the quota."""
    scoped_quotas: NotRequired[Sequence[ScopedQuotaArgs]]
    """Further quotas about some of the pods or claims."""
    limits: NotRequired[LimitsArgs]
    """The namespace's LimitRange."""
    service_accounts: NotRequired[Sequence[ServiceAccountArgs]]
    """Accounts for workloads, without a token unless asked; the account `default` is always inert."""


class AccessArgs(TypedDict):
    """Rights that open more than they seem to, each with who holds it at least (nobody, admin, member)."""

    secrets: NotRequired[str]
    """Weaker: who may read and write the tenant's Secrets by the API."""
    exec: NotRequired[str]
    """Weaker: who may run commands in the tenant's containers."""
    attach: NotRequired[str]
    """Weaker: who may join the input and output of the tenant's containers."""
    port_forward: NotRequired[str]
    """Weaker: who may connect to any port of the tenant's pods, past every NetworkPolicy."""
    ephemeral_containers: NotRequired[str]
    """Weaker: who may add debugging containers to the tenant's running pods."""


class BreakGlassArgs(TypedDict):
    """Rights for an emergency, for a reason and until a day; either in a tenant or in the whole cluster."""

    name: str
    """Name of the emergency; the bindings are called break-glass-<name>."""
    subjects: Sequence[str]
    """Who gets the rights; names that come by a client certificate are taken as well."""
    tenant: NotRequired[str]
    """Tenant in whose namespaces they hold: all rights of an admin, with Secrets and running pods."""
    cluster: NotRequired[bool]
    """Weaker: rights to everything in the cluster."""
    reason: str
    """Why, for the reader of a report; at least ten characters."""
    owner: str
    """Who answers for it."""
    expires: str
    """Last day; later previews are refused until it is taken out, which takes the rights away."""


class ExpressionArgs(TypedDict):
    """A condition on one label."""

    key: str
    """Key of the label."""
    operator: str
    """How the label is compared."""
    values: NotRequired[Sequence[str]]
    """What it is compared with; only for In and NotIn."""


class PodsArgs(TypedDict):
    """Pods by their labels; every condition must hold."""

    pods: NotRequired[Mapping[str, str]]
    """Labels of the pods."""
    expressions: NotRequired[Sequence[ExpressionArgs]]
    """Conditions beside them."""


class NamedEndArgs(TypedDict):
    """An end that flows call by its name: pods of one namespace, or networks."""

    namespace: NotRequired[str]
    """Namespace of the pods, which is no tenant's; naming the end here is the consent of that namespace."""
    pods: NotRequired[Mapping[str, str]]
    """Labels of the pods; empty means every pod of the namespace."""
    expressions: NotRequired[Sequence[ExpressionArgs]]
    """Conditions on the pods' labels beside `pods`."""
    or_pods: NotRequired[Sequence[PodsArgs]]
    """Other pods of the namespace that are meant as well."""
    cidrs: NotRequired[Sequence[str]]
    """Networks instead of pods; what runs on the host network has the address of its node."""
    node_credentials: NotRequired[bool]
    """Weaker: the networks may be the very address where clouds serve the credentials of a node."""
    ports: NotRequired[Sequence[str]]
    """Ports of flows to it that name none."""


class EndArgs(TypedDict):
    """One end of a flow: exactly one of tenant, namespace, namespaces_labelled, all_namespaces, end and cidr."""

    tenant: NotRequired[str]
    """All namespaces of a tenant."""
    namespace: NotRequired[str]
    """Namespace of the pods."""
    namespaces_labelled: NotRequired[Mapping[str, str]]
    """Namespaces with these labels, which only the platform can give."""
    all_namespaces: NotRequired[bool]
    """Weaker: every namespace of the cluster, whoever it belongs to."""
    end: NotRequired[str]
    """One of the environment's named ends."""
    cidr: NotRequired[str]
    """A network instead of pods; of a wide one, the cloud metadata address is left out."""
    except_for: NotRequired[Sequence[str]]
    """Parts of the network that are not meant; another flow or policy may still allow them."""
    node_credentials: NotRequired[bool]
    """Weaker: the network is the very address where clouds serve the credentials of a node."""
    pods: NotRequired[Mapping[str, str]]
    """Labels of the pods; empty means every pod of the namespaces."""
    expressions: NotRequired[Sequence[ExpressionArgs]]
    """Conditions on the pods' labels beside `pods`."""
    or_pods: NotRequired[Sequence[PodsArgs]]
    """Other pods of the same namespaces that are meant as well."""


class FlowArgs(TypedDict):
    """One allowed connection; both halves (egress at the source, ingress at the destination) follow from it."""

    name: str
    """Name of the flow; the policies are called allow-<name>-out and allow-<name>-in."""
    source: EndArgs
    """Who connects."""
    destination: EndArgs
    """Who is connected to."""
    ports: NotRequired[Sequence[str]]
    """Protocol and port (number, range or name) at the destination; those of a named end when left out."""
    all_ports: NotRequired[bool]
    """Weaker: every port of every protocol."""


class DnsArgs(TypedDict):
    """Where pods resolve names; every deny-all is paired with this allowance."""

    namespace: NotRequired[str]
    """Namespace of the DNS pods."""
    namespace_labels: NotRequired[Mapping[str, str]]
    """Labels of that namespace; needed below Kubernetes 1.21, which does not label namespaces with their name."""
    pods: NotRequired[Mapping[str, str]]
    """Labels of the DNS pods."""
    node_local_cidr: NotRequired[str]
    """Address of NodeLocal DNSCache, which runs on the host network where pod selectors do not reach."""


class CniArgs(TypedDict):
    """The network plug-in of the cluster."""

    name: str
    """Name of the CNI; one that does not enforce NetworkPolicies is refused."""
    version: NotRequired[str]
    """Version of the CNI; needed where older ones do not enforce."""
    switches: NotRequired[Sequence[str]]
    """What is off by default and switched on in this cluster; needed where nothing is enforced without it."""
    mesh_plugins: NotRequired[Sequence[str]]
    """Service meshes whose CNI plug-in is installed; pods of others may not ask for injection."""


class ClusterDenySettingsArgs(TypedDict):
    """What no pod of the cluster may reach; tenants cannot allow it again."""

    networks: Sequence[str]
    """Networks that no pod may reach: where clouds serve credentials, nodes, management networks."""
    keep: NotRequired[Sequence[str]]
    """Networks that stay as they are although others hold them: the API server, Services, pods; NodeLocal DNS does."""
    by_default: NotRequired[Sequence[str]]
    """Networks that only pods reach whose namespace has NetworkPolicies for them; those decide."""
    except_namespaces: NotRequired[Mapping[str, str]]
    """Weaker: namespaces whose pods may reach the networks, each with the reason."""
    kind: NotRequired[str]
    """Kind to write, where the CNI has several; left out, the one that docs/cnis.md names first for its version."""
    priority: NotRequired[int]
    """Priority among policies of its kind (in Calico the order); the lowest decides first."""
    calico_api: NotRequired[str]
    """API in which Calico's own kind is written."""


class PullSecretArgs(TypedDict):
    """Credentials for private registries, as one Secret in each namespace of a tenant."""

    config: str
    """Key of this stack's secret configuration that holds them, as a Docker config.json."""
    registries: Sequence[str]
    """Registries that they may be for, with optional path prefix."""
    into_cluster: NotRequired[bool]
    """Make the Secrets: only for a provider that talks to a cluster, since one that renders writes them readably."""


class ExemptionArgs(TypedDict):
    """One control does not apply to some objects, for a reason and until a day."""

    control: str
    """Id of the control, for example host-path-volumes."""
    namespace: NotRequired[str]
    """Namespace of the objects; None for cluster-scoped ones or any."""
    kind: NotRequired[str]
    """Kind of the objects; None for any."""
    name: NotRequired[str]
    """Name of the object; None for any in the namespace."""
    container: NotRequired[str]
    """Name of the container; None for all of the pod."""
    reason: str
    """Why, for the reader of a report; at least ten characters."""
    owner: str
    """Who answers for it."""
    expires: str
    """Last day on which it holds."""
    compensating: NotRequired[str]
    """What reduces the risk meanwhile."""


class SeLinuxArgs(TypedDict):
    """The SELinux options of every pod; user and role stay the runtime's own."""

    type: NotRequired[str]
    """Type of the processes."""
    level: NotRequired[str]
    """Level of the processes."""


class WorkloadAppArmorArgs(TypedDict):
    """AppArmor profiles of containers: a name of apparmor.profiles or apparmor.preinstalled, or runtime-default."""

    profile: NotRequired[str]
    """Profile of every container that is not named below."""
    containers: NotRequired[Mapping[str, str]]
    """Name of a container -> its profile."""


class WorkloadsArgs(TypedDict):
    """Security options that `harden` fills in for pods that do not choose for themselves."""

    fs_group: NotRequired[int]
    """Group that owns the volumes of a pod."""
    supplemental_groups: NotRequired[Sequence[int]]
    """More groups of the processes of a pod."""
    selinux: NotRequired[SeLinuxArgs]
    """SELinux options of a pod; user and role have no place here, since the Pod Security Standards refuse both."""
    seccomp_profile: NotRequired[str]
    """Seccomp profile of the nodes in place of the runtime's default."""
    apparmor: NotRequired[WorkloadAppArmorArgs]
    """AppArmor profiles of the containers, with the way to nodes that have them loaded."""


class PodSecuritySettingsArgs(TypedDict):
    """PodSecurityPolicies of Kubernetes up to 1.24, and the way from them to Pod Security Admission."""

    migration: NotRequired[bool]
    """Let both enforce, from Kubernetes 1.22 to 1.24, until every workload is ready for 1.25."""
    restricted_groups: NotRequired[Sequence[str]]
    """Groups that may use the restricted policy in every namespace, beside the tenants' service accounts."""
    baseline_namespaces: NotRequired[Sequence[str]]
    """Namespaces of no tenant whose service accounts may use the baseline policy."""
    privileged_namespaces: NotRequired[Mapping[str, str]]
    """Weaker: namespaces beside kube-system whose accounts may use the privileged policy, each with the reason."""
    seccomp_profiles: NotRequired[Sequence[str]]
    """Seccomp profiles of the nodes that pods may choose; a policy knows no pattern, so each is named."""
    selinux: NotRequired[SeLinuxArgs]
    """SELinux options that every pod gets; none may choose others."""
