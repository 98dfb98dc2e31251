"""The component `HardenedBaseline`: everything that a baseline names, in one environment."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict, cast

import pulumi

from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny_inputs import cluster_deny_inputs
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.plans.admission_policies import files_of_baseline, objects_of_baseline, policy_inputs
from k8s_hardening.plans.baseline import loader_inputs, tenant_inputs
from k8s_hardening.plans.break_glass import break_glass_advice, plan_break_glass
from k8s_hardening.plans.default_namespace import plan_default_namespace
from k8s_hardening.plans.host_firewall.plan import firewall_advice
from k8s_hardening.plans.network_advice import network_advice
from k8s_hardening.plans.pod_security_enforcers import control_plane_of
from k8s_hardening.plans.service_accounts import inert_account_advice, inert_accounts
from k8s_hardening.plans.system_namespaces import system_inputs
from k8s_hardening.plans.tenant_secrets import configured_secrets, secret_inputs
from k8s_hardening.resources.admission_policies import AdmissionPolicies, AdmissionPoliciesArgs
from k8s_hardening.resources.apparmor_args import AppArmorArgs
from k8s_hardening.resources.apparmor_loader import AppArmorLoader, AppArmorLoaderArgs
from k8s_hardening.resources.args import (
    AccessArgs,
    BreakGlassArgs,
    ClusterDenySettingsArgs,
    CniArgs,
    ConfiguredSecretArgs,
    DnsArgs,
    ExemptionArgs,
    FlowArgs,
    NamedEndArgs,
    NamespaceArgs,
    PodSecuritySettingsArgs,
    WorkloadsArgs,
)
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.cluster_deny import ClusterDeny, ClusterDenyArgs
from k8s_hardening.resources.component import HardenedComponent
from k8s_hardening.resources.control_plane import ControlPlane
from k8s_hardening.resources.control_plane_args import ControlPlaneArgs, ControlPlaneSettingsArgs, TolerationArgs
from k8s_hardening.resources.deny_all import DenyAll, DenyAllArgs
from k8s_hardening.resources.host_firewall_args import HostFirewallArgs
from k8s_hardening.resources.pod_security import PodSecurity, PodSecurityArgs
from k8s_hardening.resources.tenant import Tenant, TenantArgs
from k8s_hardening.resources.tenant_secret import TenantSecret, TenantSecretArgs, configured_values
from k8s_hardening.resources.workloads import hardening, profiles_of


class TargetArgs(TypedDict):
    """Where the objects go: rendered files, or a cluster."""

    render: NotRequired[str]
    """Folder for rendered YAML, relative to the project; no cluster is needed."""
    context_config: NotRequired[str]
    """Key of this stack's configuration that holds the kubeconfig context of the cluster."""


class ImagesArgs(TypedDict):
    """Which images may run."""

    registries: Sequence[str]
    """Allowed registries, with optional path prefix, for example registry.example.com/platform."""
    allow_tags: NotRequired[bool]
    """Weaker: accept a fixed tag in place of a digest. For environments that hold nothing of value."""
    pull_secret_config: NotRequired[str]
    """Key of this stack's secret configuration with credentials for the registries, as a Docker config.json."""


class CalledArgs(TypedDict):
    """Pods that the API server calls."""

    what: str
    """metrics also lets the pods ask the kubelets."""
    pods: Mapping[str, str]
    """Labels of the pods."""
    ports: Sequence[str]
    """Where they answer: ports of the pods, not of their Service."""


class SystemNamespaceArgs(TypedDict):
    """A namespace of no tenant that is closed as well."""

    name: str
    """Name of the namespace."""
    called_by_api_server: Sequence[CalledArgs]
    """Metrics and webhooks that run in it; an empty list says that there are none."""
    flows: NotRequired[Sequence[FlowArgs]]
    """Connections that the deny-all lets through; one end is this namespace."""
    accepts: NotRequired[Sequence[str]]
    """Flows of others that may end here, each as <who declares it>/<flow>."""


