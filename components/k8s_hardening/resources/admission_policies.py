"""The component `AdmissionPolicies`: the API server's own policies, as objects of the cluster."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.admission_policies import KIND
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs
from k8s_hardening.plans.admission_policies import missing_policies_advice, plan_admission_policies
from k8s_hardening.resources.args import ExemptionArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent


class TenantFactsArgs(TypedDict):
    """Who a tenant is."""

    name: str
    """Name of the tenant."""
    namespaces: NotRequired[Mapping[str, str]]
    """Namespace name -> Pod Security level that it must enforce at least."""
    subjects: NotRequired[Sequence[str]]
    """Users, groups and service accounts of the tenant: `user:x`, `group:y`, `serviceaccount:namespace/name`."""
    parent: NotRequired[str]
    """The tenant that it is a part of; that one's admins and viewers are among the subjects."""
    admins: NotRequired[Sequence[str]]
    """Those of the subjects that are its admins."""
    auditors: NotRequired[Sequence[str]]
    """Those of the subjects that may not be anything but viewers."""
    access: NotRequired[Mapping[str, str]]
    """Right that opens more than it seems to (model/people.py) -> who holds it at least; nobody when left out."""
    delegation: NotRequired[bool]
    """Whether its admins may make members and viewers."""
    namespace_prefix: NotRequired[str]
    """How the names of namespaces begin that its admins may make."""
    service_types: NotRequired[Sequence[str]]
    """Types of Services beside ClusterIP that the tenant may make."""
    ingress_hosts: NotRequired[Sequence[str]]
    """Hosts that the tenant's Ingresses may serve; `*.` before a domain stands for every name below it."""
    storage_classes: NotRequired[Sequence[str]]
    """Storage classes from which the tenant may claim volumes."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of its namespaces that only the platform sets."""


class AdmissionPoliciesArgs(TypedDict):
    """What the policies judge by, checked by `AdmissionPoliciesInputs` (model/admission_policies.py)."""

    registries: NotRequired[Sequence[str]]
    """Allowed registries with optional path prefix; any when empty."""
    digests_required: NotRequired[bool]
    """Images must be named by digest; otherwise a fixed tag is enough."""
    apparmor_required: NotRequired[bool]
    """Every container must have an AppArmor profile."""
    apparmor_profiles: NotRequired[Mapping[str, str]]
    """Friendly name -> kernel's name of the AppArmor profiles that pods may name; any when absent."""
    apparmor_preinstalled: NotRequired[Sequence[str]]
    """Kernel's names of more profiles that the nodes have by themselves."""
    host_paths: NotRequired[Mapping[str, Sequence[str]]]
    """Namespace -> folders of the node that its pods may mount read-only."""
    tenants: NotRequired[Sequence[TenantFactsArgs]]
    """Who shares the cluster, and what each may have."""
    namespace_labels: NotRequired[Sequence[str]]
    """Keys of labels of namespaces that only the platform sets, since flows select namespaces by them."""
    platform: NotRequired[Sequence[str]]
    """Who may change the owner and Pod Security labels of namespaces."""
    exemptions: NotRequired[Sequence[ExemptionArgs]]
    """Exceptions to controls. The server knows no day, so each holds until it is taken out."""
    levels: NotRequired[Mapping[str, str]]
    """Control id -> level: advisory warns and audits, disabled leaves the policy out."""
    kubernetes: str
    """Kubernetes version of the cluster."""
    environment: NotRequired[str]
    """Stands in the names of the policies, so that those of several stacks of one cluster stay apart."""
    unfinished_api: NotRequired[bool]
    """The API server of 1.26 to 1.29 is told to serve the policies' alpha or beta form; otherwise there are none."""


class AdmissionPolicies(HardenedComponent):
    """ValidatingAdmissionPolicies with their bindings, from the same controls that judge at preview.

    Where the API server of a baseline reads its policies from its hosts (1.37 on), these are not needed.
    """

    policies: pulumi.Output[Sequence[str]]
    """Names of the policies; whoever takes them from here comes after they are bound."""
    advice: pulumi.Output[Sequence[str]]
    """Why there are no policies, where the version has none; one sentence each."""

    def __init__(self, name: str, args: AdmissionPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, AdmissionPoliciesInputs, name)
        super().__init__(name, inputs, opts)
        manifests = plan_admission_policies(inputs)
        for manifest in manifests:
            self._emit(manifest)
        advice = missing_policies_advice(inputs.kubernetes, unfinished_api=inputs.unfinished_api)
        self.policies = self._once_registered([name_of(one) for one in manifests if kind_of(one) == KIND])
        self.advice = pulumi.Output.from_input(list(advice))
        self.register_outputs({"policies": self.policies, "advice": self.advice})
