"""How Kubernetes names AppArmor profiles, and by which labels nodes say that they have one.

Source: k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go (validateAppArmorProfileField and
ValidateAppArmorPodAnnotations), plugin/pkg/admission/noderestriction/admission.go (a kubelet cannot set labels whose
prefix ends with node-restriction.kubernetes.io).
"""

from __future__ import annotations

import re

from k8s_hardening.kube.version import KubeVersion

FIELD = "appArmorProfile"
"""Name of the field in the securityContext of a pod or container."""
FIELD_SINCE = KubeVersion(1, 30)
"""Before, only annotations name AppArmor profiles."""
ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
"""Prefix of the annotation of a pod that names the profile of one container."""
RUNTIME_DEFAULT = "runtime/default"
"""What the annotation calls the runtime's own profile."""
LOCALHOST = "localhost/"
"""What stands before the name of a profile of the node, in the annotation."""

PROFILE_PREFIX = "k8s-hardening-"
"""Begins the name of every profile that this package makes, as the kernel knows it."""
HASH_LENGTH = 10
"""Characters of the content hash that end the name of a profile."""
LONGEST_PROFILE_NAME = 63 - len(PROFILE_PREFIX) - 1 - HASH_LENGTH
"""Longest friendly name of a profile: with prefix and hash it is a label's name."""
OWN_PROFILE = re.compile(rf"{PROFILE_PREFIX}(?P<friendly>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-[0-9a-f]{{{HASH_LENGTH}}}")
"""The kernel's name of a profile that this package makes."""

LABEL_PREFIX = "apparmor.node-restriction.kubernetes.io/"
"""Prefix of the node labels that only the loader sets."""
LOADED = "loaded"
"""Value of the label of a profile that the node has."""
STATE_LABEL = f"{LABEL_PREFIX}state"
"""Label of a node that says how the loader fares there."""


def node_label(profile: str) -> str:
    """The label of nodes that have a profile, by the kernel's name of it."""
    return f"{LABEL_PREFIX}{profile}"
