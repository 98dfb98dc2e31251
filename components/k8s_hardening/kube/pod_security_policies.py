"""PodSecurityPolicy: where it is served, the words it has by version, and how a server reads it.

Sources: k8s.io/kubernetes v1.18.20 and v1.24.17 pkg/security/podsecuritypolicy (provider.go, seccomp/strategy.go,
apparmor/strategy.go, util/util.go), plugin/pkg/admission/security/podsecuritypolicy/admission.go and
pkg/apis/policy/validation/validation.go; k8s.io/api v0.18.19 to v0.24.17 policy/v1beta1/types.go.
"""

from __future__ import annotations

from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of
from k8s_hardening.kube.version import KubeVersion

API_VERSION = "policy/v1beta1"
KIND = "PodSecurityPolicy"
RESOURCE = "podsecuritypolicies"
PLUGIN = "PodSecurityPolicy"
LAST = KubeVersion(1, 24)
"""Last version with the objects and the plug-in (k8s.io/kubernetes v1.25.16 has neither)."""
GROUPS = frozenset({"policy", "extensions"})
"""API groups of the objects, and in which the plug-in asks the authorizer for the verb `use`."""

SECCOMP_ALLOWED = "seccomp.security.alpha.kubernetes.io/allowedProfileNames"
SECCOMP_DEFAULT = "seccomp.security.alpha.kubernetes.io/defaultProfileName"
APPARMOR_ALLOWED = "apparmor.security.beta.kubernetes.io/allowedProfileNames"
APPARMOR_DEFAULT = "apparmor.security.beta.kubernetes.io/defaultProfileName"
RUNTIME_PROFILE = "runtime/default"
LOCALHOST_PREFIX = "localhost/"
"""How an annotation names a profile of the node; a policy can name each one, and no pattern of them."""

_EPHEMERAL_SINCE = KubeVersion(1, 19)
_EPHEMERAL = "ephemeral"
_VOLUMES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", "downwardAPI", "emptyDir",
    _EPHEMERAL, "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi", "nfs",
    "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO",
    "secret", "storageos", "vsphereVolume",
)  # fmt: skip


def is_served(version: KubeVersion) -> bool:
    """Whether a server of that version has PodSecurityPolicies."""
    return version <= LAST


def volume_types(version: KubeVersion) -> tuple[str, ...]:
    """The types of volumes that a policy of that version can name; a server refuses a policy with another one."""
    return tuple(name for name in _VOLUMES if name != _EPHEMERAL or version >= _EPHEMERAL_SINCE)


def is_policy(manifest: Manifest) -> bool:
    """Whether an object is a PodSecurityPolicy, of whichever group."""
    return kind_of(manifest) == KIND and api_group_of(manifest) in GROUPS
