"""Who may do what where: the whole of a world, one row for each somebody and namespace."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from k8s_hardening.kube.access import needs
from k8s_hardening.kube.access.closure import Path
from k8s_hardening.kube.access.needs import Need, offers_of
from k8s_hardening.kube.access.principals import Principal, Reach, principals
from k8s_hardening.kube.access.roles import Placed
from k8s_hardening.kube.access.rules import EVERYTHING, Match, Rule
from k8s_hardening.kube.access.world import Grant, World
from k8s_hardening.kube.rbac import ALL


class Level(IntEnum):
    """How much somebody may do somewhere, in a word; each is told by the strongest right there."""

    NOTHING = 0
    READ = 1
    WRITE = 2
    RUN = 3
    GRANT = 4
    EVERYTHING = 5

    @property
    def text(self) -> str:
        """The level for people."""
        return _LEVEL_TEXTS[self]


_LEVEL_TEXTS = {
    Level.NOTHING: "nothing",
    Level.READ: "reads",
    Level.WRITE: "writes",
    Level.RUN: "runs code",
    Level.GRANT: "gives rights",
    Level.EVERYTHING: "everything",
}
_READS = frozenset({"get", "list", "watch"})
_RUNS: tuple[Need, ...] = (
    needs.CREATE_POD,
    needs.CREATE_WORKLOAD,
    needs.CHANGE_POD,
    needs.CHANGE_WORKLOAD,
    needs.ENTER_POD,
    needs.NODE_PROXY,
)
_GRANTS: tuple[Need, ...] = (
    needs.MINT,
    needs.BE_USER,
    needs.BE_GROUP,
    needs.BE_ACCOUNT,
    needs.WRITE_BINDING,
    needs.WRITE_CLUSTER_BINDING,
    needs.CHANGE_BINDING,
    needs.CHANGE_CLUSTER_BINDING,
    needs.CHANGE_ROLE,
    needs.CHANGE_CLUSTER_ROLE,
    needs.APPROVE,
    needs.ASK_NODE_CERTIFICATE,
    needs.MUTATING_WEBHOOK,
)


@dataclass(frozen=True, slots=True)
class Row:
    """What somebody may do in one namespace."""

    principal: Principal
    scope: str | None
    """The namespace; None: in every one and for what lives in none, ANYWHERE: not known before apply."""
    level: Level
    grants: tuple[Grant, ...]
    """What it holds there; none where it only gets there by way of others."""
    secrets: Path | None
    """How it gets at the Secrets there, if it does."""


def matrix(world: World, *, with_system: bool = False) -> Iterator[Row]:
    """Every row: where somebody holds something of its own, and where it gets at Secrets by way of others.

    What its groups hold is told in the rows of the groups.
    """
    reach = Reach(world)
    for principal in principals(world):
        if with_system or not principal.is_system:
            title = principal.identity.title
            own = (one for one in world.grants_of(principal.identity) if one.subject == title)
            yield from _rows(reach, principal, (one for one in own if with_system or not one.is_built_in))


def rows_of(reach: Reach, principal: Principal) -> Iterator[Row]:
    """Every row of one identity, with what its groups hold."""
    yield from _rows(reach, principal, reach.world.grants_of(principal.identity))


def _rows(reach: Reach, principal: Principal, grants: Iterable[Grant]) -> Iterator[Row]:
    by_scope: dict[str | None, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_scope[grant.scope].append(grant)
    secrets = reach.of(principal.identity).scopes(secrets_rule)
    for scope in sorted({*by_scope, *secrets}, key=lambda one: one or ""):
        held = tuple(by_scope.get(scope, ()))
        level = max((reach.world.by_rules.of(grant.rules, _level) for grant in held), default=Level.NOTHING)
        yield Row(principal, scope, level, held, secrets.get(scope) or secrets.get(None))


def _level(rules: tuple[Placed, ...]) -> Level:
    return max((level_of(placed.rule) for placed in rules), default=Level.NOTHING)


def secrets_rule(rules: tuple[Placed, ...]) -> Placed | None:
    """The first of the rules that most surely let some Secret be read, with how sure that is."""
    best = None
    for placed in rules:
        match = min(placed.sureness, reads_secrets(placed.rule))
        if match and (best is None or match > best.sureness):
            best = Placed(placed.rule, placed.where, match)
    return best


@functools.lru_cache(maxsize=65536)
def reads_secrets(rule: Rule) -> Match:
    """Whether a rule lets some Secret be read, be it one by its name."""
    return min(rule.verbs.has_any(ALL, *_READS), rule.groups.has_any(ALL, ""), rule.has_resource("secrets", ""))


@functools.lru_cache(maxsize=65536)
def level_of(rule: Rule) -> Level:
    """How much a rule allows."""
    if rule == EVERYTHING[0]:
        return Level.EVERYTHING
    offered = {offer.need for offer in offers_of(rule)}
    if not offered.isdisjoint(_GRANTS):
        return Level.GRANT
    if not offered.isdisjoint(_RUNS):
        return Level.RUN
    is_reading = rule.verbs.known <= _READS and not rule.verbs.is_vague
    return Level.READ if is_reading else Level.WRITE


def rights(grants: Iterable[Grant]) -> list[tuple[str, tuple[str, ...], Match]]:
    """What some grants allow, for people: the resource or path, the verbs, and whether it is for sure."""
    found: dict[str, dict[str, Match]] = defaultdict(dict)
    for grant in grants:
        for placed in grant.rules:
            sureness = min(grant.sureness, placed.sureness, Match.MAYBE if placed.rule.is_vague else Match.YES)
            for what in _objects(placed.rule):
                for verb in placed.rule.verbs.known or {"(known at apply)"}:
                    found[what][verb] = max(found[what].get(verb, Match.NO), sureness)
    return [(what, tuple(sorted(verbs)), min(verbs.values())) for what, verbs in sorted(found.items())]


def _objects(rule: Rule) -> Iterator[str]:
    yield from rule.urls.known
    names = f" ({', '.join(sorted(rule.names.known))})" if rule.names.known else ""
    for resource in rule.resources.known:
        for group in rule.groups.known:
            yield f"{resource}{f'.{group}' if group else ''}{names}"
    if rule.urls.is_vague or rule.resources.is_vague or rule.groups.is_vague:
        yield "(known at apply)"
