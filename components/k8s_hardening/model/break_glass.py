"""Rights for an emergency: typed, reasoned, answered for, and with a last day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from k8s_hardening.kube.rbac import account_home
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Day, Name, Reason, Subject, Switch, Word, not_empty, wrong
from k8s_hardening.model.parts import Party, beside, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem

PREFIX = "break-glass-"
"""What the names of all objects begin with that give rights for an emergency."""
"""What a cluster-wide emergency gives."""


class BreakGlassSpec(Model):
    """Rights for an emergency, for a reason and until a day; either in a tenant or in the whole cluster.

    The API server knows no day: the rights end when the entry is taken out and the environment applied. From the day
    after the last one every preview and every update of the environment is refused until that is done.
    """

    name: Name = Field(examples=["db-outage"])
    """Name of the emergency; the bindings are called break-glass-<name>."""
    subjects: Annotated[tuple[Subject, ...], not_empty('["user:oidc:bob@example.com"]')] = Field(
        examples=[["user:oidc:bob@example.com"]]
    )
    """Who gets the rights; names that come by a client certificate are taken as well."""
    tenant: Name | None = Field(default=None, examples=["payments"])
    """Tenant in whose namespaces they hold: all rights of an admin, with Secrets and running pods."""
    cluster: Switch = False
    """Weaker: rights to everything in the cluster."""
    reason: Reason = Field(examples=["The payments database does not start; incident 4711."])
    """Why, for the reader of a report; at least ten characters."""
    owner: Word = Field(examples=["platform-team"])
    """Who answers for it."""
    expires: Day = Field(examples=["2027-01-15"])
    """Last day; later previews are refused until it is taken out, which takes the rights away."""

    @model_validator(mode="after")
    def _somewhere(self) -> BreakGlassSpec:
        if (self.tenant is None) != self.cluster:
            raise wrong("names not exactly one of tenant and cluster", '{tenant: "payments"}')
        return self


def break_glass_problems(data: dict[str, Any], tenants: Sequence[Party]) -> Iterator[Problem]:
    """Emergencies of one name, in no tenant, or of whom the rest of the baseline keeps out."""
    names: dict[str, int] = {}
    known = {tenant.name: tenant for tenant in tenants if tenant.name}
    for index, entry in enumerate(map(plain_map, plain_list(data.get("break_glass")))):
        loc = ("break_glass", index)
        name, tenant = plain_text(entry.get("name")), plain_text(entry.get("tenant"))
        if name in names:
            what = f"is already the name of break_glass[{names[name]}]"
            yield (*loc, "name"), name, f'{what}; for example "{beside(name, index)}"'
        elif name:
            names[name] = index
        if tenant and tenant not in known:
            example = f'"{next(iter(sorted(known)))}"' if known else "cluster: true"
            yield (*loc, "tenant"), tenant, f"is no tenant of this environment; for example {example}"
        yield from _subjects(entry, loc, tenants)


def _subjects(entry: dict[str, Any], entry_loc: Loc, tenants: Sequence[Party]) -> Iterator[Problem]:
    homes = {name for tenant in tenants for _, name in tenant.namespaces()}
    subjects = plain_list(entry.get("subjects"))
    for index, subject in enumerate(map(plain_text, subjects)):
        loc = (*entry_loc, "subjects", index)
        if account_home(subject) in homes:
            what = "is an account of a tenant, as whom everybody could act who starts pods there"
            yield loc, subject, f'{what}; for example "user:oidc:bob@example.com"'
        elif (owner := _other_tenant(subject, entry, tenants)) is not None:
            what = f"belongs to {owner.title}, and nobody of a tenant gets what is beyond it"
            yield loc, subject, f'{what}; for example "group:platform-on-call"'
        elif (auditor := _auditor(subject, entry, tenants)) is not None:
            what = f"is a viewer of {auditor.title} and would audit itself, which separation forbids"
            yield loc, subject, f'{what}; for example "group:platform-on-call"'
        elif subject and subject in subjects[:index]:
            yield loc, subject, "is listed twice; for example once"


def _other_tenant(subject: str, entry: dict[str, Any], tenants: Sequence[Party]) -> Party | None:
    """A tenant that the subject belongs to, unless it belongs to the one that the emergency is in."""
    owners = [one for one in tenants if subject in {name for _, name in one.subjects()}]
    if any(one.name and one.name == entry.get("tenant") for one in owners):
        return None
    return owners[0] if owners and subject else None


def _auditor(subject: str, entry: dict[str, Any], tenants: Sequence[Party]) -> Party | None:
    """The tenant that the emergency is in, where the subject audits it."""
    for tenant in tenants:
        viewers = {name for loc, name in tenant.subjects() if loc[-2] == "viewers"}
        is_here = tenant.name and tenant.name == entry.get("tenant")
        if is_here and tenant.fields.get("separation") is True and subject in viewers:
            return tenant
    return None
