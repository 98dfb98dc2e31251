"""Whether somebody may do something, as the authorizer answers, and by which binding and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from k8s_hardening.kube.access.identities import Identity
from k8s_hardening.kube.access.roles import Placed
from k8s_hardening.kube.access.rules import Match
from k8s_hardening.kube.access.world import Grant, World
from k8s_hardening.kube.api_requests import ApiRequest


@dataclass(frozen=True, slots=True)
class Reason:
    """The rule that allows a request, and the binding by which somebody has it."""

    grant: Grant
    placed: Placed
    sureness: Match

    def __str__(self) -> str:
        doubt = "" if self.sureness is Match.YES else "; not for certain"
        return f"{self.grant.binding} gives {self.grant.subject} {self.placed.where}: {self.placed.rule}{doubt}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the authorizer says to a request."""

    match: Match
    because: Reason | None
    """None when nothing allows it."""

    @property
    def allowed(self) -> bool:
        """Whether it is allowed, or may be once everything is known."""
        return self.match is not Match.NO

    @property
    def is_certain(self) -> bool:
        """Whether the answer can change no more."""
        return self.match is not Match.MAYBE


def allows(world: World, who: Identity, request: ApiRequest) -> Answer:
    """Whether somebody may make a request; the user in the request does not matter, `who` asks."""
    best: Reason | None = None
    for reason in reasons(world, world.grants_of(who), request):
        if reason.sureness is Match.YES:
            return Answer(Match.YES, reason)
        best = best or reason
    return Answer(Match.NO if best is None else best.sureness, best)


def reasons(world: World, grants: Iterable[Grant], request: ApiRequest) -> Iterator[Reason]:
    """Every rule of some grants that allows a request, or may."""
    namespace = request.namespace if request.is_resource else ""
    for grant in grants:
        if not (held := grant.holds_in(namespace)):
            continue
        for placed, match in world.by_rules.of(grant.rules, _allowing, request):
            yield Reason(grant, placed, min(held, match))


def _allowing(rules: tuple[Placed, ...], request: ApiRequest) -> list[tuple[Placed, Match]]:
    matches = ((placed, min(placed.sureness, placed.rule.allows(request))) for placed in rules)
    return [(placed, match) for placed, match in matches if match]
