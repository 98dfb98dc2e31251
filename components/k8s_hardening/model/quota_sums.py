"""Sums of quotas: what the namespaces of a tenant, and tenants that are parts of it, may have together.

The API server knows quotas of single namespaces only. So the sum is held to what the tenant may have before anything
is applied; a namespace that bounds a resource not at all would have as much as there is, and is refused as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from k8s_hardening.kube.quantities import parse_quantity, quantity_text
from k8s_hardening.kube.quotas import by_long_name, is_quota_resource
from k8s_hardening.model.parts import Party, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem
from k8s_hardening.model.sizes import preset_of

PartsOf = Callable[[Party], Sequence[Party]]
"""From a tenant to the tenants that are directly parts of it."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one namespace or part of a tenant may have of its quota."""

    loc: Loc
    """Where its quota stands, or would."""
    value: Any
    """What stands there."""
    title: str
    hard: dict[str, Decimal]
    """Amounts by their long names; what is not there is not bounded."""


def no_parts(_: Party) -> Sequence[Party]:
    """For a tenant that stands alone."""
    return ()


def parts_among(tenants: Sequence[Party]) -> PartsOf:
    """Which of some tenants are parts of each: those that name it as their `parent`."""
    return lambda whole: [one for one in tenants if whole.name and plain_text(one.fields.get("parent")) == whole.name]


def quota_problems(tenant: Party, parts_of: PartsOf = no_parts) -> Iterator[Problem]:
    """Each resource of a tenant's quota of which its namespaces and parts together may have more."""
    shares = [*_namespaces(tenant), *(_part(part, parts_of) for part in parts_of(tenant))]
    for name, amount in _amounts(tenant.fields.get("quota")).items():
        if not is_quota_resource(name):
            continue  # a problem of its own, and nothing that a namespace could bound
        long = next(iter(by_long_name({name: amount})))
        unbounded = [share for share in shares if long not in share.hard]
        for share in unbounded:
            what = f"bounds no {long}, of which {tenant.title} has {quantity_text(amount)} in all"
            yield share.loc, share.value, f'{what}; for example {{{long}: "{_rest(amount, shares, long)}"}}'
        total = sum((share.hard[long] for share in shares if long in share.hard), Decimal())
        if total > amount:
            sums = " and ".join(f"{one.title} ({quantity_text(one.hard[long])})" for one in shares if long in one.hard)
            what = f"is less than the {quantity_text(total)} of {sums}"
            value = plain_map(tenant.fields.get("quota")).get(name)
            yield (*tenant.loc, "quota", name), value, f'{what}; for example "{quantity_text(total)}"'


def _rest(amount: Decimal, shares: Sequence[Share], name: str) -> str:
    """An amount that would fit: what the others leave, shared among those that are not bounded."""
    taken = sum((share.hard.get(name, Decimal()) for share in shares), Decimal())
    unbounded = sum(name not in share.hard for share in shares)
    return quantity_text(max(amount - taken, Decimal()) * 1000 // unbounded / 1000)


def _namespaces(tenant: Party) -> Iterator[Share]:
    for index, one in enumerate(plain_list(tenant.fields.get("namespaces"))):
        fields = plain_map(one)
        preset = preset_of(fields.get("size", tenant.fields.get("size")))
        name = plain_text(fields.get("name"))
        counts = {f"count/{key}": value for key, value in plain_map(fields.get("counts")).items()}
        hard = {**_amounts(dict(preset.quota)), **_amounts(fields.get("quota")), **_amounts(counts)}
        yield Share(
            (*tenant.loc, "namespaces", index, "quota"),
            fields.get("quota"),
            f'namespace "{name}"' if name else f"namespaces[{index}]",
            by_long_name(hard),
        )


def _part(part: Party, parts_of: PartsOf, seen: tuple[Party, ...] = ()) -> Share:
    """A tenant as a part of another: its own quota, and what that does not bound, by the sum of its shares."""
    within = [] if part in seen else [_part(one, parts_of, (*seen, part)) for one in parts_of(part)]
    shares = [*_namespaces(part), *within]
    summed = {
        name: sum((share.hard[name] for share in shares), Decimal())
        for name in (shares[0].hard if shares else ())
        if all(name in share.hard for share in shares)
    }
    own = by_long_name(_amounts(part.fields.get("quota")))
    return Share((*part.loc, "quota"), part.fields.get("quota"), part.title, {**summed, **own})


def _amounts(found: Any) -> dict[str, Decimal]:
    """The amounts of a mapping; what is none is a problem of its own."""
    amounts = {}
    for name, value in plain_map(found).items():
        if isinstance(name, str):
            try:
                amounts[name] = parse_quantity(value)
            except ValueError:
                continue
    return amounts
