"""How Kubernetes names AppArmor profiles, and by which labels nodes say that they have one.

Source: k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go (validateAppArmorProfileField and
ValidateAppArmorPodAnnotations), plugin/pkg/admission/noderestriction/admission.go (a kubelet cannot set labels whose
prefix ends with node-restriction.kubernetes.io).
"""

from __future__ import annotations

import re
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, as_map, as_str
from k8s_hardening.kube.pods import Container, Pod
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
UNCONFINED = "unconfined"
"""What the annotation, and the kernel, call the absence of a profile."""

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


def field_of(annotation: Any) -> Any:
    """What the field says where an annotation says this; None where it names no profile, UNKNOWN stays.

    Source: k8s.io/kubernetes v1.37.2 pkg/api/pod/util.go, ApparmorFieldForAnnotation.
    """
    if annotation is UNKNOWN:
        return UNKNOWN
    text = as_str(annotation)
    if text == RUNTIME_DEFAULT:
        return {"type": "RuntimeDefault"}
    if text == UNCONFINED:
        return {"type": "Unconfined"}
    name = text.removeprefix(LOCALHOST)
    return {"type": "Localhost", "localhostProfile": name} if name != text and name else None


def annotation_of(profile: Any) -> str | None:
    """The annotation that says the same as a field; None where there is none, or it is not known."""
    kind, name = as_map(profile).get("type"), as_map(profile).get("localhostProfile")
    if kind == "RuntimeDefault":
        return RUNTIME_DEFAULT
    return f"{LOCALHOST}{name}" if kind == "Localhost" and isinstance(name, str) and name else None


def annotated_profile(container: Container, pod: Pod) -> Any:
    """The value of the annotation for a container; None where there is none."""
    name = container.spec.get("name")
    if name is UNKNOWN and any(as_str(key).startswith(ANNOTATION) for key in pod.annotations):
        return UNKNOWN
    return pod.annotations.get(f"{ANNOTATION}{as_str(name)}")


def profile_of(container: Container, pod: Pod, version: KubeVersion) -> Any:
    """The profile that a container gets, in the form of the field; None where nothing names one.

    Source: k8s.io/kubernetes v1.37.2 pkg/security/apparmor/helpers.go, GetProfile: the container's field, then the
    annotation, then the pod's field. Before 1.30 there are only annotations.
    """
    annotated = field_of(annotated_profile(container, pod))
    if version < FIELD_SINCE:
        return annotated
    named = (container.security_context.get(FIELD), annotated, pod.security_context.get(FIELD))
    return next((profile for profile in named if profile is not None), None)
