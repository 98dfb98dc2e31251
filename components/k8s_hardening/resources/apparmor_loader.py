"""The component `AppArmorLoader`: a pod on every node that brings AppArmor profiles into its kernel."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.apparmor import node_label
from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.apparmor_loader import NAMESPACE, AppArmorLoaderInputs
from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.plans.apparmor_loader import loader_advice, plan_apparmor_loader
from k8s_hardening.plans.pull_secrets import left_to_operator, pull_secret
from k8s_hardening.resources.apparmor_args import AppArmorProfileArgs, LoaderExemptionArgs
from k8s_hardening.resources.args import PullSecretArgs
from k8s_hardening.resources.checking import checked
from k8s_hardening.resources.component import HardenedComponent
from k8s_hardening.resources.pull_secrets import credentials_of


class AppArmorLoaderArgs(TypedDict):
    """The loader and its profiles. Checked by `AppArmorLoaderInputs` (model/apparmor_loader.py), the strict model."""

    kubernetes: str
    """Kubernetes version of the cluster."""
    profiles: Sequence[AppArmorProfileArgs]
    """Profiles that the nodes get."""
    image: str
    """Image of the loader, by digest; `k8s-hardening apparmor image` makes it."""
    api_server: Sequence[str]
    """Addresses of the API server, those of its hosts and of its Service; the loader reaches nothing else."""
    exemption: LoaderExemptionArgs
    """Who answers for what the loader needs beyond the controls, and until when."""
    node_selector: NotRequired[Mapping[str, str]]
    """Labels of the nodes that get the loader; empty means every Linux node."""
    migration: NotRequired[bool]
    """Whether PodSecurityPolicies still hold pods from Kubernetes 1.22 to 1.24, beside Pod Security Admission."""
    pull_secret: NotRequired[PullSecretArgs]
    """Credentials for private registries, for the loader's service account."""


class AppArmorLoader(HardenedComponent):
    """AppArmor profiles on every node: loaded, renewed when they change, taken away when no pod uses them.

    The pack must know what the loader is exempt from; the environment of a `HardenedBaseline` tells it.
    """

    profile_names: pulumi.Output[Mapping[str, str]]
    """The kernel's name of each profile by its own; whoever takes it from here comes after the loader."""
    node_labels: pulumi.Output[Mapping[str, str]]
    """The label of nodes that have a profile, by the profile's own name; its value is loaded."""
    advice: pulumi.Output[Sequence[str]]
    """What the API server does not hold the loader to, one sentence each."""

    def __init__(self, name: str, args: AppArmorLoaderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = checked(args, AppArmorLoaderInputs, name)
        credentials = credentials_of(inputs.pull_secret)
        super().__init__(name, inputs, opts)
        *around, daemon_set = plan_apparmor_loader(inputs)
        for manifest in around:
            self._emit(manifest)
            if kind_of(manifest) == "Namespace" and credentials is not None:
                self._emit(pull_secret(NAMESPACE, credentials))
        if credentials is None and inputs.pull_secret is not None:
            pulumi.warn(left_to_operator(inputs.pull_secret.config, [NAMESPACE]), self)
        self._emit(daemon_set, last=True)
        names = profile_names(inputs.profiles)
        self.profile_names = self._once_registered(names)
        self.node_labels = self._once_registered({own: node_label(known) for own, known in names.items()})
        self.advice = pulumi.Output.from_input(list(loader_advice(inputs)))
        self.register_outputs(
            {"profileNames": self.profile_names, "nodeLabels": self.node_labels, "advice": self.advice}
        )
