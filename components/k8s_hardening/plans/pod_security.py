"""Pod Security Admission: the labels of a namespace."""

from __future__ import annotations

from k8s_hardening.kube.pod_security import PREFIX, SINCE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.tenant import PodSecurityLevel


def pod_security_labels(level: PodSecurityLevel, version: KubeVersion) -> dict[str, str]:
    """Labels that enforce a level and warn about the strictest, pinned to the cluster's own version."""
    if version < SINCE:
        return {}
    labels = {}
    for mode, shown in (
        ("enforce", level),
        ("audit", PodSecurityLevel.RESTRICTED),
        ("warn", PodSecurityLevel.RESTRICTED),
    ):
        labels[f"{PREFIX}/{mode}"] = shown.value
        labels[f"{PREFIX}/{mode}-version"] = f"v{version}"
    return labels
