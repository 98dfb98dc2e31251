"""Where security fields stand: the pod's own securityContext and that of each container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.manifest import is_changeable
from k8s_hardening.kube.pods import Pod


def security_contexts(pod: Pod) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and content of every securityContext, that of the pod first; an absent one reads as empty."""
    yield f"{pod.path}.securityContext", pod.security_context
    for container in pod.containers():
        yield f"{container.path}.securityContext", container.security_context


def changeable_containers(pod: Pod) -> Iterator[dict[str, Any]]:
    """The containers that a fix can write to; one that is unknown or not even a mapping is beyond mending."""
    for container in pod.containers():
        if is_changeable(container.spec):
            yield container.spec


def context_holders(pod: Pod) -> Iterator[dict[str, Any]]:
    """The pod spec and the containers: what a securityContext can be written to."""
    if is_changeable(pod.spec):
        yield pod.spec
    yield from changeable_containers(pod)
