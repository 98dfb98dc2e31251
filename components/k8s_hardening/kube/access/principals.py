"""Everybody whom a world speaks of, and who of them may do something, directly or by way of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.access.closure import Closure, Path, Room
from k8s_hardening.kube.access.identities import Identity, member, user
from k8s_hardening.kube.access.verdict import allows
from k8s_hardening.kube.access.world import World
from k8s_hardening.kube.api_requests import ApiRequest


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whom a binding names."""

    identity: Identity
    is_system: bool
    """Only the bindings name it that the API server makes by itself."""


@dataclass(frozen=True, slots=True)
class Able:
    """Somebody who may do what was asked about."""

    principal: Principal
    path: Path


def principals(world: World) -> tuple[Principal, ...]:
    """Everybody whom a binding names, by title; service accounts that none names hold only what their groups do."""
    found = []
    for key, grants in world.grants.items():
        kind, _, name = key.partition(":")
        who = user(name) if kind == "user" else member(name)
        found.append(Principal(who, all(grant.is_built_in for grant in grants)))
    return tuple(sorted(found, key=lambda one: one.identity.title))


class Reach:
    """The closures of everybody in a world, each worked out when it is first asked for.

    All of its answers may raise TooFarError, where rights lead from one to the next without end in sight.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._room = Room()
        self._closures: dict[Identity, Closure] = {}

    def of(self, who: Identity) -> Closure:
        """What somebody can get at."""
        found = self._closures.get(who)
        if found is None:
            found = self._closures[who] = Closure(self.world, who, self._room)
        return found

    def who_can(self, request: ApiRequest, *, direct_only: bool = False, with_system: bool = False) -> Iterator[Able]:
        """Everybody who may do something, with the best way to it.

        Args:
            request: what is asked about.
            direct_only: leave out who gets there by way of others.
            with_system: those of the cluster itself, too.
        """
        for principal in principals(self.world):
            if principal.is_system and not with_system:
                continue
            if direct_only and not allows(self.world, principal.identity, request).allowed:
                continue
            path = next(self.of(principal.identity).paths(request), None)
            if path is not None:
                yield Able(principal, path)
