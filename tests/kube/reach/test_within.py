"""Boxes against every point of a small world, so that the cutting is shown to be neither blind nor too strict."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.reach.selectors import Selector
from k8s_hardening.kube.reach.within import ABSENT, ANY, Axis, Box, Spans, Values, axes_of, left_of

AXES: tuple[Axis, ...] = (("pods", "app"), ("namespace", ""), ("peers", "role"))
# A value that no box lists stands for all such values.
POINTS = (ABSENT, "a", "b", "unlisted")
PORTS = (("TCP", 1), ("TCP", 2), ("TCP", 3), ("UDP", 1))
FAMILIES: tuple[int | None, ...] = (None, 1, 2, 3)
Point = tuple[dict[Axis, str | None], tuple[str, int], int | None]


def points() -> Iterator[Point]:
    for values in itertools.product(POINTS, repeat=len(AXES)):
        for port, address in itertools.product(PORTS, FAMILIES):
            yield dict(zip(AXES, values, strict=True)), port, address


def holds(box: Box, point: Point) -> bool:
    """Whether a point is in a box, by its definition."""
    values, (protocol, port), address = point
    for axis, passes in box.values.items():
        if (values[axis] in passes.listed) == passes.is_others:
            return False
    if not any(one == protocol and low <= port <= high for one, low, high in box.ports.ranges):
        return False
    if box.addresses is None or address is None:
        return box.addresses is None and address is None
    return any(low <= address <= high for _, low, high in box.addresses.ranges)


some_values = st.builds(Values, st.frozensets(st.sampled_from([ABSENT, "a", "b"])), st.booleans())
ranges_of_ports = st.sampled_from(
    [(), (("TCP", 1, 1),), (("TCP", 1, 2),), (("TCP", 2, 3),), (("TCP", 1, 3), ("UDP", 1, 1)), (("UDP", 1, 1),)]
)
ranges_of_addresses = st.sampled_from([(("IPv4", 1, 1),), (("IPv4", 1, 3),), (("IPv4", 2, 3),)])
boxes = st.builds(
    Box,
    st.builds(Spans, ranges_of_ports),
    st.dictionaries(st.sampled_from(AXES), some_values),
    st.one_of(st.none(), st.builds(Spans, ranges_of_addresses)),
)
EVERYTHING = Box(Spans((("TCP", 1, 3), ("UDP", 1, 1))), {})


@given(boxes, st.lists(boxes, max_size=5))
@example(EVERYTHING, [Box(EVERYTHING.ports, {AXES[0]: Values(frozenset({"a"}))}),
                      Box(EVERYTHING.ports, {AXES[0]: ~Values(frozenset({"a"}))})])  # fmt: skip
def test_something_is_left_exactly_where_a_point_is_in_no_other(box: Box, others: list[Box]) -> None:
    left_points = [one for one in points() if holds(box, one) and not any(holds(other, one) for other in others)]
    left = left_of(box, others)
    assert (left is not None) == bool(left_points)
    if left is not None:
        assert {str(one) for one in points() if holds(left, one)} <= {str(one) for one in left_points}


def test_what_cannot_be_shown_in_time_counts_as_left() -> None:
    many = [f"k{number}" for number in range(24)]
    parity = [
        Box(EVERYTHING.ports, {("pods", one): Values(frozenset({value})) for one in pair})
        for pair in itertools.combinations(many, 2)
        for value in ("a", "b")
    ]
    assert left_of(EVERYTHING, parity) is not None


def axes(selector: dict[str, Any]) -> dict[Axis, Values]:
    return axes_of(Selector.of(selector), "pods")


def test_selectors_become_values() -> None:
    app = ("pods", "app")
    assert axes({"matchLabels": {"app": "a"}}) == {app: Values(frozenset({"a"}))}
    assert axes({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}) == {
        app: Values(frozenset({"a"}), is_others=True)
    }
    assert axes({"matchExpressions": [{"key": "app", "operator": "Exists"}]}) == {app: ~Values(frozenset({ABSENT}))}
    assert axes({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}) == {
        app: Values(frozenset({ABSENT}))
    }
    both = {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}
    assert not axes(both)[app]


def test_what_is_not_known_yet_may_be_anything() -> None:
    assert axes({"matchLabels": UNKNOWN}) == {}
    assert axes({"matchLabels": {"app": UNKNOWN}}) == {("pods", "app"): ~Values(frozenset({ABSENT}))}
    assert ANY
