"""The component `Tenant`: namespaces that deny by default."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.pull_secrets import left_to_operator, pull_secret
from k8s_hardening.plans.tenant import admission_advice, plan_tenant
from k8s_hardening.resources.args import (
    AccessArgs,
    DnsArgs,
    ExemptionArgs,
    FlowArgs,
    NamedEndArgs,
    NamespaceArgs,
    PullSecretArgs,
    WorkloadsArgs,
)
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent
from k8s_hardening.resources.pull_secrets import credentials_of
from k8s_hardening.resources.workloads import hardening


class TenantArgs(TypedDict):
    """What one tenant may have. Checked by `TenantInputs` (model/tenant.py), the strict model of the same fields."""

    name: str
    """Name of the tenant; unique in the environment."""
    kubernetes: str
    """Kubernetes version of the cluster."""
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
    parent_admins: NotRequired[Sequence[str]]
    """Admins of the tenants that this one is a part of."""
    parent_viewers: NotRequired[Sequence[str]]
    """Viewers of the tenants that this one is a part of."""
    unfinished_policies: NotRequired[bool]
    """The API server of 1.26 to 1.29 is told to serve admission policies, without which admins hand no rights on."""
    dns: NotRequired[DnsArgs]
    """Where the cluster resolves names."""
    tenants: NotRequired[Mapping[str, Sequence[str]]]
    """Namespaces of the other tenants that flows name."""
    ends: NotRequired[Mapping[str, NamedEndArgs]]
    """Ends that flows call by name."""
    namespace_labels: NotRequired[Sequence[str]]
    """Keys of labels by which flows may select namespaces, since only the platform sets them."""
    service_types: NotRequired[Sequence[str]]
    """Weaker: types of Services beside ClusterIP that the tenant may make; the quota must let them be."""
    ingress_hosts: NotRequired[Sequence[str]]
    """Hosts that the tenant's Ingresses may serve, none by default; *. before a domain means every name below it."""
    storage_classes: NotRequired[Sequence[str]]
    """Storage classes from which the tenant may claim volumes, none by default."""
    decommission: NotRequired[str]
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""
    protect: NotRequired[bool]
    """Protect the namespaces from deletion until `decommission` is set; false for rendered targets."""
    pod_security_gate: NotRequired[bool]
    """Whether Kubernetes 1.22 runs with the feature gate PodSecurity, without which it heeds no labels."""
    exemptions: NotRequired[Sequence[ExemptionArgs]]
    """Weaker: exceptions that the namespaces' Pod Security labels must let through; the pack must know them as well."""
    pull_secret: NotRequired[PullSecretArgs]
    """Credentials for private registries, for the namespaces' service accounts."""
    harden_workloads: NotRequired[bool]
    """Fill in the security contexts of all workloads below the component, and say each change."""
    workloads: NotRequired[WorkloadsArgs]
    """What to fill in beside the defaults."""


class Tenant(HardenedComponent):
    """Namespaces that deny by default: Pod Security, quota, limits, an inert default account, roles, deny-all."""

    namespace_names: pulumi.Output[Sequence[str]]
    """Names of the namespaces; a workload that takes its namespace from here comes after the guard rails."""

    def __init__(self, name: str, args: TenantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, TenantInputs, name)
        credentials = credentials_of(inputs.pull_secret)
        super().__init__(name, inputs, hardening(inputs, opts))
        for advice in admission_advice(inputs):
            pulumi.warn(advice, self)
        protect = inputs.protect and inputs.decommission is None
        for manifest in plan_tenant(inputs):
            self._emit(manifest, protect=protect and kind_of(manifest) == "Namespace")
        self._make_pull_secrets(inputs, credentials)
        self.namespace_names = self._once_registered([namespace.name for namespace in inputs.namespaces])
        self.register_outputs({"namespaceNames": self.namespace_names})

    def _make_pull_secrets(self, inputs: TenantInputs, credentials: pulumi.Output[str] | None) -> None:
        names = [namespace.name for namespace in inputs.namespaces]
        if credentials is not None:
            for name in names:
                self._emit(pull_secret(name, credentials))
        elif inputs.pull_secret is not None:
            pulumi.warn(left_to_operator(inputs.pull_secret.config, names), self)
