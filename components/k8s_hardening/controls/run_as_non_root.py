"""Containers must be made to run as a user other than root.

Restricted field: runAsNonRoot in the securityContext of the pod and of every container. Required: true on the pod, or
on every container; false nowhere. Absent means: the user that the image names, often root. Pods in a user namespace are
left out from version 1.35 on.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_runAsNonRoot.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import USER_NAMESPACES_SINCE, pods_with_users_of_the_node
from k8s_hardening.kube.manifest import Manifest, ensure_map, is_changeable
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "runAsNonRoot"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each place that permits root."""
    return _find(pods_of(manifest))


def check_1_35(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, pods in a user namespace left out."""
    return _find(pods_with_users_of_the_node(manifest))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Require another user on the pod where a container relies on it, and wherever the field says otherwise."""
    _mend(pods_of(manifest))


def harden_1_35(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, pods in a user namespace left out."""
    _mend(pods_with_users_of_the_node(manifest))


def _find(pods: Iterable[Pod]) -> Iterator[Finding]:
    for pod in pods:
        of_pod = pod.security_context.get(FIELD)
        if of_pod is not None and of_pod is not True:
            # One culprit, one finding: containers that say nothing take this value over.
            yield finding(f"{pod.path}.securityContext.{FIELD}", of_pod, "set it to true")
        for container in pod.containers():
            value = container.security_context.get(FIELD)
            if value is not True and (value is not None or of_pod is None):
                yield finding(
                    f"{container.path}.securityContext.{FIELD}", value, "set it to true here or for the whole pod"
                )


def _mend(pods: Iterable[Pod]) -> None:
    for pod in pods:
        demanded_of_pod = pod.security_context.get(FIELD) is not None
        for container in pod.containers():
            if container.security_context.get(FIELD) is None:
                demanded_of_pod = True
            elif is_changeable(container.spec):
                ensure_map(container.spec, "securityContext")[FIELD] = True
        if demanded_of_pod and is_changeable(pod.spec):
            ensure_map(pod.spec, "securityContext")[FIELD] = True


CONTROL = Control(
    id="run-as-non-root",
    requirement="Containers must be made to run as a user other than root.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_RESTRICTED,
    references=("PSS restricted: Running as Non-root", "CIS 5.2.7"),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=USER_NAMESPACES_SINCE, check=check_1_35, harden=harden_1_35),),
)
