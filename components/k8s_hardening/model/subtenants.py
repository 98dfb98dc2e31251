"""Tenants that are parts of others: a part has at most what the whole has, and the whole's admins are its own as well.

A tenant says of which one it is a part (`parent`), to any depth. Its admins are delegated: they have no rights in the
whole. What must be no more than the whole's is asked by `LIMITS`, one function each.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.images import is_below
from k8s_hardening.kube.names import covers_host
from k8s_hardening.model.chains import chain
from k8s_hardening.model.checked import is_system_namespace
from k8s_hardening.model.parts import Party, plain_list, plain_map, plain_text
from k8s_hardening.model.people import AccessSpec, Holder
from k8s_hardening.model.problems import shown
from k8s_hardening.model.raw import Loc, Problem


@dataclass(frozen=True, slots=True)
class Nesting:
    """A tenant and the one that it is a part of, as plain data."""

    part: Party
    whole: Party

    def more(self, loc: Loc, value: Any, what: str, example: str) -> Problem:
        """The problem that the part has something that the whole has not."""
        return (
            (*self.part.loc, *loc),
            value,
            f"{what} {self.whole.title}, of which this is a part; for example {example}",
        )


Limit = Callable[[Nesting], Iterator[Problem]]


def nesting_problems(tenants: Sequence[Party]) -> Iterator[Problem]:
    """Parts of nobody, or of themselves; and parts that have more than the whole."""
    by_name = {tenant.name: tenant for tenant in tenants if tenant.name}
    for tenant in tenants:
        name = plain_text(tenant.fields.get("parent"))
        if not name:
            continue
        loc = (*tenant.loc, "parent")
        others = sorted(by_name.keys() - {tenant.name})
        if name not in by_name:
            near = next(iter(difflib.get_close_matches(name, others, n=1, cutoff=0)), "")
            example = f'"{near}"' if near else "a tenant of that name, or no parent"
            yield loc, name, f"is no tenant of this environment; for example {example}"
        elif tenant in _wholes(tenant, by_name):
            yield loc, name, f"makes {tenant.title} a part of itself; for example no parent"
        else:
            for limit in LIMITS:
                yield from limit(Nesting(tenant, by_name[name]))
            yield from _auditors(tenant, _wholes(tenant, by_name))
    yield from _prefixes(tenants, by_name)


def _wholes(tenant: Party, by_name: Mapping[str, Party]) -> tuple[Party, ...]:
    """The tenants that one is a part of, the nearest first."""
    return chain(tenant, lambda part: by_name.get(plain_text(part.fields.get("parent"))))


def is_part_of(part: Party, whole: Party, by_name: Mapping[str, Party]) -> bool:
    """Whether a tenant is a part of another, directly or by others."""
    return whole in _wholes(part, by_name)


def _level(nesting: Nesting) -> Iterator[Problem]:
    wholes = [plain_map(one).get("pod_security") for one in plain_list(nesting.whole.fields.get("namespaces"))]
    if "baseline" in wholes:
        return
    for index, namespace in enumerate(plain_list(nesting.part.fields.get("namespaces"))):
        if plain_map(namespace).get("pod_security") == "baseline":
            loc = ("namespaces", index, "pod_security")
            yield nesting.more(loc, "baseline", "is weaker than the level of every namespace of", '"restricted"')


# Left out, a part has none of them.
_SUBSETS = ("service_types", "storage_classes", "ingress_classes", "runtime_classes", "priority_classes")


def _lists(nesting: Nesting) -> Iterator[Problem]:
    for field in _SUBSETS:
        allowed = plain_list(nesting.whole.fields.get(field))
        for index, value in enumerate(plain_list(nesting.part.fields.get(field))):
            if value not in allowed:
                example = f"{field}: {shown(allowed)}"
                yield nesting.more((field, index), value, f"is none of the {field} of", example)


def _hosts(nesting: Nesting) -> Iterator[Problem]:
    allowed = [one for one in plain_list(nesting.whole.fields.get("ingress_hosts")) if plain_text(one)]
    for index, host in enumerate(plain_list(nesting.part.fields.get("ingress_hosts"))):
        if plain_text(host) and not any(covers_host(pattern, host) for pattern in allowed):
            example = f"ingress_hosts: {shown(allowed)}"
            yield nesting.more(("ingress_hosts", index), host, "is no host of", example)


def _bounded(nesting: Nesting) -> Iterator[Problem]:
    """What is anything when left out, and so must be named where the whole names it."""
    for field, covers in (("registries", _holds), ("tolerations", _is)):
        allowed = plain_list(nesting.whole.fields.get(field))
        if not allowed:
            continue
        found = nesting.part.fields.get(field)
        if not plain_list(found):
            yield nesting.more((field,), found, "is left out, and so more than the choice of", shown(allowed))
        for index, value in enumerate(plain_list(found)):
            if not any(covers(one, value) for one in allowed):
                yield nesting.more((field, index), value, f"is none of the {field} of", shown(allowed))


def _holds(registry: Any, other: Any) -> bool:
    return is_below(plain_text(other), [plain_text(registry)])


def _is(one: Any, other: Any) -> bool:
    return bool(one == other)


def _nodes(nesting: Nesting) -> Iterator[Problem]:
    wanted = plain_map(nesting.whole.fields.get("node_selector"))
    found = nesting.part.fields.get("node_selector")
    if any(plain_map(found).get(key) != value for key, value in wanted.items()):
        example = shown({**plain_map(found), **wanted})
        yield nesting.more(("node_selector",), found, "names more nodes than those of", example)


def _access(nesting: Nesting) -> Iterator[Problem]:
    allowed = plain_map(nesting.whole.fields.get("access"))
    for right, holder in plain_map(nesting.part.fields.get("access")).items():
        if right in AccessSpec.model_fields and (more := _holder(holder)) is not None:
            most = _holder(allowed.get(right)) or Holder.NOBODY
            if more.exceeds(most):
                what = f'is more than the "{most.value}" of'
                yield nesting.more(("access", right), holder, what, f'"{most.value}"')


def _holder(value: Any) -> Holder | None:
    return next((one for one in Holder if value == one.value), None)


def _switches(nesting: Nesting) -> Iterator[Problem]:
    if nesting.part.fields.get("delegation") is True and nesting.whole.fields.get("delegation") is not True:
        yield nesting.more(("delegation",), True, "is more than the admins may of", "false")
    if nesting.part.fields.get("separation") is not True and nesting.whole.fields.get("separation") is True:
        value = nesting.part.fields.get("separation")
        yield nesting.more(("separation",), value, "is left out, and so weaker than what is declared by", "true")
    prefix, most = (plain_text(one.fields.get("namespace_prefix")) for one in (nesting.part, nesting.whole))
    if prefix and not (most and prefix.startswith(most) and prefix != most):
        example = f'"{most}{nesting.part.name or "part"}-"' if most else "no namespace_prefix"
        yield nesting.more(("namespace_prefix",), prefix, "begins no name that is left to", example)


LIMITS: tuple[Limit, ...] = (_level, _lists, _bounded, _nodes, _hosts, _access, _switches)
"""What each part is held to. A further limit is one more function here; sums over all parts of one whole (quotas) find
its parts by `parent`."""


def _auditors(part: Party, wholes: Sequence[Party]) -> Iterator[Problem]:
    """Who would audit itself across the parts of one tenant, where separation is declared."""
    for whole in wholes:
        if not any(one.fields.get("separation") is True for one in (part, whole)):
            continue
        acting = {subject for loc, subject in whole.subjects() if loc[-2] == "admins"}
        auditing = {subject for loc, subject in whole.subjects() if loc[-2] == "viewers"}
        for loc, subject in part.subjects():
            if loc[-2] == "viewers" and subject in acting:
                yield loc, subject, _itself("an admin", whole, 'viewers: ["group:auditors"]')
            elif loc[-2] != "viewers" and subject in auditing:
                yield loc, subject, _itself("a viewer", whole, f'{loc[-2]}: ["group:payments-developers"]')


def _itself(role: str, whole: Party, example: str) -> str:
    return (
        f"is {role} of {whole.title}, and so of its parts, and would audit itself, which separation forbids; "
        f"for example {example}"
    )


def _prefixes(tenants: Sequence[Party], by_name: Mapping[str, Party]) -> Iterator[Problem]:
    """Beginnings of names that two tenants would both have."""
    owned = [(one, prefix) for one in tenants if (prefix := plain_text(one.fields.get("namespace_prefix")))]
    for index, (tenant, prefix) in enumerate(owned):
        loc = (*tenant.loc, "namespace_prefix")
        for other, taken in owned[:index]:
            related = is_part_of(tenant, other, by_name) or is_part_of(other, tenant, by_name)
            if (prefix.startswith(taken) or taken.startswith(prefix)) and not related:
                yield loc, prefix, f'also begins names that are left to {other.title}; for example "{tenant.name}-"'
        for other in tenants:
            if other is tenant or is_part_of(other, tenant, by_name) or is_part_of(tenant, other, by_name):
                continue
            for _, name in other.namespaces():
                if name.startswith(prefix) and not is_system_namespace(name):
                    what = f'begins the name of "{name}", a namespace of {other.title}'
                    yield loc, prefix, f'{what}; for example "{prefix}{tenant.name}-"'
                    break
