"""Containers must not switch off the runtime's AppArmor profile or choose one beyond those of the node.

Restricted fields: appArmorProfile.type in the securityContext of the pod and of every container; allowed: absent,
RuntimeDefault or Localhost. And, in every version, annotations of the pod that name a container's profile; allowed:
absent, empty, runtime/default or localhost/... Absent means: the runtime's default where the node has AppArmor.
Restricted beside it, since such a pod never runs: localhostProfile in the same fields; allowed: absent, and with the
type Localhost alone a name of at most 4095 bytes without blanks around it. The server refuses anything else
(k8s.io/kubernetes v1.30.14 and v1.37.2 pkg/apis/core/validation/validation.go, ValidateAppArmorProfileField).
Source: k8s.io/pod-security-admission v0.37.2, policy/check_appArmorProfile.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.apparmor_names import is_allowed_annotation
from k8s_hardening.controls.shared.profile_types import mend_profiles, profile_findings
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, RUNTIME_DEFAULT
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, key_path
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_LONGEST_NAME = 4095


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each securityContext and each annotation that names a forbidden profile, or none that there could be."""
    for pod in pods_of(manifest):
        yield from profile_findings(pod, FIELD, _is_name)
        path = f"{pod.metadata_path}.annotations"
        if pod.metadata.get("annotations") is UNKNOWN:
            yield finding(path, UNKNOWN, "give the annotations plain values")
        for key, value in _forbidden_annotations(pod):
            yield finding(key_path(path, key), value, f"set it to {RUNTIME_DEFAULT}")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default in place of a forbidden profile."""
    for pod in pods_of(manifest):
        mend_profiles(pod, FIELD, _is_name)
        for key, _ in list(_forbidden_annotations(pod)):
            pod.annotations[key] = RUNTIME_DEFAULT


def _is_name(text: str) -> bool:
    return text != "" and text == text.strip() and len(text.encode(errors="replace")) <= _LONGEST_NAME


def _forbidden_annotations(pod: Pod) -> Iterator[tuple[str, Any]]:
    for key, value in pod.annotations.items():
        if as_str(key).startswith(ANNOTATION) and not is_allowed_annotation(value):
            yield key, value


CONTROL = Control(
    id="apparmor",
    requirement="Containers must keep the runtime's AppArmor profile or use one that the node provides.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: AppArmor",),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
