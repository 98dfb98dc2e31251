"""What rules allow together, against the server's comparison of rules, part by part."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.kube.access import Cover, Match, Rule
from k8s_hardening.kube.manifest import UNKNOWN
from tests.kube.access.worlds import Object, random_world, rule


def parts_of(one: Object) -> Iterator[Object]:
    """As BreakdownRule of k8s.io/component-helpers v0.37.2 auth/rbac/validation/policy_comparator.go."""
    for group, resource, verb in itertools.product(one.get("apiGroups", []), one.get("resources", []), one["verbs"]):
        for name in one.get("resourceNames") or [None]:
            yield {"group": group, "resource": resource, "verb": verb, "name": name, "url": None}
    for url, verb in itertools.product(one.get("nonResourceURLs", []), one["verbs"]):
        yield {"url": url, "verb": verb}


def owns(owner: Object, part: Object) -> bool:
    """As ruleCovers of the same file."""
    if part["verb"] not in owner["verbs"] and "*" not in owner["verbs"]:
        return False
    if part["url"] is not None:
        urls = owner.get("nonResourceURLs", [])
        return any(u == part["url"] or (u.endswith("*") and part["url"].startswith(u.rstrip("*"))) for u in urls)
    resources, names = owner.get("resources", []), owner.get("resourceNames", [])
    _, slash, subresource = part["resource"].partition("/")
    return (
        ("*" in owner.get("apiGroups", []) or part["group"] in owner.get("apiGroups", []))
        and ("*" in resources or part["resource"] in resources or (bool(slash) and f"*/{subresource}" in resources))
        and (not names or part["name"] in names)
    )


def random_part(dice: random.Random, one: Object) -> Object:
    """A rule with some of the items of another."""
    return {field: dice.sample(items, dice.randint(1, len(items))) for field, items in one.items()}


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_the_servers_comparison(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed
    rules = [one for role in random_world(seed) for one in role.get("rules", [])]
    owners = dice.sample(rules, 6)
    cover = Cover(map(Rule.of, owners))
    verdicts = set()
    for asked in (*rules, *(random_part(dice, one) for one in rules for _ in range(8))):
        exceeds = any(not any(owns(owner, part) for owner in owners) for part in parts_of(asked))
        assert (cover.exceeded_by(Rule.of(asked)) is Match.YES) is exceeds, (asked, owners)
        verdicts.add(exceeds)
    assert verdicts == {True, False}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("verbs", UNKNOWN, Match.MAYBE),
        ("resources", ["pods", UNKNOWN], Match.MAYBE),
        ("resources", ["secrets", UNKNOWN], Match.YES),
        ("apiGroups", UNKNOWN, Match.MAYBE),
        ("resourceNames", UNKNOWN, Match.NO),
        ("nonResourceURLs", UNKNOWN, Match.MAYBE),
    ],
)
def test_what_is_known_only_at_apply_may_be_more(field: str, value: Any, expected: Match) -> None:
    cover = Cover([Rule.of(rule("get list", "pods"))])
    assert cover.exceeded_by(Rule.of({**rule("get", "pods"), field: value})) is expected


def test_unknown_names_may_be_others_than_the_rules_name() -> None:
    cover = Cover([Rule.of(rule("get", "secrets", names="db"))])
    assert cover.exceeded_by(Rule.of({**rule("get", "secrets"), "resourceNames": UNKNOWN})) is Match.MAYBE
    assert cover.exceeded_by(Rule.of({**rule("get", "secrets"), "resourceNames": ["db"]})) is Match.NO


def test_nothing_exceeds_every_right() -> None:
    cover = Cover([Rule.of(rule("*", "*", groups="*")), Rule.of(rule("*", urls="*"))])
    many = [f"x{number}" for number in range(3000)]
    huge = {"verbs": many, "apiGroups": many, "resources": [f"{one}/{one}" for one in many], "resourceNames": many}
    assert cover.exceeded_by(Rule.of(huge)) is Match.NO
    assert cover.exceeded_by(Rule.of({"verbs": UNKNOWN, "apiGroups": UNKNOWN, "resources": UNKNOWN})) is Match.NO
