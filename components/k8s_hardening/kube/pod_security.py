"""Pod Security Admission: the labels of a namespace, and which policy versions ask for less.

Source: k8s.io/pod-security-admission v0.37.2 api/constants.go and helpers.go, policy/check_*.go.
"""

from __future__ import annotations

import re

from k8s_hardening.kube.version import KubeVersion

# The plug-in is on by default from here on: k8s.io/kubernetes v1.23.17 pkg/features/kube_features.go.
SINCE = KubeVersion(1, 23)
GATE = "PodSecurity"
GATED = KubeVersion(1, 22)
"""The one version that has the plug-in only with the feature gate (k8s.io/kubernetes v1.22.17, same file)."""
PREFIX = "pod-security.kubernetes.io"
ENFORCE = f"{PREFIX}/enforce"
ENFORCE_VERSION = f"{ENFORCE}-version"
STRICTNESS = {"privileged": 0, "baseline": 1, "restricted": 2}
"""The levels that a label may hold, from the weakest on."""
BELOW = {"baseline": "privileged", "restricted": "baseline"}
"""Level -> the strictest one that asks for less."""

_VERSION = re.compile(r"v1\.(0|[1-9][0-9]{0,8})")
# Policy versions that brought a new demand: no privilege escalation, seccomp fields, dropped capabilities, uid not 0,
# no host in probes. The other revisions only ever allow more.
_DEMANDING = tuple(KubeVersion(1, minor) for minor in (8, 19, 22, 23, 34))


# The configuration API grew up in 1.25. Source: k8s.io/pod-security-admission v0.22.17 to v0.37.2, admission/api.
_CONFIGURATION_V1_SINCE = KubeVersion(1, 25)


def judges(version: KubeVersion, *, gate: bool = False) -> bool:
    """Whether a server of that version judges pods by the labels of their namespace.

    Args:
        version: the server's version.
        gate: whether its feature gate is turned on, for the version that needs that.
    """
    return version >= SINCE or (gate and version == GATED)


def configuration_api(version: KubeVersion, *, gate: bool = False) -> str | None:
    """The API version of PodSecurityConfiguration that a server takes; None where the plug-in does not run."""
    if not judges(version, gate=gate):
        return None
    name = "v1alpha1" if version == GATED else "v1" if version >= _CONFIGURATION_V1_SINCE else "v1beta1"
    return f"pod-security.admission.config.k8s.io/{name}"


def policy_version(text: str) -> KubeVersion | None:
    """The version that a label `...-version` names; None when it is neither `latest` nor `v1.<minor>`."""
    if text == "latest":
        return KubeVersion(1, 10**9)
    match = _VERSION.fullmatch(text)
    return KubeVersion(1, int(match[1])) if match else None


def oldest_full_policy(cluster: KubeVersion) -> KubeVersion:
    """The oldest policy version that asks for everything that a cluster of that version can ask for."""
    return max(version for version in _DEMANDING if version <= max(cluster, _DEMANDING[0]))
