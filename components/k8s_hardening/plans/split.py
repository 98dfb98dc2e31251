"""How large a stack becomes, and how its tenants share several stacks when it is too large.

The engine writes its state after each step, so the time of a run grows with the square of a stack's resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import ROOT
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.admission_policies import objects_of_baseline
from k8s_hardening.plans.baseline import loader_inputs, objects_beside_tenants, tenant_inputs
from k8s_hardening.plans.neighbours import links
from k8s_hardening.plans.tenant import plan_tenant

LIMIT = 2000
"""Resources that one stack holds at most."""
_PER_STACK = 5  # the stack itself, its provider, and the components of the baseline, Pod Security and the control plane
_PER_TENANT = 1  # the component around the tenant's objects


@dataclass(frozen=True, slots=True)
class StackShare:
    """The tenants of one stack."""

    tenants: tuple[str, ...]
    """Names of the tenants, sorted."""
    resources: int
    """Resources of the stack, everything counted."""
    flows_to_repeat: tuple[str, ...] = ()
    """Flows (`tenant.flow`) of other stacks that end in this one: their other half must be declared here, too."""


def resources_of_tenants(baseline: Baseline) -> dict[str, int]:
    """How many resources each tenant consists of: its objects, the credentials and the component around them."""
    return {tenant.name: _resources(tenant_inputs(baseline, tenant)) + _PER_TENANT for tenant in baseline.tenants}


def _resources(inputs: TenantInputs) -> int:
    # No plan holds a Secret; the component makes one for each namespace.
    has_secrets = inputs.pull_secret is not None and inputs.pull_secret.into_cluster
    return len(plan_tenant(inputs)) + (len(inputs.namespaces) if has_secrets else 0)


def resources_of_stack(baseline: Baseline) -> int:
    """How many resources one stack with all tenants consists of."""
    return sum(resources_of_tenants(baseline).values()) + _per_stack(baseline)


def _per_stack(baseline: Baseline) -> int:
    """How many resources a stack holds beside its tenants: those of components that not every baseline has, too."""
    loader = loader_inputs(baseline)
    has_secret = loader is not None and loader.pull_secret is not None and loader.pull_secret.into_cluster
    has_denial = baseline.cluster_deny is not None
    components = sum((bool(objects_of_baseline(baseline)), loader is not None, has_secret, has_denial))
    components += len(baseline.network.system_namespaces)
    return _PER_STACK + len(objects_beside_tenants(baseline)) + components


def split_into_stacks(baseline: Baseline, limit: int = LIMIT) -> tuple[StackShare, ...]:
    """The tenants in as few groups as come from filling one stack after the other; the same for every order.

    Tenants with a flow between them stay together, because each stack writes only its own half of a flow. Only those
    that are too many for one stack are parted; a single tenant never is.
    """
    sizes = resources_of_tenants(baseline)
    around = _per_stack(baseline)
    room = limit - around
    groups = [
        part
        for linked in _linked(baseline)
        for part in ([linked] if _total(linked, sizes) <= room else _fill([[name] for name in linked], sizes, room))
    ]
    return tuple(
        StackShare(
            tenants=tuple(sorted(group)),
            resources=_total(group, sizes) + around,
            flows_to_repeat=tuple(sorted(_from_outside(baseline, set(group)))),
        )
        for group in _fill(groups, sizes, room)
    )


def refuse_too_large(baseline: Baseline, limit: int = LIMIT) -> list[str]:
    """Why a baseline is too large for one stack, with the split to make; empty when it is not."""
    total = resources_of_stack(baseline)
    if total <= limit:
        return []
    sizes, around = resources_of_tenants(baseline), _per_stack(baseline)
    problems = [
        (
            f"{ROOT}.tenants: make {total} resources, and one stack holds at most {limit}; split them over stacks, "
            f"for example {'; '.join(map(_described, split_into_stacks(baseline, limit)))}"
        )
    ]
    problems += [
        f'{ROOT}.tenants: "{name}" alone makes {size + around} resources, more than the {limit} of one stack; '
        "make two tenants of its namespaces, for example payments-front and payments-back"
        for name, size in sorted(sizes.items())
        if size + around > limit
    ]
    return problems


def _described(share: StackShare) -> str:
    text = f"{', '.join(share.tenants)} ({share.resources} resources"
    if share.flows_to_repeat:
        text += f", declare there too: {', '.join(share.flows_to_repeat)}"
    return f"{text})"


def _linked(baseline: Baseline) -> list[list[str]]:
    """Tenants that flows link with each other, directly or through others, and the parts of one tenant."""
    groups = {tenant.name: {tenant.name} for tenant in baseline.tenants}
    parts = [(tenant.name, tenant.parent) for tenant in baseline.tenants if tenant.parent is not None]
    for one, other in [*((one, other) for one, other, _ in links(baseline)), *parts]:
        if groups[one] is not groups[other]:
            groups[one] |= groups[other]
            for name in groups[other]:
                groups[name] = groups[one]
    return sorted({tuple(sorted(group)): sorted(group) for group in groups.values()}.values())


def _from_outside(baseline: Baseline, group: set[str]) -> Iterator[str]:
    for tenant, other, flow in links(baseline):
        if other in group and tenant not in group:
            yield f"{tenant}.{flow}"


def _total(names: Iterable[str], sizes: dict[str, int]) -> int:
    return sum(sizes[name] for name in names)


def _fill(groups: Sequence[list[str]], sizes: dict[str, int], room: int) -> list[list[str]]:
    """Groups put together, each into the first stack that has room for it."""
    stacks: list[list[str]] = []
    for group in sorted(groups):
        wanted = _total(group, sizes)
        place = next((stack for stack in stacks if _total(stack, sizes) + wanted <= room), None)
        if place is None:
            stacks.append(list(group))
        else:
            place += group
    return stacks
