"""What the namespaces of a tenant may hold together: the hard limits of ResourceQuotas."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.quotas import (
    BEST_EFFORT,
    CROSS_NAMESPACE,
    EXCLUSIVE,
    NOT_BEST_EFFORT,
    NOT_TERMINATING,
    PRIORITY_CLASS,
    TERMINATING,
    VOLUME_ATTRIBUTES_CLASS,
    is_count,
    is_countable,
    is_quota_resource,
    resources_of_scope,
    scope_holds,
)
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, ObjectName, Quantity, over, wrong
from k8s_hardening.model.sizes import PRESETS, Size

DEFAULT_QUOTA = dict(PRESETS[Size.MEDIUM].quota)


def _quota_resource(name: str) -> str:
    if is_quota_resource(name):
        return name
    raise wrong("is not a resource of a quota", '"requests.cpu" or "count/jobs.batch"')


def _amounts(quota: dict[str, str]) -> dict[str, str]:
    for name, amount in quota.items():
        if is_count(name) and parse_quantity(amount) % 1:
            raise wrong(f'holds "{name}: {amount}", a count that is not whole', '{pods: "50"}')
    for resource in ("cpu", "memory", "ephemeral-storage"):
        requests, limits = f"requests.{resource}", f"limits.{resource}"
        if requests in quota and limits in quota and parse_quantity(quota[limits]) < parse_quantity(quota[requests]):
            raise wrong(
                f"has {limits} {quota[limits]} below {requests} {quota[requests]}",
                f'{{{requests}: "{quota[limits]}", {limits}: "{quota[requests]}"}}',
            )
    return quota


def _countable(name: str) -> str:
    if not is_countable(name):
        raise wrong("is not a resource by its plural name and API group", '"configmaps" or "jobs.batch"')
    return name


def _whole(amount: str) -> str:
    if parse_quantity(amount) % 1:
        raise wrong("is a count that is not whole", '"20"')
    return amount


Hard = Annotated[dict[Annotated[str, AfterValidator(_quota_resource)], Quantity], AfterValidator(_amounts)]
Quota = Annotated[
    dict[Annotated[str, AfterValidator(_quota_resource)], Quantity], over(DEFAULT_QUOTA), AfterValidator(_amounts)
]
Counts = dict[Annotated[str, AfterValidator(_countable)], Annotated[Quantity, AfterValidator(_whole)]]


class Scope(StrEnum):
    """Which pods a quota is about; classes of priorities and of volumes are named in fields of their own."""

    TERMINATING = TERMINATING
    NOT_TERMINATING = NOT_TERMINATING
    BEST_EFFORT = BEST_EFFORT
    NOT_BEST_EFFORT = NOT_BEST_EFFORT
    CROSS_NAMESPACE = CROSS_NAMESPACE


class ScopedQuotaSpec(Model):
    """A further quota of a namespace, about some of its pods or claims; the quota of the namespace counts them, too."""

    name: Name = Field(examples=["batch"])
    """Name of the quota; the object is called tenant-quota-<name>."""
    scopes: tuple[Scope, ...] = Field(default=(), examples=[["Terminating"]])
    """Which pods are meant; each must hold. Terminating are those with activeDeadlineSeconds."""
    priority_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["payments-critical"]])
    """Only pods of these priority classes; the tenant must have them."""
    volume_attributes_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["gold"]])
    """Only claims of these classes of volume attributes."""
    hard: Hard = Field(examples=[{"pods": "10"}])
    """The hard limits: pods, cpu and memory, or claims and their storage."""

    @model_validator(mode="after")
    def _scopes_that_count(self) -> ScopedQuotaSpec:
        scopes = tuple(self.scope_names())
        if not scopes:
            raise wrong(
                "has no scope, and would count what the quota of the namespace counts", '{scopes: ["Terminating"]}'
            )
        if BEST_EFFORT in scopes:
            raise wrong(
                "has the scope BestEffort, which no pod is in: the LimitRange gives each container a request",
                '{scopes: ["Terminating"]}',
            )
        for pair in EXCLUSIVE:
            if set(pair) <= set(scopes):
                raise wrong(
                    f"has the scopes {' and '.join(pair)}, which exclude each other", f'{{scopes: ["{pair[0]}"]}}'
                )
        if not self.hard:
            raise wrong("has no hard limit", '{hard: {pods: "10"}}')
        for name in sorted(self.hard):
            for scope in scopes:
                if not scope_holds(scope, name):
                    known = resources_of_scope(scope)
                    counted = next(one for one in known if is_count(one))
                    raise wrong(
                        f"limits {name} in the scope {scope}, which holds only {', '.join(known)}",
                        f'{{hard: {{{counted}: "10"}}}}',
                    )
        return self

    def scope_names(self) -> Iterator[str]:
        """The scopes by the names that the API server has for them."""
        yield from (scope.value for scope in self.scopes)
        if self.priority_classes:
            yield PRIORITY_CLASS
        if self.volume_attributes_classes:
            yield VOLUME_ATTRIBUTES_CLASS
