"""Flows between those who share a cluster: who declares them, and whose ends they open beside their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.ends import EndSpec, NamedEndSpec
from k8s_hardening.model.network import FlowSpec, SystemNamespaceSpec
from k8s_hardening.model.tenant import BaselineTenantSpec, TenantSpec


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tenant, or a closed namespace of none."""

    name: str
    namespaces: frozenset[str]
    flows: tuple[FlowSpec, ...]
    accepts: frozenset[str] = frozenset()
    is_tenant: bool = True

    @classmethod
    def of_tenant(cls, tenant: TenantSpec) -> Neighbour:
        """A tenant of a baseline; one that stands alone accepts nothing."""
        accepts = tenant.accepts if isinstance(tenant, BaselineTenantSpec) else ()
        namespaces = frozenset(namespace.name for namespace in tenant.namespaces)
        return cls(tenant.name, namespaces, tenant.flows, frozenset(accepts))

    @classmethod
    def of_system_namespace(cls, spec: SystemNamespaceSpec) -> Neighbour:
        """A closed namespace of no tenant."""
        return cls(spec.name, frozenset({spec.name}), spec.flows, frozenset(spec.accepts), is_tenant=False)

    def is_end_of(self, flow: FlowSpec, declared_by: Neighbour, baseline: Baseline) -> bool:
        """Whether a flow of somebody else opens something here.

        One that names this neighbour was accepted, or the baseline would have been refused; one that may lead
        everywhere opens what is here only where it is accepted.
        """
        return any(
            self._is_named(end, baseline)
            or ((end.all_namespaces or end.namespaces_labelled) and f"{declared_by.name}/{flow.name}" in self.accepts)
            for end in (flow.source, flow.destination)
        )

    def _is_named(self, end: EndSpec, baseline: Baseline) -> bool:
        if end.end is not None:
            return baseline.network.ends[end.end].namespace in self.namespaces
        return end.namespace in self.namespaces or (self.is_tenant and end.tenant == self.name)


def neighbours(baseline: Baseline) -> tuple[Neighbour, ...]:
    """Everybody who may declare flows."""
    return (
        *map(Neighbour.of_tenant, baseline.tenants),
        *map(Neighbour.of_system_namespace, baseline.network.system_namespaces),
    )


def flows_of_others(baseline: Baseline, own: Neighbour) -> Iterator[FlowSpec]:
    """Flows that others declare and that open something here, under the name of who declares them.

    Each half of a flow belongs to the namespace that it opens.
    """
    for other in neighbours(baseline):
        if other.name != own.name:
            for flow in other.flows:
                if own.is_end_of(flow, other, baseline):
                    yield flow.model_copy(update={"name": f"{other.name}.{flow.name}"})


def links(baseline: Baseline) -> Iterator[tuple[str, str, str]]:
    """Each flow between two tenants: who declares it, whose namespaces its other end opens, its name."""
    tenants = [Neighbour.of_tenant(tenant) for tenant in baseline.tenants]
    for one in tenants:
        for flow in one.flows:
            for other in tenants:
                if other is not one and other.is_end_of(flow, one, baseline):
                    yield one.name, other.name, flow.name


def named_tenants(baseline: Baseline, flows: Iterable[FlowSpec]) -> dict[str, tuple[str, ...]]:
    """The tenants that flows name, with their namespaces."""
    names = {end.tenant for flow in flows for end in (flow.source, flow.destination)}
    return {
        tenant.name: tuple(sorted(namespace.name for namespace in tenant.namespaces))
        for tenant in sorted(baseline.tenants, key=lambda one: one.name)
        if tenant.name in names
    }


def named_ends(baseline: Baseline, flows: Iterable[FlowSpec], others: Iterable[str] = ()) -> dict[str, NamedEndSpec]:
    """The ends that flows call by name, and some others."""
    names = {*others, *(end.end for flow in flows for end in (flow.source, flow.destination))}
    return {name: end for name, end in sorted(baseline.network.ends.items()) if name in names}
