"""The admission plug-ins of the API server: when each is there, which run without being asked for, what came instead.

Their life spans come from the extracted table (kube/flags.py). Sources of the rest, all k8s.io/kubernetes: names that
were gone before 1.18: v1.7.5 to v1.14.10 pkg/kubeapiserver/options/plugins.go and plugin/pkg/admission; the gate of
SecurityContextDeny: v1.27.16 to v1.29.15 plugin/pkg/admission/securitycontext/scdeny/admission.go.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from k8s_hardening.kube.flags import admission_plugins
from k8s_hardening.kube.version import KubeVersion


@dataclass(frozen=True, slots=True)
class AdmissionPlugin:
    """One plug-in with its life span."""

    name: str
    since: KubeVersion | None
    """First version that has it; None when that was before the oldest version known here."""
    last: KubeVersion | None
    """Last version that has it and lets it be turned on without a feature gate; None when the newest still does."""
    default_on: bool
    """Whether it runs without being named, in every version that has it."""
    instead: str
    """What does its work once it is gone."""

    def is_known(self, version: KubeVersion) -> bool:
        """Whether a server of that version can be told to run it."""
        return (self.since is None or version >= self.since) and not self.is_past(version)

    def is_past(self, version: KubeVersion) -> bool:
        """Whether it was gone by that version."""
        return self.last is not None and version > self.last


_POD_SECURITY = "PodSecurity, which holds pods to the Pod Security Standards"
_EXEC = "PodSecurity, which keeps such pods out, and RBAC without pods/exec and pods/attach"
_INSTEAD = {
    "PodSecurityPolicy": _POD_SECURITY,
    "SecurityContextDeny": f"{_POD_SECURITY} (1.27 to 1.29 have it behind a feature gate only)",
    "PersistentVolumeLabel": "CSI drivers, which label volumes with their topology",
    "DenyEscalatingExec": _EXEC,
    "DenyExecOnPrivileged": _EXEC,
    "PodPreset": "a mutating admission webhook",
    "PodGroupWorkloadExists": "nothing: 1.36 alone has it",
    "JobValidation": "nothing: 1.36 alone has it",
    "Initializers": "MutatingAdmissionWebhook, which is on by default",
    "InitialResources": "LimitRanger with a LimitRange in each namespace",
    "GenericAdmissionWebhook": "ValidatingAdmissionWebhook, which is on by default",
}
_BEFORE_THE_TABLE = {"Initializers": 13, "InitialResources": 9, "GenericAdmissionWebhook": 8}
# A server that is told to run it without its feature gate exits.
_BEHIND_A_GATE_AFTER = {"SecurityContextDeny": KubeVersion(1, 26)}


@functools.cache
def plugins() -> dict[str, AdmissionPlugin]:
    """Every plug-in by its name, those that are gone included."""
    known = {
        name: AdmissionPlugin(
            name=name,
            since=span.first,
            last=_BEHIND_A_GATE_AFTER.get(name, span.last),
            default_on=span.on is not None,
            instead=_INSTEAD.get(name, ""),
        )
        for name, span in admission_plugins().items()
    }
    gone = {
        name: AdmissionPlugin(name, None, KubeVersion(1, minor), False, _INSTEAD[name])
        for name, minor in _BEFORE_THE_TABLE.items()
    }
    return {**known, **gone}


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
    return frozenset(name for name, one in plugins().items() if one.default_on and one.is_known(version))


def names_in(listed: str) -> tuple[str, ...]:
    """The names of a list with commas, as the flags take it."""
    return tuple(name for name in (part.strip() for part in listed.split(",")) if name)


def switched_off_by(listed: Iterable[str], version: KubeVersion) -> tuple[str, ...]:
    """What would no longer run if a list were given to --admission-control as it is, sorted.

    That flag turns off every plug-in that it does not name (k8s.io/kubernetes v1.37.2
    pkg/kubeapiserver/options/admission.go, computePluginNames).
    """
    return tuple(sorted(default_plugins(version).difference(listed)))
