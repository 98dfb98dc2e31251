"""A control plane that EKS, GKE or AKS runs: who owns what, and the few commands that a user has.

Sources: the providers' documentation as of 2026 (EKS: fixed plug-ins, envelope encryption of all API data by default
from 1.28; GKE: rbacBindingConfig; AKS: fixed plug-in list).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.managed import ManagedSpec, Provider
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writing import sentences
from k8s_hardening.plans.control_plane.part import Part

_TITLES = {Provider.EKS: "EKS", Provider.GKE: "GKE", Provider.AKS: "AKS"}
_ENCRYPTS_EVERYTHING_SINCE = KubeVersion(1, 28)
OWNED = {
    "admission": "{title} fixes the admission plug-ins; no plug-in can be enabled, disabled or configured.",
    "api_server": "{title} runs kube-apiserver: its TLS settings, profiling and addresses are the provider's.",
    "audit": "{title} fixes the audit policy; where the log goes is a setting of the cluster.",
    "authentication": "{title} authenticates by the cloud's identities; flags and files of the API server are its own.",
    "authorization": "{title} fixes the authorizers, RBAC among them.",
    "controller_manager": "{title} runs kube-controller-manager.",
    "encryption": "{title} encrypts at rest; only the key may be the user's, in the cloud's key service.",
    "etcd": "{title} runs etcd, and nobody else reaches it.",
    "kube_proxy": "{title} installs kube-proxy as an add-on; its configuration is the add-on's.",
    "kubelet": "{title} configures the kubelet of its node images; node groups take a few settings at the provider.",
    "scheduler": "{title} runs kube-scheduler.",
}
"""For every part of the control plane, whose it is."""


def write_managed(part: Part, kubernetes: KubeVersion, spec: ManagedSpec) -> DialectOutput:
    """No file at all: what the provider owns, and what the user does at the provider."""
    title = _TITLES[spec.provider]
    return DialectOutput(
        manifests=part.manifests,
        owned_by_provider=sentences(text.format(title=title) for text in OWNED.values()),
        advice=sentences(_commands(spec, kubernetes)),
    )


def _commands(spec: ManagedSpec, kubernetes: KubeVersion) -> Iterator[str]:
    cluster, networks = spec.cluster, ",".join(spec.endpoint_cidrs)
    if spec.provider is Provider.EKS:
        access = f"endpointPublicAccess={'true' if networks else 'false'},endpointPrivateAccess=true"
        access += f",publicAccessCidrs={networks}" if networks else ""
        update = f"aws eks update-cluster-config --name {cluster}"
        logging = '{"clusterLogging":[{"types":["api","audit","authenticator"],"enabled":true}]}'
        yield f"Limit who reaches the API: {update} --resources-vpc-config {access}"
        yield f"Send the audit log to CloudWatch: {update} --logging '{logging}'"
        if kubernetes < _ENCRYPTS_EVERYTHING_SINCE:
            encryption = '[{"resources":["secrets"],"provider":{"keyArn":"KEY_ARN"}}]'
            yield (
                "Encrypt Secrets with a key of your own, which cannot be undone: aws eks associate-encryption-config "
                f"--cluster-name {cluster} --encryption-config '{encryption}'"
            )
    elif spec.provider is Provider.GKE:
        allowed = f"--master-authorized-networks {networks}" if networks else "--enable-private-endpoint"
        yield (
            f"Limit who reaches the API: gcloud container clusters update {cluster} "
            f"--enable-master-authorized-networks {allowed}"
        )
        yield (
            f"Encrypt Secrets with a key of your own: gcloud container clusters update {cluster} "
            "--database-encryption-key KEY"
        )
        yield (
            f"Refuse bindings of roles to anonymous users: gcloud container clusters update {cluster} "
            "--no-enable-insecure-binding-system-authenticated --no-enable-insecure-binding-system-unauthenticated"
        )
    else:
        allowed = f"--api-server-authorized-ip-ranges {networks}" if networks else "--enable-apiserver-vnet-integration"
        yield f"Limit who reaches the API: az aks update --name {cluster} --resource-group GROUP {allowed}"
        yield (
            f"Encrypt Secrets with a key of your own: az aks update --name {cluster} --resource-group GROUP "
            "--enable-azure-keyvault-kms --azure-keyvault-kms-key-id KEY"
        )
        yield (
            "Send the audit log to a workspace: az monitor diagnostic-settings create --name audit --resource ID "
            """--workspace WORKSPACE --logs '[{"category":"kube-audit","enabled":true}]'"""
        )