class NetworkArgs(TypedDict):
    """What flows of an environment can name beside its tenants, and which of its own namespaces are closed."""

    ends: NotRequired[Mapping[str, NamedEndArgs]]
    """Ends by name; closed system namespaces need api_server, nodes and, for the DNS, dns_upstreams."""
    nodes_by_cidr: NotRequired[bool]
    """Whether Cilium runs with policyCIDRMatchMode: nodes; without it, its policies see no node behind an address."""
    namespace_labels: NotRequired[Sequence[str]]
    """Keys of the tenants' own labels by which flows may select namespaces; only the platform may then set them."""
    system_namespaces: NotRequired[Sequence[SystemNamespaceArgs]]
    """Namespaces of no tenant to close, with what they need."""


class BaselineTenantArgs(TypedDict):
    """One tenant of an environment."""

    name: str
    """Name of the tenant; unique in the environment."""
    namespaces: Sequence[NamespaceArgs]
    """The tenant's namespaces, at least one."""
    admins: NotRequired[Sequence[str]]
    """Who answers for the tenant: may do what members may, see who has which rights, and what `access` gives."""
    members: NotRequired[Sequence[str]]
    """Who may deploy workloads, and what `access` gives to members."""
    viewers: NotRequired[Sequence[str]]
    """Who may look, Secrets excepted."""
    parent: NotRequired[str]
    """Tenant that this one is a part of, and has no more than; that one's admins and viewers are its own, too."""
    separation: NotRequired[bool]
    """Viewers audit: nobody of them may be an admin or member, of a part or of the whole, nor be made one."""
    access: NotRequired[AccessArgs]
    """Weaker: who reaches into running pods and Secrets."""
    delegation: NotRequired[bool]
    """Weaker: admins may make members and viewers themselves; needs ValidatingAdmissionPolicy, which limits it."""
    namespace_prefix: NotRequired[str]
    """Weaker: admins may make namespaces of such names, where nobody has rights before the baseline has them."""
    labels: NotRequired[Mapping[str, str]]
    """More labels for the namespaces."""
    flows: NotRequired[Sequence[FlowArgs]]
    """Connections that the deny-all lets through; one end is a namespace of this tenant."""
    service_types: NotRequired[Sequence[str]]
    """Weaker: types of Services beside ClusterIP that the tenant may make; the quota must let them be."""
    ingress_hosts: NotRequired[Sequence[str]]
    """Hosts that the tenant's Ingresses may serve, none by default; *. before a domain means every name below it."""
    storage_classes: NotRequired[Sequence[str]]
    """Storage classes from which the tenant may claim volumes, none by default."""
    ingress_classes: NotRequired[Sequence[str]]
    """Ingress classes that the tenant's Ingresses may name, none by default."""
    runtime_classes: NotRequired[Sequence[str]]
    """Runtime classes that the tenant's pods may name beside naming none."""
    priority_classes: NotRequired[Sequence[str]]
    """Priority classes that the tenant's pods may name beside naming none; the cluster's default class counts, too."""
    registries: NotRequired[Sequence[str]]
    """Registries of the tenant's images, within those of the environment; all of those when left out."""
    node_selector: NotRequired[Mapping[str, str]]
    """Labels of the nodes on which alone the tenant's pods may run; any node when left out."""
    tolerations: NotRequired[Sequence[TolerationArgs]]
    """Taints that the tenant's pods tolerate without saying so, and no others; any that they name when empty."""
    size: NotRequired[str]
    """Size of the namespaces that name none: small, medium or large."""
    quota: NotRequired[Mapping[str, str]]
    """The most that the quotas of all namespaces may add up to; what is left out is not summed."""
    decommission: NotRequired[str]
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""
    accepts: NotRequired[Sequence[str]]
    """Flows of others that may end in this tenant's namespaces, each as <who declares it>/<flow>."""
    secrets: NotRequired[Sequence[ConfiguredSecretArgs]]
    """Secrets whose values the stack's secret configuration holds; each goes through `TenantSecret`."""


class AdmissionPoliciesSettingsArgs(TypedDict):
    """The API server's own policies (ValidatingAdmissionPolicy), generated from the controls that have them."""

    platform: NotRequired[Sequence[str]]
    """Who may be cluster-admin and change owner and Pod Security labels of namespaces, beside the all-mighty groups."""
    unfinished_api: NotRequired[bool]
    """The API server of 1.26 to 1.29 is told to serve the policies' alpha or beta form; otherwise there are none."""
    as_objects: NotRequired[bool]
    """Weaker: keep the policies in the cluster where the API server could read them from its hosts (1.37 on)."""


