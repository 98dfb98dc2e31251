"""The component `PodSecurity`: PodSecurityPolicies and their RBAC, where the Kubernetes version has them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.kube.pod_security_policies import KIND
from k8s_hardening.model.pod_security import PodSecurityInputs
from k8s_hardening.plans.pod_security_policies import plan_pod_security, pod_security_advice
from k8s_hardening.resources.args import SeLinuxArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent


class PodSecurityArgs(TypedDict):
    """What is decided about policies. Checked by `PodSecurityInputs` (model/pod_security.py), the strict model."""

    kubernetes: str
    """Kubernetes version of the cluster."""
    namespaces: NotRequired[Mapping[str, str]]
    """Level of each tenant's namespace."""
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
    apparmor_profiles: NotRequired[Sequence[str]]
    """AppArmor profiles that pods may choose, by the kernel's names; left out where the nodes have no AppArmor."""


class PodSecurity(HardenedComponent):
    """What holds pods to the level of their namespace: PodSecurityPolicies up to 1.24, the labels of `Tenant` later.

    The namespaces exist already: let it depend on whoever makes them.
    """

    policies: pulumi.Output[Sequence[str]]
    """Names of the policies; whoever turns the plug-in on takes them from here, and comes after policies and RBAC."""
    advice: pulumi.Output[Sequence[str]]
    """What is left to the operator, and in a migration where the two judges differ, one sentence each."""

    def __init__(self, name: str, args: PodSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, PodSecurityInputs, name)
        super().__init__(name, inputs, opts)
        manifests = plan_pod_security(inputs)
        for manifest in manifests:
            self._emit(manifest)
        self.policies = self._once_registered([name_of(one) for one in manifests if kind_of(one) == KIND])
        self.advice = pulumi.Output.from_input(list(pod_security_advice(inputs)))
        self.register_outputs({"policies": self.policies, "advice": self.advice})
