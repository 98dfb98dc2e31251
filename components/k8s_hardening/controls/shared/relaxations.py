"""Pods that the Pod Security Standards judge more mildly, and since when.

Source: k8s.io/pod-security-admission v0.37.2, policy/check_*.go and policy/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import Pod, pods_of
from k8s_hardening.kube.version import KubeVersion

WINDOWS_EXEMPT_SINCE = KubeVersion(1, 25)
"""From here on, fields that the API server refuses on a Windows pod are not demanded of one."""
USER_NAMESPACES_SINCE = KubeVersion(1, 35)
"""From here on, root inside a user namespace (hostUsers: false) counts as nobody on the node."""


def linux_pods_of(manifest: Manifest) -> Iterator[Pod]:
    """Every pod that does not declare itself a Windows pod."""
    return (pod for pod in pods_of(manifest) if not pod.is_windows)


def pods_with_users_of_the_node(manifest: Manifest) -> Iterator[Pod]:
    """Every pod whose user ids are those of the node: all but the ones that say `hostUsers: false`."""
    return (pod for pod in pods_of(manifest) if pod.spec.get("hostUsers") is not False)
