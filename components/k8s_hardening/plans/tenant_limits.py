"""What bounds a tenant's namespace: its quotas and its LimitRange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.quotas import PRIORITY_CLASS, VOLUME_ATTRIBUTES_CLASS
from k8s_hardening.model.limits import LimitsSpec
from k8s_hardening.model.namespaces import NamespaceSpec
from k8s_hardening.model.quotas import ScopedQuotaSpec
from k8s_hardening.plans.objects import object_in

_QUOTA, _PRIORITIES = "tenant-quota", "tenant-priorities"


def quotas(namespace: NamespaceSpec, priority_classes: Sequence[str]) -> Iterator[Manifest]:
    """The quota of everything, one for the pods of the tenant's priority classes, and those about some pods or claims.

    The one for priorities bounds no more than the first. It lets the pods in where the API server is told to admit a
    class only under a quota that names it (`limited_resources`).
    """
    yield _quota(namespace.name, _QUOTA, namespace.hard)
    if priority_classes and "pods" in namespace.quota:
        yield _quota(
            namespace.name,
            _PRIORITIES,
            {"pods": namespace.quota["pods"]},
            [_in(PRIORITY_CLASS, priority_classes)],
        )
    for scoped in namespace.scoped_quotas:
        yield _quota(namespace.name, f"{_QUOTA}-{scoped.name}", scoped.hard, list(_selectors(scoped)))


def _quota(namespace: str, name: str, hard: Mapping[str, str], selectors: Sequence[Mapping[str, Any]] = ()) -> Manifest:
    spec: dict[str, Any] = {"hard": dict(hard)}
    if selectors:
        spec["scopeSelector"] = {"matchExpressions": list(selectors)}
    return object_in(namespace, "v1", "ResourceQuota", name, spec=spec)


def _selectors(scoped: ScopedQuotaSpec) -> Iterator[Mapping[str, Any]]:
    for scope in scoped.scopes:
        yield {"scopeName": scope.value, "operator": "Exists"}
    if scoped.priority_classes:
        yield _in(PRIORITY_CLASS, scoped.priority_classes)
    if scoped.volume_attributes_classes:
        yield _in(VOLUME_ATTRIBUTES_CLASS, scoped.volume_attributes_classes)


def _in(scope: str, values: Sequence[str]) -> Mapping[str, Any]:
    return {"scopeName": scope, "operator": "In", "values": sorted(set(values))}


def limit_range(namespace: NamespaceSpec) -> Manifest:
    """What one container, pod and claim may have, and what a container gets that says nothing."""
    items = list(_items(namespace.limits))
    return object_in(namespace.name, "v1", "LimitRange", "tenant-limits", spec={"limits": items})


def _items(limits: LimitsSpec) -> Iterator[Mapping[str, Any]]:
    bounds = _bounds(limits.min, limits.max, limits.max_ratio)
    yield {
        "type": "Container",
        "defaultRequest": dict(limits.default_request),
        "default": dict(limits.default),
        **bounds,
    }
    pod = limits.pod
    if bounds := _bounds(pod.min, pod.max, pod.max_ratio):
        yield {"type": "Pod", **bounds}
    if limits.claims is not None:
        of_claims = {"min": limits.claims.min, "max": limits.claims.max}
        yield {
            "type": "PersistentVolumeClaim",
            **{bound: {"storage": amount} for bound, amount in of_claims.items() if amount is not None},
        }


def _bounds(least: Mapping[str, str], most: Mapping[str, str], ratio: Mapping[str, str]) -> dict[str, dict[str, str]]:
    bounds = {"min": dict(least), "max": dict(most), "maxLimitRequestRatio": dict(ratio)}
    return {name: amounts for name, amounts in bounds.items() if amounts}
