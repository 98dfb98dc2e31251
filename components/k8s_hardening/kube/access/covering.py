"""Whether a rule allows anything beyond what some other rules allow together.

Source: k8s.io/component-helpers v0.37.2 auth/rbac/validation/policy_comparator.go (Covers), by which the server judges
escalation: each verb on each resource by itself, under each name where there are names.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from k8s_hardening.kube.access.rules import Match, Rule, Texts
from k8s_hardening.kube.rbac import ALL

_OTHER = "\0"
"""In place of any text that the rules do not speak of, so that the work does not grow with what is asked about."""
_NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Verbs:
    whole: set[str] = field(default_factory=set)
    """Verbs under every name."""
    named: dict[str, set[str]] = field(default_factory=dict)


class Cover:
    """What some rules allow together."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._known_verbs = {one for rule in self._rules for one in rule.verbs.known}
        self._groups = {one for rule in self._rules for one in rule.groups.known}
        self._resources = {one for rule in self._rules for one in rule.resources.known}
        self._verbs: dict[tuple[str, str], _Verbs] = {}

    def exceeded_by(self, rule: Rule) -> Match:
        """Whether a rule allows more; MAYBE where that hangs on what is known only at apply."""
        if self._lacks(rule, is_wide=False):
            return Match.YES
        return Match.MAYBE if rule.is_vague and self._lacks(rule, is_wide=True) else Match.NO

    def _lacks(self, rule: Rule, *, is_wide: bool) -> bool:
        """Whether something is not covered; wide: where a value is not known, it may be any."""
        told = rule.verbs, rule.groups, rule.resources, rule.urls
        verbs, groups, resources, urls = (_wide(one) if is_wide else one.known for one in told)
        verbs = frozenset(one if one in self._known_verbs else _OTHER for one in verbs)
        names = _NOTHING if is_wide and rule.names.is_vague else rule.names.known
        if any(_left(verbs, self._of_url(url)) for url in urls):
            return True
        if not is_wide and rule.names.is_vague and not rule.names.known:
            return False
        asked = {one if one in self._resources else self._like(one) for one in resources}
        return any(
            self._lacks_on(group, resource, verbs, names)
            for group in {one if one in self._groups else _OTHER for one in groups}
            for resource in asked
        )

    def _lacks_on(self, group: str, resource: str, verbs: Set[str], names: Set[str]) -> bool:
        found = self._verbs.get((group, resource))
        if found is None:
            found = self._verbs[group, resource] = self._collected(group, resource)
        left = _left(verbs, found.whole)
        return bool(left) and (not names or any(_left(left, found.named.get(name, _NOTHING)) for name in names))

    def _collected(self, group: str, resource: str) -> _Verbs:
        found = _Verbs()
        wanted = {ALL, resource, self._like(resource)} - {_OTHER}
        for rule in self._rules:
            if rule.groups.known.isdisjoint((group, ALL)) or rule.resources.known.isdisjoint(wanted):
                continue
            if not rule.names:
                found.whole |= rule.verbs.known
            for name in rule.names.known:
                found.named.setdefault(name, set()).update(rule.verbs.known)
        return found

    def _like(self, resource: str) -> str:
        """The pattern for a subresource that the rules name; none: the resource is as good as any other."""
        _, slash, subresource = resource.partition("/")
        pattern = f"{ALL}/{subresource}"
        return pattern if slash and pattern in self._resources else _OTHER

    def _of_url(self, url: str) -> set[str]:
        return {verb for rule in self._rules if rule.urls.holds_path(url) for verb in rule.verbs.known}


def _wide(texts: Texts) -> frozenset[str]:
    return texts.known | {_OTHER} if texts.is_vague else texts.known


def _left(verbs: Set[str], held: Set[str]) -> Set[str]:
    return _NOTHING if ALL in held else verbs - held
