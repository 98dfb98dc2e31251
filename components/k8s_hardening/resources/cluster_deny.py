"""The component `ClusterDeny`: what no pod of a cluster may reach."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.manifest import name_of
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.plans.cluster_deny import cluster_deny_advice, plan_cluster_deny
from k8s_hardening.resources.args import CniArgs, DnsArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent


class ClusterDenyArgs(TypedDict):
    """What is denied. Checked by `ClusterDenyInputs` (model/cluster_deny.py), the strict model of the same fields."""

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
    kubernetes: str
    """Kubernetes version of the cluster."""
    cni: CniArgs
    """The network plug-in that enforces it."""
    dns: NotRequired[DnsArgs]
    """Where pods resolve names; its NodeLocal address stays reachable."""
    closed_namespaces: NotRequired[Sequence[str]]
    """Namespaces with a deny-all for egress; a kind that isolates what it selects reaches no others."""
    environment: NotRequired[str]
    """Stands in the names of the policies, so that those of several stacks of one cluster stay apart."""


class ClusterDeny(HardenedComponent):
    """Networks that no pod may reach, whatever the NetworkPolicies of its namespace allow.

    The kind follows from the CNI and its version; where that isolates what it selects, let it depend on whoever makes
    the closed namespaces.
    """

    kind: pulumi.Output[str]
    """Kind of the policy that denies."""
    policies: pulumi.Output[Sequence[str]]
    """Names of the policies; whoever takes them from here comes after them."""
    advice: pulumi.Output[Sequence[str]]
    """What the denial does not do, and what it needs; one sentence each."""

    def __init__(self, name: str, args: ClusterDenyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, ClusterDenyInputs, name)
        super().__init__(name, inputs, opts)
        manifests = plan_cluster_deny(inputs)
        for manifest in manifests:
            self._emit(manifest)
        self.kind = pulumi.Output.from_input(inputs.chosen_kind().value)
        self.policies = self._once_registered([name_of(one) for one in manifests])
        self.advice = pulumi.Output.from_input(list(cluster_deny_advice(inputs)))
        self.register_outputs({"kind": self.kind, "policies": self.policies, "advice": self.advice})
