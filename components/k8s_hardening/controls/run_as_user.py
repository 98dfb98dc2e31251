"""Containers must not name root as their user.

Restricted field: runAsUser in the securityContext of the pod and of every container. Allowed: absent, or any number but
0. Pods in a user namespace are left out from version 1.35 on.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_runAsUser.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import USER_NAMESPACES_SINCE, pods_with_users_of_the_node
from k8s_hardening.controls.shared.security_contexts import context_holders, security_contexts
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "runAsUser"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each place that names root."""
    return _find(pods_of(manifest))


def check_1_35(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, pods in a user namespace left out."""
    return _find(pods_with_users_of_the_node(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field, so that the image's user (or the pod's) counts."""
    _mend(pods_of(manifest))


def harden_1_35(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, pods in a user namespace left out."""
    _mend(pods_with_users_of_the_node(manifest))


def _may_be_root(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is not None and (not is_number or value == 0)


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        for path, context in security_contexts(pod):
            value = context.get(FIELD)
            if _may_be_root(value):
                yield finding(f"{path}.{FIELD}", value, "remove it or name a user above 0")


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        for holder in context_holders(pod):
            if _may_be_root(as_map(holder.get("securityContext")).get(FIELD)):
                ensure_map(holder, "securityContext").pop(FIELD, None)


CONTROL = Control(
    id="run-as-user",
    requirement="Containers must not name root as their user.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Running as Non-root user", "CIS 5.2.7"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=USER_NAMESPACES_SINCE, check=check_1_35, harden=harden_1_35),),
    since=KubeVersion(1, 23),
)
