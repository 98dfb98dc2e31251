"""Containers must say how much processor and memory they need and may take, so that no neighbour starves.

Restricted fields: resources.requests and resources.limits of containers and init containers. Required: cpu and memory
in both, each above zero, no limit below its request. Absent means: no bound, and the limit as the request where there
is one, otherwise no reservation; zero means none (k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/defaults.go,
SetDefaults_Pod; pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, pkg/kubelet/cm/helpers_linux.go).
From 1.34 on, what the pod states in spec.resources need not be repeated (the same, pkg/features/kube_features.go,
PodLevelResources); before, the server drops it. An ephemeral container cannot have resources. There is no fix: only
the owner knows the needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

POD_LEVEL_SINCE = KubeVersion(1, 34)
_EXAMPLES = {
    ("requests", "cpu"): "100m",
    ("requests", "memory"): "128Mi",
    ("limits", "cpu"): "500m",
    ("limits", "memory"): "256Mi",
}
_ALL = frozenset(_EXAMPLES)
_EPHEMERAL = "ephemeralContainers"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each quantity that a container leaves out or gets wrong."""
    for pod in pods_of(manifest):
        yield from _containers(pod, _ALL)


def check_1_34(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, with the resources of the pod as a whole standing in."""
    for pod in pods_of(manifest):
        whole = as_map(pod.spec.get("resources"))
        stated = frozenset(
            key
            for key in _ALL
            if as_map(whole.get(key[0])).get(key[1]) is not None or _follows_limit(key[0], whole, key[1])
        )
        yield from _quantities(f"{pod.path}.resources", whole, required=())
        yield from _containers(pod, _ALL - stated)


def _containers(pod: Pod, required: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for container in pod.containers():
        if container.list_name != _EPHEMERAL:
            resources = as_map(container.spec.get("resources"))
            yield from _quantities(f"{container.path}.resources", resources, required=required)


def _quantities(path: str, resources: dict[str, Any], *, required: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    amounts: dict[tuple[str, str], Decimal] = {}
    for key, example in _EXAMPLES.items():
        field, resource = key
        value = as_map(resources.get(field)).get(resource)
        amount = _amount(value)
        if amount is not None:
            amounts[key] = amount
        elif value is not None or (key in required and not _follows_limit(field, resources, resource)):
            yield finding(f"{path}.{field}.{resource}", value, f'state an amount above zero, for example "{example}"')
    for resource in ("cpu", "memory"):
        request, limit = amounts.get(("requests", resource)), amounts.get(("limits", resource))
        if request is not None and limit is not None and limit < request:
            found = as_map(resources.get("limits")).get(resource)
            yield finding(f"{path}.limits.{resource}", found, "raise it to the request, or lower the request")


def _follows_limit(field: str, resources: dict[str, Any], resource: str) -> bool:
    """Whether the server will set an absent request to the limit, about which there may be a finding of its own."""
    return field == "requests" and as_map(resources.get("limits")).get(resource) is not None


def _amount(value: Any) -> Decimal | None:
    if value is UNKNOWN:
        return None
    try:
        amount = parse_quantity(value)
    except ValueError:
        return None
    return amount if amount > 0 else None


CONTROL = Control(
    id="resource-requirements",
    requirement="Containers must state requests and limits for processor and memory.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("Kubernetes: Resource Management for Pods and Containers",),
    check=check,
    concerns=carries_pods,
    revisions=(Revision(since=POD_LEVEL_SINCE, check=check_1_34),),
)
