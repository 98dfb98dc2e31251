"""What each role allows once aggregated roles have gathered theirs.

Source: k8s.io/kubernetes v1.37.2 pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go
(syncClusterRole): the rules of an aggregated role are replaced by those of every other ClusterRole that a selector
matches; gathered roles may be aggregated themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.access.gathering import spread
from k8s_hardening.kube.access.rules import VAGUE, Match, Rule
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import Manifest, as_map, holds_unknown, kind_of
from k8s_hardening.kube.masks import mask_of, places_of
from k8s_hardening.kube.rbac import aggregations_of

ANYWHERE = "\0"
"""In place of a namespace that is known only at apply."""
RoleKey = tuple[str | None, str]
"""Namespace, None for a ClusterRole, and name; an empty name is known only at apply."""
_MOST_SELECTORS = 500
"""Selectors of aggregated roles that are followed; no cluster has as many, and a hostile file must stay cheap."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule and where it stands."""

    rule: Rule
    where: str
    """For people: the role and the path in it."""
    sureness: Match = Match.YES


class Roles:
    """Every role by namespace and name."""

    def __init__(self) -> None:
        self.aggregated: set[RoleKey] = set()
        self._written: dict[RoleKey, list[Placed]] = {}
        self._selectors: dict[RoleKey, dict[str, Any]] = {}
        self._labels: dict[str, tuple[dict[str, Any], bool, list[RoleKey]]] = {}

    def __contains__(self, key: RoleKey) -> bool:
        return key in self._written

    def add(self, key: RoleKey, manifest: Manifest, rules: Sequence[tuple[str, Rule]], sureness: Match) -> None:
        """Take in one role, with the rules that it holds and their paths."""
        text = f"{kind_of(manifest)} {f'{key[0]}/' if key[0] else ''}{key[1]}"
        if "aggregationRule" in manifest and manifest["aggregationRule"] is not None and key[0] is None:
            self.aggregated.add(key)
            # What is written into an aggregated role stands only until the controller comes by.
            sureness = Match.MAYBE
            selectors = self._selectors.setdefault(key, {})
            selectors.update((_canonical(one), one) for _, one in aggregations_of(manifest))
        written = self._written.setdefault(key, [])
        written += (Placed(rule, f"{text} {path}", sureness) for path, rule in rules)
        if key[0] is None:
            labels = as_map(manifest.get("metadata")).get("labels")
            found = self._labels.setdefault(_canonical(labels), (as_map(labels), not holds_unknown(labels), []))
            found[2].append(key)

    def resolved(self) -> Mapping[RoleKey, tuple[Placed, ...]]:
        """The rules of each role, the gathered ones included.

        A role that gathers itself only gets what is written in it, as surely as it has that already, so nothing
        needs to be left out of what a selector gathers.
        """
        selectors = {text: one for own in self._selectors.values() for text, one in own.items()}
        gathers = {text: self._gathered(one) for text, one in list(selectors.items())[:_MOST_SELECTORS]}
        followed = {key: [text for text in own if text in gathers] for key, own in self._selectors.items()}
        too_many = vague_role("what too many selectors gather")
        every = list(too_many)
        held: dict[RoleKey, int] = {}
        sure: dict[RoleKey, int] = {}
        concerned = self.aggregated.union(*gathers.values())
        for key, written in self._written.items():
            if key in concerned:
                own = range(len(every), len(every) + len(written))
                every += written
                is_vague = len(followed.get(key, ())) < len(self._selectors.get(key, ()))
                held[key] = mask_of(own) | (mask_of(range(len(too_many))) if is_vague else 0)
                sure[key] = mask_of(place for place in own if every[place].sureness is Match.YES)
        spread(held, followed, {text: found.keys() for text, found in gathers.items()})
        spread(sure, followed, {text: _certain(found) for text, found in gathers.items()})
        made: dict[tuple[int, int], tuple[Placed, ...]] = {}
        rules = {key: _merged(written) for key, written in self._written.items()}
        for key in self._selectors:
            both = sure[key], held[key]
            if both not in made:
                certain = (every[place] for place in places_of(both[0]))
                made[both] = _merged([*certain, *doubted(every[place] for place in places_of(both[1]))])
            rules[key] = made[both]
        return rules

    def _gathered(self, selector: Any) -> dict[RoleKey, Match]:
        found: dict[RoleKey, Match] = {}
        sureness = Match.MAYBE if holds_unknown(selector) else Match.YES
        for labels, is_known, keys in self._labels.values():
            if not is_known or selects(selector, labels):
                match = sureness if is_known else Match.MAYBE
                found.update((key, max(match, found.get(key, match))) for key in keys)
        return found


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _certain(found: Mapping[RoleKey, Match]) -> set[RoleKey]:
    return {key for key, match in found.items() if match is Match.YES}


def _merged(placed: Iterable[Placed]) -> tuple[Placed, ...]:
    """Each rule once, as surely as it is found anywhere."""
    best: dict[Rule, Placed] = {}
    for one in placed:
        known = best.get(one.rule)
        if known is None or one.sureness > known.sureness:
            best[one.rule] = one
    return tuple(best.values())


def vague_role(text: str) -> tuple[Placed, ...]:
    """The rules of a role of which nothing is known."""
    return (Placed(VAGUE, f"{text}, known only at apply", Match.MAYBE),)


def doubted(placed: Iterable[Placed]) -> tuple[Placed, ...]:
    """The same rules where it is not for sure that they are meant."""
    return tuple(Placed(one.rule, one.where, Match.MAYBE) for one in placed)
