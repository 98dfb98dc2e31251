"""How far the people of a tenant reach: into what runs, into its Secrets, and to whom they may hand rights on."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import is_system_namespace, matching, wrong


class Holder(StrEnum):
    """Who of a tenant holds a right: nobody, its admins, or its members as well; its viewers never do."""

    NOBODY = "nobody"
    ADMIN = "admin"
    MEMBER = "member"

    def includes(self, role: str) -> bool:
        """Whether a role of the tenant holds the right."""
        return role == Holder.ADMIN if self is Holder.ADMIN else self is Holder.MEMBER and role != "viewer"

    def exceeds(self, other: Holder) -> bool:
        """Whether more people hold the right than by another choice."""
        order = list(Holder)
        return order.index(self) > order.index(other)


class AccessSpec(Model):
    """Rights that open more than they seem to, each with who holds it at least; left out, nobody does.

    Whoever may start pods reads every Secret of the namespace by mounting it, and runs what it likes beside the
    application: these rights are about doing the same in bulk, in pods of others, and without a trace in the objects.
    """

    secrets: Holder = Holder.NOBODY
    """Weaker: who may read and write the tenant's Secrets by the API."""
    exec: Holder = Holder.NOBODY
    """Weaker: who may run commands in the tenant's containers."""
    attach: Holder = Holder.NOBODY
    """Weaker: who may join the input and output of the tenant's containers."""
    port_forward: Holder = Holder.NOBODY
    """Weaker: who may connect to any port of the tenant's pods, past every NetworkPolicy."""
    ephemeral_containers: Holder = Holder.NOBODY
    """Weaker: who may add debugging containers to the tenant's running pods."""

    def held_by(self, role: str) -> Iterator[str]:
        """Names of the rights that a role (admin, member or viewer) holds."""
        for right, holder in self.held().items():
            if holder.includes(role):
                yield right

    def held(self) -> dict[str, Holder]:
        """Right -> who holds it."""
        return {name: getattr(self, name) for name in type(self).model_fields}


def _not_of_the_system(prefix: str) -> str:
    if is_system_namespace(prefix):
        raise wrong("is how namespaces of the system begin", '"payments-"')
    return prefix


NamespacePrefix = Annotated[
    str,
    matching(
        r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?-",
        "is not the beginning of a namespace's name that ends in a dash",
        '"payments-"',
    ),
    AfterValidator(_not_of_the_system),
]


ROLES = ("admin", "member", "viewer")
"""A tenant's roles, each with all rights of the later ones."""
DELEGABLE = ("member", "viewer")
"""The roles that an admin may give to others, where the tenant has `delegation`."""
DELEGATED = "delegated-"
"""What the names of the bindings begin with that admins make."""


def role_name(role: str) -> str:
    """Name of the Role in a tenant's namespaces."""
    return f"tenant-{role}"


def namespaces_role(tenant: str) -> str:
    """Name of the ClusterRole by which a tenant's admins make namespaces."""
    return f"tenant-{tenant}-namespaces"
