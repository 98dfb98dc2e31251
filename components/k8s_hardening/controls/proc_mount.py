"""Containers must keep the default masks over /proc.

Restricted field: securityContext.procMount of every container. Allowed: absent or Default. Pods in a user namespace are
left out from version 1.35 on.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_procMount_baseline.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import USER_NAMESPACES_SINCE, pods_with_users_of_the_node
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "procMount"
_ALLOWED = (None, "Default")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container with another view of /proc."""
    return unmasked(pods_of(manifest))


def check_1_35(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, pods in a user namespace left out."""
    return unmasked(pods_with_users_of_the_node(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the field."""
    mask(pods_of(manifest))


def harden_1_35(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, pods in a user namespace left out."""
    mask(pods_with_users_of_the_node(manifest))


def unmasked(pods: Iterable[Pod]) -> Iterator[Finding]:
    """Each container of some pods with another view of /proc."""
    for pod in pods:
        for container in pod.containers():
            value = container.security_context.get(FIELD)
            if value not in _ALLOWED:
                yield finding(f"{container.path}.securityContext.{FIELD}", value, "remove it")


def mask(pods: Iterable[Pod]) -> None:
    """Give the containers of some pods the default view of /proc."""
    for pod in pods:
        for container in changeable_containers(pod):
            if as_map(container.get("securityContext")).get(FIELD) not in _ALLOWED:
                ensure_map(container, "securityContext").pop(FIELD, None)


CONTROL = Control(
    id="proc-mount",
    requirement="Containers must keep the default masks over /proc.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: /proc Mount Type",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=USER_NAMESPACES_SINCE, check=check_1_35, harden=harden_1_35),),
)
