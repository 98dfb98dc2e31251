"""Everything that somebody can get at by way of others: the steps of `steps`, taken until none gives more.

What is reached is a set of holders: the one who starts, whom it can act as, and what it has without being anybody
else, such as the Secrets that its pods mount. Rights of all of them count together, so a step may need one right of
one holder and another right of another. What is for sure is worked out first; then what may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from k8s_hardening.kube.access.gains import Gain, Given, can_be_taken, gains_by_held, gains_of, given_by, node_gains
from k8s_hardening.kube.access.held import Chance, Holdings
from k8s_hardening.kube.access.identities import Identity
from k8s_hardening.kube.access.roles import Placed
from k8s_hardening.kube.access.rules import EVERYTHING, Match
from k8s_hardening.kube.access.steps import STEPS
from k8s_hardening.kube.access.verdict import Reason, reasons
from k8s_hardening.kube.access.world import Grant, World
from k8s_hardening.kube.api_requests import ApiRequest


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody, or something, whose rights are within reach."""

    title: str
    grants: tuple[Grant, ...]
    sureness: Match
    chance: Chance | None
    """The step that led here; None for the one who started."""


@dataclass(frozen=True, slots=True)
class Path:
    """How somebody gets at something."""

    holders: tuple[Holder, ...]
    """From the one who starts to the one whose right it is."""
    reason: Reason
    """The right that answers the request."""
    sureness: Match

    @property
    def is_direct(self) -> bool:
        """Whether it is an own right."""
        return len(self.holders) == 1

    @property
    def steps(self) -> tuple[Chance, ...]:
        """The steps in between."""
        return tuple(one.chance for one in self.holders if one.chance is not None)


class TooFarError(Exception):
    """Rights lead to more holders than are followed; the text is for people."""


class Room:
    """How many holders are still followed: in a hostile file each of thousands leads to all of the others."""

    MOST = 100_000
    """Ten times what 200 tenants with three namespaces each lead to."""
    MOST_IN_A_ROW = 100

    def __init__(self) -> None:
        self._left = self.MOST

    def take(self, depth: int) -> None:
        """Make room for one holder more, behind some others in a row.

        Raises:
            TooFarError: there is none left.
        """
        self._left -= 1
        if self._left < 0:
            raise TooFarError(f"rights lead to more than {self.MOST:,} holders, which is followed no further")
        if depth > self.MOST_IN_A_ROW:
            raise TooFarError(
                f"rights lead from one holder to the next more than {self.MOST_IN_A_ROW} times in a row, which is "
                "followed no further"
            )


class Closure:
    """What one identity can get at; the first to reach a holder is the one that is told."""

    def __init__(self, world: World, who: Identity, room: Room | None = None) -> None:
        self._world = world
        self._room = room or Room()
        self._steps = [step for step in STEPS if step.works_in(world.version)]
        self._holdings = Holdings(world.by_rules)
        self._given: dict[Given, Match] = {}
        self._later: list[Gain] = []
        self._everything = Match.NO
        """How sure it is that every right is within reach, so that no step gives more."""
        self.holders: dict[str, Holder] = {}
        self._depths: dict[str, int] = {}
        """How many holders there are from the one who starts to each."""
        self._add(Holder(who.title, world.grants_of(who), Match.YES, None))
        for gain in node_gains(who.title, who.groups, world):
            self._gain(gain, Match.YES)
        self._close(Match.YES)
        later, self._later = self._later, []
        for gain in later:
            self._gain(gain, Match.MAYBE)
        self._close(Match.MAYBE)

    def paths(self, request: ApiRequest) -> Iterator[Path]:
        """Every way to a request, the shortest and surest first."""
        found = []
        for place, holder in enumerate(self.holders.values()):
            for reason in reasons(self._world, holder.grants, request):
                sureness = min(reason.sureness, holder.sureness)
                found.append((*self._rank(holder, sureness), place, holder, reason, sureness))
        for *_, holder, reason, sureness in sorted(found, key=lambda one: one[:4]):
            yield Path(self._chain(holder), reason, sureness)

    def scopes(self, surest: Callable[[tuple[Placed, ...]], Placed | None]) -> dict[str | None, Path]:
        """Each namespace in which a rule of some kind is within reach, None for all, and the best way to it.

        Args:
            surest: the rule among some that is surest to be of the kind, with how sure that is; None: there is none.
        """
        best: dict[str | None, tuple[tuple[bool, int, int], Holder, Reason, Match]] = {}
        for holder in self.holders.values():
            for grant in holder.grants:
                found = self._world.by_rules.of(grant.rules, surest)
                if found is None:
                    continue
                sureness = min(holder.sureness, grant.sureness, found.sureness)
                rank = self._rank(holder, sureness)
                if grant.scope not in best or rank < best[grant.scope][0]:
                    reason = Reason(grant, found, min(grant.sureness, sureness))
                    best[grant.scope] = rank, holder, reason, sureness
        return {
            scope: Path(self._chain(holder), reason, sureness) for scope, (_, holder, reason, sureness) in best.items()
        }

    def _rank(self, holder: Holder, sureness: Match) -> tuple[bool, int, int]:
        """What comes first: own rights, then what is surer, then what is nearer."""
        depth = self._depths[holder.title]
        return depth > 1, -sureness, depth

    def _chain(self, holder: Holder) -> tuple[Holder, ...]:
        chain = [holder]
        while chain[-1].chance is not None:
            chain.append(self.holders[chain[-1].chance.by[0].holder])
        return tuple(reversed(chain))

    def _close(self, least: Match) -> None:
        count = -1
        while count != len(self.holders) and self._everything < least:
            count = len(self.holders)
            for step in self._steps:
                for chance in list(self._holdings.chances(step, least)):
                    if not can_be_taken(chance, self._world):
                        continue
                    for given in given_by(chance):
                        if self._given.get(given, Match.NO) < chance.sureness:
                            self._given[given] = chance.sureness
                            for gain in gains_of(given, chance, self._world):
                                self._gain(gain, least)
                    if step.gives_by_held:
                        for gain in gains_by_held(chance, self._world, self._grants()):
                            self._gain(gain, least)

    def _grants(self) -> list[Grant]:
        return [grant for holder in self.holders.values() for grant in holder.grants]

    def _gain(self, gain: Gain, least: Match) -> None:
        if gain.title in self.holders:
            return
        if gain.sureness < least:
            self._later.append(gain)
            return
        self._add(Holder(gain.title, gain.grants, gain.sureness, gain.chance))
        for more in node_gains(gain.title, gain.groups, self._world, gain.chance):
            self._gain(more, least)

    def _add(self, holder: Holder) -> None:
        before = 0 if holder.chance is None else self._depths[holder.chance.by[0].holder]
        self._depths[holder.title] = before + 1
        self._room.take(before)
        self.holders[holder.title] = holder
        for grant in holder.grants:
            self._holdings.add(holder.title, grant, holder.sureness)
            if grant.scope is None:
                worth = min(holder.sureness, grant.sureness)
                everything = (min(worth, one.sureness) for one in grant.rules if one.rule == EVERYTHING[0])
                self._everything = max(self._everything, *everything, Match.NO)
