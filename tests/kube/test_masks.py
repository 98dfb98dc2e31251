"""Sets as bits of a number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.masks import mask_of, places_of


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_places_is_told_again_in_order(wanted: set[int]) -> None:
    assert list(places_of(mask_of(wanted))) == sorted(wanted)
