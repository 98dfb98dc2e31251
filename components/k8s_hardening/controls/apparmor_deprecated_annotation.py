"""From 1.30 on the AppArmor profile of a container belongs into the field.

Restricted: an annotation that names the profile of a container for which no field does, neither its own nor the pod's.
The server still copies it into the field and warns; the enhancement that brought the field plans to stop that, and who
reads the field of a template (policies, reviewers) sees nothing of it. So this is an advice. An annotation that says
the same as a field is left alone (up to 1.33 the server itself writes it), one that says something else is for the
control apparmor-form, and one for a profile that no node has for apparmor-profile-provided.
Source: k8s.io/kubernetes v1.37.2 pkg/registry/core/pod/strategy.go (applyAppArmorVersionSkew), pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.apparmor_names import annotated_containers, is_allowed_annotation, is_provided
from k8s_hardening.controls.shared.relaxations import linux_pods_of
from k8s_hardening.kube.apparmor import FIELD, FIELD_SINCE, field_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, ensure_map, is_changeable
from k8s_hardening.kube.pods import Container, Pod, carries_pods
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation that stands alone."""
    for pod in linux_pods_of(manifest):
        if pod.metadata.get("annotations") is UNKNOWN:
            yield finding(f"{pod.metadata_path}.annotations", UNKNOWN, "give the annotations plain values")
        for _, path, value, _ in _alone(pod, knowledge):
            yield finding(path, value, f"name the profile in the container's securityContext.{FIELD} instead")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Move what such annotations say into the containers' fields."""
    for pod in linux_pods_of(manifest):
        for key, _, value, container in list(_alone(pod, knowledge)):
            if value is not UNKNOWN and is_changeable(container.spec):
                ensure_map(container.spec, "securityContext")[FIELD] = field_of(value)
                del pod.annotations[key]


def _alone(pod: Pod, knowledge: Knowledge) -> Iterator[tuple[str, str, Any, Container]]:
    if pod.security_context.get(FIELD) is not None:
        return
    for key, path, value, container in annotated_containers(pod):
        if container is None or container.security_context.get(FIELD) is not None:
            continue
        profile = field_of(value)
        if value is UNKNOWN or (profile is not None and is_allowed_annotation(value) and _is_there(profile, knowledge)):
            yield key, path, value, container


def _is_there(profile: Any, knowledge: Knowledge) -> bool:
    return as_map(profile).get("type") != "Localhost" or is_provided(profile["localhostProfile"], knowledge)


CONTROL = Control(
    id="apparmor-deprecated-annotation",
    requirement="AppArmor profiles should be named by the field, not by the annotation that it replaces.",
    severity=Severity.LOW,
    chapter="workload",
    references=("Kubernetes: AppArmor",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    level=Level.ADVISORY,
    since=FIELD_SINCE,
)
