"""One rule of a role as the authorizer reads it, with two bounds where values are known only at apply.

Source: k8s.io/kubernetes v1.37.2 pkg/apis/rbac/v1/evaluation_helpers.go (VerbMatches, APIGroupMatches,
ResourceMatches, ResourceNameMatches, NonResourceURLMatches) and plugin/pkg/auth/authorizer/rbac/rbac.go (RuleAllows).
`pods/*` is no pattern there: of a resource with a subresource only `*`, the whole text and `*/subresource` match.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.manifest import UNKNOWN, as_list
from k8s_hardening.kube.rbac import ALL


class Match(IntEnum):
    """Whether something holds; the lesser of two is what both together are worth."""

    NO = 0
    MAYBE = 1
    """It hangs on what is known only at apply, or on what is there when it is tried."""
    YES = 2


@dataclass(frozen=True, slots=True)
class Texts:
    """The items of one field of a rule."""

    known: frozenset[str] = frozenset()
    is_vague: bool = False
    """There are items that are known only at apply."""

    @classmethod
    def of(cls, value: Any) -> Texts:
        """The texts of a list; what is no text is none that the server would take."""
        items = as_list(value)
        return cls(frozenset(one for one in items if isinstance(one, str)), any(one is UNKNOWN for one in items))

    def __bool__(self) -> bool:
        return bool(self.known) or self.is_vague

    def has_any(self, *wanted: str) -> Match:
        """Whether one of some texts is among them."""
        if not self.known.isdisjoint(wanted):
            return Match.YES
        return Match.MAYBE if self.is_vague else Match.NO

    def holds_path(self, path: str) -> bool:
        """Whether a path is among them, or below one that ends with a star."""
        return any(one == path or (one.endswith(ALL) and path.startswith(one.rstrip(ALL))) for one in self.known)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule of a role allows."""

    verbs: Texts = Texts()
    groups: Texts = Texts()
    resources: Texts = Texts()
    names: Texts = Texts()
    """resourceNames; none: every name."""
    urls: Texts = Texts()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.verbs, self.groups, self.resources, self.names, self.urls)))

    def __hash__(self) -> int:
        return self._hash  # rules are looked up all the time

    @classmethod
    def of(cls, spec: dict[str, Any]) -> Rule:
        """The rule as a role writes it."""
        fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
        return _same(cls(*(Texts.of(spec.get(one)) for one in fields)))

    @property
    def is_vague(self) -> bool:
        """Whether some of it is known only at apply."""
        return any(one.is_vague for one in (self.verbs, self.groups, self.resources, self.names, self.urls))

    def allows(self, request: ApiRequest) -> Match:
        """Whether it allows a request, wherever it holds."""
        verb = self.verbs.has_any(ALL, request.verb)
        if not request.is_resource:
            return min(verb, self._covers(request.path))
        return min(
            verb,
            self.groups.has_any(ALL, request.group),
            self.has_resource(request.resource, request.subresource),
            self.has_name(request.name),
        )

    def has_resource(self, resource: str, subresource: str) -> Match:
        """Whether it names a resource, or the subresource of one."""
        if not subresource:
            return self.resources.has_any(ALL, resource)
        return self.resources.has_any(ALL, f"{resource}/{subresource}", f"{ALL}/{subresource}")

    def has_name(self, name: str) -> Match:
        """Whether it holds for the object of a name; empty for a request that names none."""
        if not self.names:
            return Match.YES
        # A list whose items are all known only at apply may turn out to be empty.
        return self.names.has_any(name)

    def _covers(self, path: str) -> Match:
        if self.urls.holds_path(path):
            return Match.YES
        return Match.MAYBE if self.urls.is_vague else Match.NO

    def __str__(self) -> str:
        what = f" named {_listed(self.names)}" if self.names else ""
        if self.urls:
            return f"{_listed(self.verbs)} {_listed(self.urls)}"
        groups = sorted(f".{one}" if one else "" for one in self.groups.known)
        group = f" of {_listed(self.groups)}" if groups not in ([], [""]) else ""
        return f"{_listed(self.verbs)} {_listed(self.resources)}{group}{what}"


@functools.lru_cache(maxsize=65536)
def _same(rule: Rule) -> Rule:
    """One object for all rules that are equal, so that they are found at once where they are looked up."""
    return rule


EVERYTHING = (
    Rule(Texts(frozenset({ALL})), Texts(frozenset({ALL})), Texts(frozenset({ALL}))),
    Rule(verbs=Texts(frozenset({ALL})), urls=Texts(frozenset({ALL}))),
)
"""The rules of cluster-admin."""
_ANY = Texts(is_vague=True)
VAGUE = Rule(_ANY, _ANY, _ANY, Texts(), _ANY)
"""A rule of which nothing is known."""


def rules_in(value: Any) -> tuple[tuple[str, Rule], ...]:
    """The rules of a role's list with their paths; a list of which nothing is known may hold any rule."""
    found = []
    for index, one in enumerate(as_list(value)):
        if one is UNKNOWN:
            found.append((f"rules[{index}]", VAGUE))
        elif isinstance(one, dict):
            found.append((f"rules[{index}]", Rule.of(one)))
    return tuple(found)


def _listed(texts: Texts) -> str:
    return ",".join(_quoted(texts.known) + ["(known at apply)"] * texts.is_vague)


def _quoted(known: Iterable[str]) -> list[str]:
    return [one or '""' for one in sorted(known)]