class EnforcementArgs(TypedDict):
    """How strictly controls are enforced; what is left out is mandatory."""

    levels: NotRequired[Mapping[str, str]]
    """Control id -> level, for controls that are not mandatory in this environment."""
    unknowns: NotRequired[str]
    """Level of a verdict that cannot be given because a value is known only at apply; mandatory blocks."""
    packages: NotRequired[Sequence[str]]
    """Pulumi packages that stacks may use beside kubernetes; none of them is judged by what it does to a cluster."""


class HardenedBaselineArgs(TypedDict):
    """One environment. Checked by `Baseline` (model/baseline.py), the strict model of the same fields."""

    environment: str
    """Name of the environment."""
    kubernetes: str
    """Kubernetes minor version of the cluster, quoted."""
    dialect: str
    """How the control plane is configured."""
    cni: CniArgs
    """The network plug-in."""
    target: TargetArgs
    """Where the objects go."""
    images: ImagesArgs
    """Which images may run."""
    dns: NotRequired[DnsArgs]
    """Where pods resolve names."""
    network: NotRequired[NetworkArgs]
    """What flows can name beside the tenants, and which namespaces of none are closed."""
    cluster_deny: NotRequired[ClusterDenySettingsArgs]
    """What no pod of the cluster may reach, as the CNI has it; tenants cannot allow it again."""
    host_firewall: NotRequired[HostFirewallArgs]
    """Firewalls of the nodes by role, as nftables tables; there are none unless they are declared."""
    tenants: NotRequired[Sequence[BaselineTenantArgs]]
    """Who shares the cluster."""
    open_default_namespace: NotRequired[bool]
    """Weaker: leave the namespace default without its deny-all, its quota of nothing and its inert account."""
    control_plane: NotRequired[ControlPlaneSettingsArgs]
    """How the control plane and the nodes are hardened."""
    apparmor: NotRequired[AppArmorArgs]
    """AppArmor profiles of the nodes."""
    host_paths: NotRequired[Mapping[str, Sequence[str]]]
    """Weaker: namespace, of no tenant -> folders of the node that its pods may mount, read-only."""
    admission_policies: NotRequired[AdmissionPoliciesSettingsArgs]
    """The API server's own policies, generated from the controls that have them."""
    pod_security: NotRequired[PodSecuritySettingsArgs]
    """PodSecurityPolicies up to Kubernetes 1.24, and the way from them to Pod Security Admission."""
    inert_service_accounts: NotRequired[Sequence[str]]
    """Namespaces of no tenant whose account `default` is made inert: pods that name none lose their token there."""
    external: NotRequired[Mapping[str, Sequence[str]]]
    """Namespace -> Secrets, ConfigMaps and service accounts that others make, so that pods may refer to them."""
    enforcement: NotRequired[EnforcementArgs]
    """How strictly controls are enforced; reaches the pack through its own configuration only."""
    harden_workloads: NotRequired[bool]
    """Fill in the security contexts of all workloads below the component, and say each change."""
    workloads: NotRequired[WorkloadsArgs]
    """What to fill in beside the defaults."""
    break_glass: NotRequired[Sequence[BreakGlassArgs]]
    """Weaker: rights for emergencies, each until a day; every preview names them."""
    exemptions: NotRequired[Sequence[ExemptionArgs]]
    """Exceptions to controls; they reach the pack through its own configuration only."""


