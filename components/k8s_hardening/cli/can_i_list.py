"""The table of `can-i --list`: every rule that counts in a namespace, as kubectl shows what a server says of it.

Source: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go (printStatus), pkg/util/rbac/rbac.go (BreakdownRule, CompactRules),
pkg/describe/describe.go (CombineResourceGroup); the rules are those of k8s.io/kubernetes v1.37.2
plugin/pkg/auth/authorizer/rbac/rbac.go (RulesFor).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k8s_hardening.kube.access import Identity, Match, Rule, World

Line = tuple[str, str, str, str]
"""Resource, path, name of an object, and verbs."""
HEADERS: Line = ("Resources", "Non-Resource URLs", "Resource Names", "Verbs")
_PADDING = 3


def rules_of(world: World, who: Identity, namespace: str) -> tuple[list[Line], bool]:
    """The lines for somebody in a namespace, sorted, and whether all of it is for sure."""
    verbs: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    is_certain = True
    for rule, sureness in _counting(world, who, namespace):
        is_certain = is_certain and sureness is Match.YES and not rule.is_vague
        for url in rule.urls.known:
            verbs["", url, ""] |= rule.verbs.known
        for group in rule.groups.known:
            for resource in rule.resources.known:
                for name in rule.names.known or ("",):
                    verbs[_combined(resource, group), "", name] |= rule.verbs.known
    lines = [
        (resource, _listed([url] if url else []), _listed([name] if name else []), _listed(sorted(found)))
        for (resource, url, name), found in verbs.items()
        if found
    ]
    return sorted(lines, key=lambda line: (line[3], *line)), is_certain


def table(lines: list[Line]) -> Iterator[str]:
    """Lines as aligned text."""
    widths = [max(map(len, column)) + _PADDING for column in zip(*lines, strict=True)]
    for *cells, last in lines:
        yield "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)) + last


def _counting(world: World, who: Identity, namespace: str) -> Iterator[tuple[Rule, Match]]:
    for grant in world.grants_of(who):
        if (holds := grant.holds_in(namespace)) is not Match.NO:
            for placed in grant.rules:
                yield placed.rule, min(holds, placed.sureness)


def _combined(resource: str, group: str) -> str:
    plain, slash, subresource = resource.partition("/")
    return f"{plain}{f'.{group}' if group else ''}{slash}{subresource}"


def _listed(texts: list[str]) -> str:
    return f"[{' '.join(texts)}]"
