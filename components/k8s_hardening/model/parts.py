"""The parts of a user's plain data, whatever shape it has: what is not of the right shape counts as absent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.names import suggest_dns1123_label
from k8s_hardening.model.raw import Loc

ENDS_OF_FLOWS = ("source", "destination")


def plain_list(value: Any) -> list[Any]:
    """The value, when it is a list."""
    return value if isinstance(value, list) else []


def plain_map(value: Any) -> dict[str, Any]:
    """The value, when it is a mapping."""
    return value if isinstance(value, dict) else {}


def plain_text(value: Any) -> str:
    """The value, when it is a text."""
    # A text with half a character in it (JSON can spell one) has a problem of its own, and cannot be shown.
    return value if isinstance(value, str) and value.isprintable() else ""


def beside(name: str, number: object) -> str:
    """A name of the same kind that is likely free."""
    return suggest_dns1123_label(f"{name[:50]}-{number}")


@dataclass(frozen=True, slots=True)
class Party:
    """Who may declare flows: a tenant, or a closed namespace of none. With where it stands."""

    loc: Loc
    fields: dict[str, Any]
    is_tenant: bool = True

    @property
    def name(self) -> str:
        """Its name; empty when it has none that can be shown."""
        return plain_text(self.fields.get("name"))

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.name or f"{self.loc[-2]}[{self.loc[-1]}]"

    @property
    def title(self) -> str:
        """The same with what it is."""
        if not self.name and not self.loc:
            return "this tenant"  # it stands alone
        return f'tenant "{self.label}"' if self.is_tenant else f'namespace "{self.label}"'

    def namespaces(self) -> Iterator[tuple[Loc, str]]:
        """Names of its namespaces, each with its place."""
        if not self.is_tenant:
            if self.name:
                yield (*self.loc, "name"), self.name
            return
        for index, namespace in enumerate(plain_list(self.fields.get("namespaces"))):
            if name := plain_text(plain_map(namespace).get("name")):
                yield (*self.loc, "namespaces", index, "name"), name

    def flows(self) -> Iterator[tuple[Loc, dict[str, Any]]]:
        """Its flows, each with its place."""
        for index, flow in enumerate(plain_list(self.fields.get("flows"))):
            if isinstance(flow, dict):
                yield (*self.loc, "flows", index), flow

    def accepts(self) -> Iterator[tuple[Loc, str]]:
        """The flows of others that it accepts, each with its place."""
        for index, text in enumerate(plain_list(self.fields.get("accepts"))):
            if plain_text(text):
                yield (*self.loc, "accepts", index), text

    def subjects(self) -> Iterator[tuple[Loc, str]]:
        """The people in it."""
        for role in ("admins", "members", "viewers"):
            for index, subject in enumerate(plain_list(self.fields.get(role))):
                if plain_text(subject):
                    yield (*self.loc, role, index), subject


def tenants_in(data: dict[str, Any]) -> list[Party]:
    """The tenants of an environment."""
    return _parties(("tenants",), data.get("tenants"), is_tenant=True)


def system_namespaces_in(data: dict[str, Any]) -> list[Party]:
    """The closed namespaces of no tenant."""
    found = plain_map(data.get("network")).get("system_namespaces")
    return _parties(("network", "system_namespaces"), found, is_tenant=False)


def _parties(loc: Loc, found: Any, *, is_tenant: bool) -> list[Party]:
    return [
        Party((*loc, index), fields, is_tenant=is_tenant)
        for index, fields in enumerate(plain_list(found))
        if isinstance(fields, dict)
    ]


def named_ends_in(found: Any) -> dict[str, dict[str, Any]]:
    """Named ends by their name."""
    return {name: fields for name, fields in plain_map(found).items() if plain_text(name) and isinstance(fields, dict)}


def ends_of(flow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Both ends of a flow by their key, as far as they are mappings."""
    return [(end, flow[end]) for end in ENDS_OF_FLOWS if isinstance(flow.get(end), dict)]


def flows_of(parties: Sequence[Party]) -> list[tuple[Loc, dict[str, Any]]]:
    """All flows, each with its place."""
    return [flow for party in parties for flow in party.flows()]
