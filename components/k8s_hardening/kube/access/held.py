"""What somebody holds on the way to more: the rights that steps need, and where they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.access import needs
from k8s_hardening.kube.access.by_rules import ByRules
from k8s_hardening.kube.access.needs import Need, Offer, offers_of
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

    def __init__(self, by_rules: ByRules) -> None:
        self._by_rules = by_rules
        self._found: dict[Need, dict[str | None, list[Held]]] = {}
        self._keys: set[tuple[Need, str | None, Names, Match]] = set()
        self._log: dict[Need, list[str | None]] = {}
        """Where each need was found, in the order of finding."""
        self._read: dict[tuple[Step, Match], tuple[int, ...]] = {}
        self._told: dict[tuple[Step, Match, str | None], _Told] = {}
        self._worth: dict[int, tuple[Grant, Match]] = {}
        self._whole: set[tuple[Step, Match]] = set()
        """What can be taken for any object anywhere, so that a namespace gives no more."""

    def add(self, holder: str, grant: Grant, sureness: Match) -> None:
        """Take in what somebody has by a grant; one that several have, such as by a group, counts by the first."""
        worth = min(sureness, grant.sureness)
        if self._worth.get(id(grant), (grant, Match.NO))[1] >= worth:
            return
        self._worth[id(grant)] = grant, worth
        for placed, offer, match in self._by_rules.of(grant.rules, _offered):
            scope = grant.scope
            match = min(worth, match)
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
        key = (need, scope, names, match)
        if key not in self._keys:
            self._keys.add(key)
            self._found.setdefault(need, {}).setdefault(scope, []).append(Held(*source, names, match))
            self._log.setdefault(need, []).append(scope)

    def chances(self, step: Step, least: Match) -> Iterator[Chance]:
        """Each way in which a step can be taken by now, with rights that are at least so sure.

        What was told before is not told again, unless what the step gives grows by itself.
        """
        if step.sureness < least or (step, least) in self._whole:
            return
        scoped = [self._found.get(need) for need in step.needs]
        if not all(scoped):
            return
        known = {scope for one in scoped if one for scope in one}
        scopes = known if step.gives_by_held else self._fresh(step, least, known)
        if step.is_everywhere:
            scopes = scopes & {None}
        for scope in sorted(scopes, key=lambda one: one or ""):
            others = [self._options(need, scope, least) for need in step.needs[1:]]
            if not all(others):
                continue
            is_for_all = False
            for chance in _joined(step, scope, self._firsts(step, scope, least, others), others):
                is_for_all = is_for_all or (chance.names is None and chance.sureness == step.sureness)
                yield chance
            if scope is None and is_for_all:
                if not step.gives_by_held:
                    self._whole.add((step, least))
                return

    def _fresh(self, step: Step, least: Match, known: set[str | None]) -> set[str | None]:
        """Where something that a step needs was found since it was last asked about."""
        logs = [self._log[need] for need in step.needs]
        last = self._read.get((step, least), (0,) * len(logs))
        self._read[step, least] = tuple(map(len, logs))
        fresh = {scope for log, start in zip(logs, last, strict=True) for scope in log[start:]}
        return known if None in fresh else fresh

    def _firsts(self, step: Step, scope: str | None, least: Match, others: list[list[Held]]) -> list[Held]:
        """What serves as the first right; where the others are those of the last time, only what is new."""
        by_scope = self._found[step.needs[0]]
        here, anywhere = by_scope.get(scope, []), by_scope.get(None, []) if scope is not None else []
        counts = tuple(map(len, others))
        told = self._told.get((step, least, scope))
        if told is None or told.others != counts or step.gives_by_held:
            told = _Told(counts, 0, 0)
        self._told[step, least, scope] = _Told(counts, len(here), len(anywhere))
        return [one for one in (*here[told.here :], *anywhere[told.anywhere :]) if one.sureness >= least]

    def _options(self, need: Need, scope: str | None, least: Match) -> list[Held]:
        by_scope = self._found[need]
        places = (scope, None) if scope is not None else (None,)
        return [held for place in places for held in by_scope.get(place, ()) if held.sureness >= least]


@dataclass(frozen=True, slots=True)
class _Told:
    """How much of what a step needs in a place was there when its chances were told."""

    others: tuple[int, ...]
    here: int
    anywhere: int


def _offered(rules: tuple[Placed, ...]) -> tuple[tuple[Placed, Offer, Match], ...]:
    """What some rules offer, each need and name once, by the surest of them."""
    best: dict[tuple[Need, Names, Match], tuple[Placed, Offer, Match]] = {}
    for placed in rules:
        for offer in offers_of(placed.rule):
            match = min(placed.sureness, offer.match)
            best.setdefault((offer.need, offer.names, match), (placed, offer, match))
    return tuple(best.values())


def _joined(step: Step, scope: str | None, firsts: list[Held], options: list[list[Held]]) -> Iterator[Chance]:
    """One chance for each right that serves as the first, with the best of the others beside it."""
    others = tuple(max(held, key=lambda one: (one.names is None, one.sureness)) for held in options)
    for first in firsts:
        names = first.names
        if step.signers:
            if names is not None and names.isdisjoint(step.signers):
                continue
            names = None
        elif not step.are_names_meant:
            names = None
        if step.are_names_meant and others and others[0].names is not None and _is_same_kind(step):
            second = frozenset().union(*(one.names or () for one in options[0]))
            names = second if names is None else names & second
            if not names:
                continue
        sureness = min(step.sureness, first.sureness, *(one.sureness for one in others))
        yield Chance(step, scope, names, (first, *others), sureness)


def _is_same_kind(step: Step) -> bool:
    """Whether the first two needs are about the same objects, so that a name must do for both."""
    return step.needs[0].resources == step.needs[1].resources
