"""Pod Security Admission: labels of a namespace, and the cluster-wide default as a host file."""

from __future__ import annotations

import json

from k8s_hardening.kube.pod_security import PREFIX, SINCE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.tenant import PodSecurityLevel
from k8s_hardening.plans.plan import HostFile

# The configuration API grew up in 1.25. Source: k8s.io/pod-security-admission v0.22.17 to v0.37.2, admission/api.
_CONFIG_V1_SINCE = KubeVersion(1, 25)
CONFIG_PATH = "/etc/kubernetes/admission/admission-configuration.yaml"


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


def admission_configuration(version: KubeVersion) -> HostFile | None:
    """The cluster-wide default for namespaces without labels: enforce baseline, except in kube-system.

    The system's namespace runs the control plane and the CNI, which share the node; it is exempt by name, and nobody
    is exempt by user name, since exempting a controller would exempt every pod it makes for others.
    """
    if version < SINCE:
        return None
    api = "v1" if version >= _CONFIG_V1_SINCE else "v1beta1"
    document = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [
            {
                "name": "PodSecurity",
                "configuration": {
                    "apiVersion": f"pod-security.admission.config.k8s.io/{api}",
                    "kind": "PodSecurityConfiguration",
                    "defaults": {
                        "enforce": "baseline",
                        "enforce-version": f"v{version}",
                        "audit": "restricted",
                        "audit-version": f"v{version}",
                        "warn": "restricted",
                        "warn-version": f"v{version}",
                    },
                    "exemptions": {"usernames": [], "runtimeClasses": [], "namespaces": ["kube-system"]},
                },
            }
        ],
    }
    return HostFile(CONFIG_PATH, json.dumps(document, indent=2) + "\n")
