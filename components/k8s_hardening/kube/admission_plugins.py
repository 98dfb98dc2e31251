"""The admission plug-ins of the API server: when each is there, which run without being asked for, what came instead.

Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins,
DefaultOffAdmissionPlugins), every minor; for the names that were gone before 1.18: v1.7.5 to v1.14.10, the same file
and plugin/pkg/admission. SecurityContextDeny asks for a gate from 1.27 on: v1.27.16
plugin/pkg/admission/securitycontext/scdeny/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from k8s_hardening.kube.version import KubeVersion


@dataclass(frozen=True, slots=True)
class AdmissionPlugin:
    """One plug-in with its life span."""

    name: str
    since: KubeVersion | None = None
    """First version that has it; None when that was before the oldest version known here."""
    last: KubeVersion | None = None
    """Last version that has it and lets it be turned on without a feature gate; None when the newest still does."""
    default_on: bool = False
    """Whether it runs without being named, in every version that has it."""
    instead: str = ""
    """What does its work once it is gone."""

    def is_known(self, version: KubeVersion) -> bool:
        """Whether a server of that version can be told to run it."""
        return (self.since is None or version >= self.since) and not self.is_past(version)

    def is_past(self, version: KubeVersion) -> bool:
        """Whether it was gone by that version."""
        return self.last is not None and version > self.last


def _v(minor: int) -> KubeVersion:
    return KubeVersion(1, minor)


_POD_SECURITY = "PodSecurity, which holds pods to the Pod Security Standards"
_EXEC = "PodSecurity, which keeps such pods out, and RBAC without pods/exec and pods/attach"
_ON_FROM_THE_START = (
    "NamespaceLifecycle",
    "LimitRanger",
    "ServiceAccount",
    "TaintNodesByCondition",
    "Priority",
    "DefaultTolerationSeconds",
    "DefaultStorageClass",
    "StorageObjectInUseProtection",
    "PersistentVolumeClaimResize",
    "RuntimeClass",
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "DefaultIngressClass",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
)
_OFF_FROM_THE_START = (
    "AlwaysAdmit",
    "AlwaysDeny",
    "NamespaceAutoProvision",
    "NamespaceExists",
    "LimitPodHardAntiAffinityTopology",
    "NodeRestriction",
    "AlwaysPullImages",
    "ImagePolicyWebhook",
    "PodNodeSelector",
    "PodTolerationRestriction",
    "EventRateLimit",
    "ExtendedResourceToleration",
    "OwnerReferencesPermissionEnforcement",
)

PLUGINS: dict[str, AdmissionPlugin] = {
    plugin.name: plugin
    for plugin in (
        *(AdmissionPlugin(name, default_on=True) for name in _ON_FROM_THE_START),
        *(AdmissionPlugin(name) for name in _OFF_FROM_THE_START),
        AdmissionPlugin("DenyServiceExternalIPs", since=_v(21)),
        AdmissionPlugin("PodSecurity", since=_v(22), default_on=True),
        AdmissionPlugin("ValidatingAdmissionPolicy", since=_v(26), default_on=True),
        AdmissionPlugin("ClusterTrustBundleAttest", since=_v(27), default_on=True),
        AdmissionPlugin("MutatingAdmissionPolicy", since=_v(32), default_on=True),
        AdmissionPlugin("PodTopologyLabels", since=_v(33), default_on=True),
        AdmissionPlugin("NodeDeclaredFeatureValidator", since=_v(35), default_on=True),
        AdmissionPlugin("PodGroupProtection", since=_v(36), default_on=True),
        AdmissionPlugin("PodResizeValidator", since=_v(36), default_on=True),
        AdmissionPlugin(
            "PodGroupWorkloadExists", since=_v(36), last=_v(36), default_on=True, instead="nothing: 1.36 alone has it"
        ),
        AdmissionPlugin(
            "JobValidation", since=_v(36), last=_v(36), default_on=True, instead="nothing: 1.36 alone has it"
        ),
        AdmissionPlugin("PodSecurityPolicy", last=_v(24), instead=_POD_SECURITY),
        AdmissionPlugin(
            "SecurityContextDeny",
            last=_v(26),
            instead=f"{_POD_SECURITY} (1.27 to 1.29 have it behind a feature gate only)",
        ),
        AdmissionPlugin(
            "PersistentVolumeLabel", last=_v(30), instead="CSI drivers, which label volumes with their topology"
        ),
        AdmissionPlugin("DenyEscalatingExec", last=_v(20), instead=_EXEC),
        AdmissionPlugin("DenyExecOnPrivileged", last=_v(20), instead=_EXEC),
        AdmissionPlugin("PodPreset", last=_v(19), instead="a mutating admission webhook"),
        AdmissionPlugin("Initializers", last=_v(13), instead="MutatingAdmissionWebhook, which is on by default"),
        AdmissionPlugin("InitialResources", last=_v(9), instead="LimitRanger with a LimitRange in each namespace"),
        AdmissionPlugin(
            "GenericAdmissionWebhook", last=_v(8), instead="ValidatingAdmissionWebhook, which is on by default"
        ),
    )
}
"""Every plug-in by its name, those that are gone included."""

REFUSED = {
    "AlwaysAdmit": "it does nothing",
    "AlwaysDeny": "it refuses every request",
    "NamespaceAutoProvision": (
        "whoever creates a pod in a namespace that does not exist would get that namespace without quota, limits, "
        "deny-all and Pod Security; declare namespaces in the baseline"
    ),
}
"""Living plug-ins that no hardened server runs, with the reason."""

HISTORICAL_LIST = (
    "NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,"
    "MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,DefaultTolerationSeconds"
)
"""What Kubernetes 1.8 and 1.9 recommended for --admission-control, and what many manifests still hold."""


def default_plugins(version: KubeVersion) -> frozenset[str]:
    """What a server of that version runs when nothing is said."""
    return frozenset(name for name, one in PLUGINS.items() if one.default_on and one.is_known(version))


def names_in(listed: str) -> tuple[str, ...]:
    """The names of a list with commas, as the flags take it."""
    return tuple(name for name in (part.strip() for part in listed.split(",")) if name)


def switched_off_by(listed: Iterable[str], version: KubeVersion) -> tuple[str, ...]:
    """What would no longer run if a list were given to --admission-control as it is, sorted.

    That flag turns off every plug-in that it does not name (k8s.io/kubernetes v1.37.2
    pkg/kubeapiserver/options/admission.go, computePluginNames).
    """
    return tuple(sorted(default_plugins(version).difference(listed)))
