"""The component `DenyAll`: one closed namespace."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.manifest import name_of
from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.plans.network import DENY_ALL, plan_deny_all
from k8s_hardening.resources.args import DnsArgs, FlowArgs, NamedEndArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent


class DenyAllArgs(TypedDict):
    """The namespace to close. Checked by `DenyAllInputs` (model/network.py), the strict model of the same fields."""

    namespace: str
    """Namespace to close."""
    kubernetes: str
    """Kubernetes version of the cluster."""
    dns: NotRequired[DnsArgs]
    """Where the cluster resolves names."""
    flows: NotRequired[Sequence[FlowArgs]]
    """Connections that the deny-all lets through; one end is this namespace."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of the namespace, by which flows may select it."""
    tenants: NotRequired[Mapping[str, Sequence[str]]]
    """Namespaces of the tenants that flows name."""
    ends: NotRequired[Mapping[str, NamedEndArgs]]
    """Ends that flows call by name."""
    namespace_labels: NotRequired[Sequence[str]]
    """Keys of labels by which flows may select namespaces, since only the platform sets them."""


class DenyAll(HardenedComponent):
    """Nothing enters a namespace that exists already, and nothing leaves it but DNS and the allowed flows."""

    namespace: pulumi.Output[str]
    """Name of the closed namespace; whoever takes it from here comes after the policies."""
    policies: pulumi.Output[Sequence[str]]
    """Names of the network policies."""

    def __init__(self, name: str, args: DenyAllArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, DenyAllInputs, name)
        super().__init__(name, inputs, opts)
        manifests = plan_deny_all(inputs)
        # The namespace may be in use, so it is closed only when all that it needs stands.
        for manifest in sorted(manifests, key=lambda one: name_of(one) == DENY_ALL):
            self._emit(manifest, last=name_of(manifest) == DENY_ALL)
        self.namespace = self._once_registered(inputs.namespace)
        self.policies = self._once_registered([name_of(manifest) for manifest in manifests])
        self.register_outputs({"namespace": self.namespace, "policies": self.policies})
