"""The three PodSecurityPolicies of the house, one for each Pod Security Standard, and who may be given them.

Plans emit them, and controls know them by what they are here, so that the two cannot disagree.

Every field is written, with these exceptions, since absent is what is meant and no value says it:
`defaultAllowPrivilegeEscalation` where escalation is allowed (a value would be written into pods), `allowedHostPaths`
(empty means every path, which matters only where hostPath volumes are allowed: to the privileged policy),
`allowedFlexVolumes` and `allowedCSIDrivers` (empty means every driver, as the Pod Security Standards have it).

Which policy a pod gets: of those that its service account or its author may use and that admit it, the first by name
that leaves it unchanged, else the first by name. So the names sort from the baseline on, and only the privileged
policy leaves every pod unchanged (k8s.io/kubernetes v1.24.17 plugin/pkg/admission/security/podsecuritypolicy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from k8s_hardening.controls import capabilities_added, capabilities_net_bind_only
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pod_security_policies import (
    API_VERSION,
    APPARMOR_ALLOWED,
    APPARMOR_DEFAULT,
    KIND,
    LOCALHOST_PREFIX,
    RESOURCE,
    RUNTIME_PROFILE,
    SECCOMP_ALLOWED,
    SECCOMP_DEFAULT,
    volume_types,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.labels import MANAGED_BY

RESTRICTED_VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
"""Volume types of the restricted Pod Security Standard."""
_PREFIX = "k8s-hardening"
_ANY: dict[str, Any] = {"rule": "RunAsAny"}
# The group 0 of the node is nobody's that asks for it; a pod that names no group is left as it is.
_NOT_ROOTS_GROUP: dict[str, Any] = {"rule": "MayRunAs", "ranges": [{"min": 1, "max": 2**31 - 1}]}


class Level(StrEnum):
    """A Pod Security Standard."""

    BASELINE = "baseline"
    PRIVILEGED = "privileged"
    RESTRICTED = "restricted"

    @property
    def policy(self) -> str:
        """Name of the level's PodSecurityPolicy."""
        return f"{_PREFIX}-{self.value}"

    @property
    def role(self) -> str:
        """Name of the ClusterRole that may use that policy and nothing else."""
        return f"{_PREFIX}-psp-{self.value}"


@dataclass(frozen=True, slots=True)
class NodeProfiles:
    """What policies must know of the nodes."""

    apparmor: tuple[str, ...] | None = None
    """Names of AppArmor profiles that pods may choose; None where the nodes have no AppArmor."""
    seccomp: tuple[str, ...] = ()
    """Files of seccomp profiles that pods may choose."""
    selinux: Mapping[str, str] = field(default_factory=dict)
    """The SELinux options of every pod; empty: the runtime's own, and no pod may choose others."""


def policy_of(level: Level, version: KubeVersion, profiles: NodeProfiles) -> Manifest:
    """The PodSecurityPolicy of a level."""
    metadata: dict[str, Any] = {
        "name": level.policy,
        "labels": dict(MANAGED_BY),
        "annotations": _annotations(level, profiles),
    }
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": _spec(level, version, profiles)}


def use_rules(level: Level) -> list[dict[str, Any]]:
    """The rules of the level's ClusterRole."""
    return [{"apiGroups": ["policy"], "resources": [RESOURCE], "resourceNames": [level.policy], "verbs": ["use"]}]


def _spec(level: Level, version: KubeVersion, profiles: NodeProfiles) -> dict[str, Any]:
    if level is Level.PRIVILEGED:
        return _privileged()
    types = [name for name in volume_types(version) if name != "hostPath"]
    common = {
        "privileged": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "hostPorts": [],
        "allowedProcMountTypes": ["Default"],
        # Of the sysctls each version knows the safe ones by itself; 1.18 to 1.21 count one fewer than the standard,
        # and so do their kubelets, which would refuse the pod.
        "allowedUnsafeSysctls": [],
        "forbiddenSysctls": [],
        # One value is all that a policy can say: the Pod Security Standards allow several types and every level.
        "seLinux": {"rule": "MustRunAs", "seLinuxOptions": dict(profiles.selinux)},
        "runtimeClass": {"allowedRuntimeClassNames": ["*"]},
    }
    if level is Level.BASELINE:
        return {
            **common,
            "allowPrivilegeEscalation": True,
            "readOnlyRootFilesystem": False,
            "defaultAddCapabilities": [],
            "requiredDropCapabilities": [],
            "allowedCapabilities": list(capabilities_added.ALLOWED),
            "volumes": types,
            "runAsUser": dict(_ANY),
            "runAsGroup": dict(_ANY),
            "fsGroup": dict(_ANY),
            "supplementalGroups": dict(_ANY),
        }
    return {
        **common,
        "allowPrivilegeEscalation": False,
        "defaultAllowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "defaultAddCapabilities": [],
        "requiredDropCapabilities": ["ALL"],
        "allowedCapabilities": [capabilities_net_bind_only.ALLOWED],
        "volumes": [name for name in types if name in RESTRICTED_VOLUMES],
        "runAsUser": {"rule": "MustRunAsNonRoot"},
        "runAsGroup": dict(_NOT_ROOTS_GROUP),
        "fsGroup": dict(_NOT_ROOTS_GROUP),
        "supplementalGroups": dict(_NOT_ROOTS_GROUP),
    }


def _privileged() -> dict[str, Any]:
    """Everything, and nothing written into a pod: parts of the system get what they ask for."""
    return {
        "privileged": True,
        "hostNetwork": True,
        "hostPID": True,
        "hostIPC": True,
        "hostPorts": [{"min": 0, "max": 65535}],
        "allowedProcMountTypes": ["Default", "Unmasked"],
        "allowedUnsafeSysctls": ["*"],
        "forbiddenSysctls": [],
        "seLinux": dict(_ANY),
        "runtimeClass": {"allowedRuntimeClassNames": ["*"]},
        "allowPrivilegeEscalation": True,
        "readOnlyRootFilesystem": False,
        "defaultAddCapabilities": [],
        "requiredDropCapabilities": [],
        "allowedCapabilities": ["*"],
        "volumes": ["*"],
        "runAsUser": dict(_ANY),
        "runAsGroup": dict(_ANY),
        "fsGroup": dict(_ANY),
        "supplementalGroups": dict(_ANY),
    }


def _annotations(level: Level, profiles: NodeProfiles) -> dict[str, str]:
    if level is Level.PRIVILEGED:
        return {SECCOMP_ALLOWED: "*"}  # without AppArmor annotations every profile is allowed
    # Without a default a pod that names no profile would be refused: a server takes no empty name in the list.
    found = {SECCOMP_ALLOWED: _names(profiles.seccomp), SECCOMP_DEFAULT: RUNTIME_PROFILE}
    if profiles.apparmor is not None:
        found |= {APPARMOR_ALLOWED: _names(profiles.apparmor), APPARMOR_DEFAULT: RUNTIME_PROFILE}
    return found


def _names(localhost: tuple[str, ...]) -> str:
    return ",".join((RUNTIME_PROFILE, *(f"{LOCALHOST_PREFIX}{name}" for name in sorted(set(localhost)))))
