"""Rules that are gathered from roles that gather, in circles too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.access.gathering import spread
from k8s_hardening.kube.masks import mask_of, places_of

ROLES = "abcdef"
ROLE = st.sampled_from(ROLES)


@given(st.dictionaries(ROLE, st.sets(ROLE)))
def test_each_gets_what_is_written_in_whatever_it_can_follow_selectors_to(
    gathers: dict[str, set[str]],
) -> None:
    held = {role: mask_of([place]) for place, role in enumerate(ROLES)}
    spread(held, {role: [role] for role in gathers}, gathers)
    for role in ROLES:
        assert {ROLES[place] for place in places_of(held[role])} == _followed(role, gathers)


def _followed(role: str, gathers: dict[str, set[str]]) -> set[str]:
    found, waiting = {role}, [role]
    while waiting:
        new = gathers.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def test_a_selector_that_is_shared_serves_all_who_have_it() -> None:
    held = {"a": mask_of([0]), "b": mask_of([1]), "c": mask_of([2])}
    spread(held, {"a": ["x"], "b": ["x", "y"]}, {"x": {"c"}, "y": {"a"}})
    assert {role: list(places_of(found)) for role, found in held.items()} == {
        "a": [0, 2],
        "b": [0, 1, 2],
        "c": [2],
    }
