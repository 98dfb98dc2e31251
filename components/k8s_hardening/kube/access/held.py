"""What somebody holds on the way to more: the rights that steps need, and where they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.access import needs
from k8s_hardening.kube.access.needs import Need, offers_of
from k8s_hardening.kube.access.roles import ANYWHERE, Placed
from k8s_hardening.kube.access.rules import Match
from k8s_hardening.kube.access.steps import Step
from k8s_hardening.kube.access.world import Grant

Names = frozenset[str] | None
"""Names of objects; None: any."""


@dataclass(frozen=True, slots=True)
class Held:
    """A right that one step needs, held by somebody on the way."""

    holder: str
    grant: Grant
    placed: Placed
    names: Names
    sureness: Match


@dataclass(frozen=True, slots=True)
class Chance:
    """A step that can be taken."""

    step: Step
    scope: str | None
    """The namespace; None: any, and the whole cluster."""
    names: Names
    """What the names of objects in the first need are."""
    by: tuple[Held, ...]
    """The rights that are used, one for each need."""
    sureness: Match


class Holdings:
    """The rights that are held so far, by need and namespace."""

    def __init__(self) -> None:
        self._found: dict[Need, dict[str | None, dict[tuple[Names, Match], Held]]] = {}
        self._log: dict[Need, list[str | None]] = {}
        """Where each need was found, in the order of finding."""
        self._read: dict[tuple[Step, Match], tuple[int, ...]] = {}

    def add(self, holder: str, grant: Grant, sureness: Match) -> None:
        """Take in what somebody has by a grant."""
        for placed in grant.rules:
            if not (offers := offers_of(placed.rule)):
                continue
            worth = min(sureness, grant.sureness, placed.sureness)
            for offer in offers:
                scope = grant.scope
                match = min(worth, offer.match)
                if offer.need.in_cluster and scope is not None:
                    continue
                if scope == ANYWHERE:
                    scope, match = None, min(match, Match.MAYBE)
                names = offer.names
                if offer.need is needs.CHANGE_NAMESPACE and names is not None:
                    # Here the name of the object is that of the namespace.
                    for name in names if scope is None else names & {scope}:
                        self._record(offer.need, name, None, match, (holder, grant, placed))
                    continue
                self._record(offer.need, scope, names, match, (holder, grant, placed))

    def _record(
        self, need: Need, scope: str | None, names: Names, match: Match, source: tuple[str, Grant, Placed]
    ) -> None:
        entries = self._found.setdefault(need, {}).setdefault(scope, {})
        if (names, match) not in entries:
            entries[names, match] = Held(*source, names, match)
            self._log.setdefault(need, []).append(scope)

    def chances(self, step: Step, least: Match) -> Iterator[Chance]:
        """Each way in which a step can be taken by now, with rights that are at least so sure.

        Where nothing that it needs has been found since it was last asked about, nothing is told again, unless what it
        gives grows by itself.
        """
        if step.sureness < least:
            return
        scoped = [self._found.get(need) for need in step.needs]
        if not all(scoped):
            return
        known = {scope for one in scoped if one for scope in one}
        scopes = known if step.gives_by_held else self._fresh(step, least, known)
        if step.is_everywhere:
            scopes = scopes & {None}
        for scope in sorted(scopes, key=lambda one: one or ""):
            options = [self._options(need, scope, least) for need in step.needs]
            if all(options):
                is_for_all = False
                for chance in _joined(step, scope, options):
                    is_for_all = is_for_all or (chance.names is None and chance.sureness == step.sureness)
                    yield chance
                if scope is None and is_for_all:
                    return  # in one namespace it gives no more than that

    def _fresh(self, step: Step, least: Match, known: set[str | None]) -> set[str | None]:
        """Where something that a step needs was found since it was last asked about."""
        logs = [self._log[need] for need in step.needs]
        last = self._read.get((step, least), (0,) * len(logs))
        self._read[step, least] = tuple(map(len, logs))
        fresh = {scope for log, start in zip(logs, last, strict=True) for scope in log[start:]}
        return known if None in fresh else fresh

    def _options(self, need: Need, scope: str | None, least: Match) -> list[Held]:
        by_scope = self._found[need]
        places = (scope, None) if scope is not None else (None,)
        return [held for place in places for held in by_scope.get(place, {}).values() if held.sureness >= least]


def _joined(step: Step, scope: str | None, options: list[list[Held]]) -> Iterator[Chance]:
    """One chance for each right that serves as the first, with the best of the others beside it."""
    others = tuple(max(held, key=lambda one: (one.names is None, one.sureness)) for held in options[1:])
    for first in options[0]:
        names = first.names
        if step.signers:
            if names is not None and names.isdisjoint(step.signers):
                continue
            names = None
        elif not step.are_names_meant:
            names = None
        if step.are_names_meant and others and others[0].names is not None and _is_same_kind(step):
            second = frozenset().union(*(one.names or () for one in options[1]))
            names = second if names is None else names & second
            if not names:
                continue
        sureness = min(step.sureness, first.sureness, *(one.sureness for one in others))
        yield Chance(step, scope, names, (first, *others), sureness)


def _is_same_kind(step: Step) -> bool:
    """Whether the first two needs are about the same objects, so that a name must do for both."""
    return step.needs[0].resources == step.needs[1].resources