class HardenedBaseline(HardenedComponent):
    """One hardened environment: a `Tenant` for each tenant of the baseline, and what they share.

    That is its `PodSecurity`, its `AdmissionPolicies`, its `AppArmorLoader` and its `ControlPlane`.
    """

    environment: pulumi.Output[str]
    """Name of the environment."""
    namespace_names: pulumi.Output[Mapping[str, Sequence[str]]]
    """Names of the namespaces by tenant."""
    apparmor_profiles: pulumi.Output[Mapping[str, str]]
    """The kernel's name of each AppArmor profile by its own; whoever takes it from here comes after the loader."""

    def __init__(self, name: str, args: HardenedBaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        baseline = checked(args, Baseline, name)
        every = baseline.model_copy(update={"exemptions": baseline.every_exemption})
        super().__init__(name, baseline, hardening(every, opts, profiles_of(baseline)))
        for advice in (
            *network_advice(baseline),
            *firewall_advice(baseline),
            *break_glass_advice(baseline),
            *inert_account_advice(baseline),
        ):
            pulumi.warn(advice, self)
        tenants = [
            # Already checked, so it passes through as it is: names of flows that come from other tenants may be longer
            # than what a person may write.
            Tenant(
                f"{name}/{tenant.name}",
                cast(TenantArgs, tenant_inputs(baseline, tenant)),
                pulumi.ResourceOptions(parent=self),
            )
            for tenant in baseline.tenants
        ]
        for secret in configured_secrets(baseline):
            inputs = secret_inputs(secret, into_cluster=baseline.target.is_live)
            TenantSecret(
                f"{name}/secrets/{secret.namespace}/{secret.name}",
                cast(TenantSecretArgs, {**dict(inputs), **configured_values(secret, inputs)}),
                pulumi.ResourceOptions(parent=self, depends_on=tenants),
            )
        for manifest in (*inert_accounts(baseline), *plan_default_namespace(baseline)):
            self._emit(manifest)
        for system in baseline.network.system_namespaces:
            DenyAll(
                f"{name}/{system.name}",
                cast(DenyAllArgs, system_inputs(baseline, system)),
                pulumi.ResourceOptions(parent=self),
            )
        for manifest in plan_break_glass(baseline):
            self._emit(manifest, others=tenants)  # its bindings lie in their namespaces
        policies = PodSecurity(
            f"{name}/pod-security",
            cast(PodSecurityArgs, pod_security_inputs(baseline)),
            pulumi.ResourceOptions(parent=self, depends_on=tenants),  # its bindings lie in their namespaces
        )
        if (denial := cluster_deny_inputs(baseline)) is not None:
            ClusterDeny(
                f"{name}/cluster-deny",
                cast(ClusterDenyArgs, denial),
                # Where the kind isolates what it selects, pods would wait in vain for DNS without their own policies.
                pulumi.ResourceOptions(parent=self, depends_on=tenants),
            )
        before_loader: list[pulumi.Resource] = [policies]
        if objects_of_baseline(baseline):
            served = AdmissionPolicies(
                f"{name}/admission-policies",
                cast(AdmissionPoliciesArgs, policy_inputs(baseline)),
                pulumi.ResourceOptions(parent=self),
            )
            before_loader.append(served)
        profiles = pulumi.Output.from_input(cast(Mapping[str, str], profile_names(baseline.apparmor.profiles)))
        if (loader := loader_inputs(baseline)) is not None:
            # Either of them would refuse its pods, until it knows what is exempt.
            profiles = AppArmorLoader(
                f"{name}/apparmor-loader",
                cast(AppArmorLoaderArgs, loader),
                pulumi.ResourceOptions(parent=self, depends_on=before_loader),
            ).profile_names
        spec = control_plane_of(baseline)
        control_plane = {field: getattr(spec, field) for field in spec.model_fields_set}
        ControlPlane(
            f"{name}/control-plane",
            cast(
                ControlPlaneArgs,
                {"kubernetes": baseline.kubernetes, "dialect": baseline.dialect, **control_plane},
            ),
            # It turns on the plug-in that refuses every pod without the policies.
            pulumi.ResourceOptions(parent=self, depends_on=[policies]),
            files_of_baseline(baseline),
        )
        names = {tenant.name: [namespace.name for namespace in tenant.namespaces] for tenant in baseline.tenants}
        self.environment = pulumi.Output.from_input(baseline.environment)
        self.namespace_names = pulumi.Output.all(
            policies.policies, *(tenant.namespace_names for tenant in tenants)
        ).apply(lambda _: names)
        self.apparmor_profiles = profiles
        self.register_outputs(
            {
                "environment": self.environment,
                "namespaceNames": self.namespace_names,
                "apparmorProfiles": self.apparmor_profiles,
            }
        )
