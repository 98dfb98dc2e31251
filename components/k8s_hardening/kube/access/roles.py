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

from k8s_hardening.kube.access.rules import VAGUE, Match, Rule, rules_in
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import Manifest, as_map, holds_unknown, kind_of
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
        self._labels: dict[str, tuple[Any, list[RoleKey]]] = {}

    def __contains__(self, key: RoleKey) -> bool:
        return key in self._written

    def add(self, key: RoleKey, manifest: Manifest, sureness: Match = Match.YES) -> None:
        """Take in one role."""
        text = f"{kind_of(manifest)} {f'{key[0]}/' if key[0] else ''}{key[1]}"
        if "aggregationRule" in manifest and manifest["aggregationRule"] is not None and key[0] is None:
            self.aggregated.add(key)
            # What is written into an aggregated role stands only until the controller comes by.
            sureness = Match.MAYBE
            selectors = self._selectors.setdefault(key, {})
            selectors.update((_canonical(one), one) for _, one in aggregations_of(manifest))
        written = self._written.setdefault(key, [])
        written += (Placed(rule, f"{text} {path}", sureness) for path, rule in rules_in(manifest.get("rules")))
        if key[0] is None:
            labels = as_map(manifest.get("metadata")).get("labels")
            self._labels.setdefault(_canonical(labels), (labels, []))[1].append(key)

    def resolved(self) -> Mapping[RoleKey, tuple[Placed, ...]]:
        """The rules of each role, the gathered ones included.

        A role that gathers itself only gets what is written in it, as surely as it has that already, so nothing
        needs to be left out of what a selector gathers.
        """
        rules = {key: _merged(written) for key, written in self._written.items()}
        selectors = {text: one for key in self.aggregated for text, one in self._selectors[key].items()}
        gathers = {text: self._gathered(one) for text, one in list(selectors.items())[:_MOST_SELECTORS]}
        pools: dict[str, tuple[Placed, ...]] = {}
        waiting = True
        while waiting:
            waiting = False
            for text in selectors:
                pool = _pool(gathers[text], rules) if text in gathers else vague_role("what too many selectors gather")
                if pool != pools.get(text):
                    pools[text], waiting = pool, True
            for key in self.aggregated if waiting else ():
                gathered = (one for text in self._selectors[key] for one in pools[text])
                rules[key] = _merged([*rules[key], *gathered])
        return rules

    def _gathered(self, selector: Any) -> list[tuple[RoleKey, Match]]:
        found = []
        for labels, keys in self._labels.values():
            if holds_unknown(labels):
                match = Match.MAYBE
            elif selects(selector, as_map(labels)):
                match = Match.MAYBE if holds_unknown(selector) else Match.YES
            else:
                continue
            found += [(key, match) for key in keys]
        return found


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _pool(gathers: Iterable[tuple[RoleKey, Match]], rules: Mapping[RoleKey, Sequence[Placed]]) -> tuple[Placed, ...]:
    return _merged(
        one if one.sureness <= sureness else Placed(one.rule, one.where, sureness)
        for key, sureness in gathers
        for one in rules[key]
    )


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
