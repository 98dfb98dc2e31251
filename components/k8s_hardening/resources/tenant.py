"""The component `Tenant`: namespaces that deny by default."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.tenant import admission_advice, plan_tenant
from k8s_hardening.resources.args import DnsArgs, ExemptionArgs, FlowArgs, NamespaceArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent


class TenantArgs(TypedDict):
    """What one tenant may have. Checked by `TenantInputs` (model/tenant.py), the strict model of the same fields."""

    name: str
    """Name of the tenant; unique in the environment."""
    kubernetes: str
    """Kubernetes version of the cluster."""
    namespaces: Sequence[NamespaceArgs]
    """The tenant's namespaces, at least one."""
    admins: NotRequired[Sequence[str]]
    """Who may manage everything in the namespaces but their guard rails."""
    members: NotRequired[Sequence[str]]
    """Who may deploy and debug workloads."""
    viewers: NotRequired[Sequence[str]]
    """Who may look, Secrets excepted."""
    labels: NotRequired[Mapping[str, str]]
    """More labels for the namespaces."""
    flows: NotRequired[Sequence[FlowArgs]]
    """Connections that the deny-all lets through; one end is a namespace of this tenant."""
    dns: NotRequired[DnsArgs]
    """Where the cluster resolves names."""
    decommission: NotRequired[str]
    """First day on which the tenant may be removed from a live environment; lifts the protection of its namespaces."""
    protect: NotRequired[bool]
    """Protect the namespaces from deletion until `decommission` is set; false for rendered targets."""
    exemptions: NotRequired[Sequence[ExemptionArgs]]
    """Weaker: exceptions that the namespaces' Pod Security labels must let through; the pack must know them as well."""


class Tenant(HardenedComponent):
    """Namespaces that deny by default: Pod Security, quota, limits, an inert default account, roles, deny-all."""

    namespace_names: pulumi.Output[Sequence[str]]
    """Names of the namespaces; a workload that takes its namespace from here comes after the guard rails."""

    def __init__(self, name: str, args: TenantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, TenantInputs, name)
        super().__init__(name, inputs, opts)
        for advice in admission_advice(inputs):
            pulumi.warn(advice, self)
        protect = inputs.protect and inputs.decommission is None
        for manifest in plan_tenant(inputs):
            self._emit(manifest, protect=protect and kind_of(manifest) == "Namespace")
        self.namespace_names = self._once_registered([namespace.name for namespace in inputs.namespaces])
        self.register_outputs({"namespaceNames": self.namespace_names})
