"""Selectors match as on the server, and what is unknown may match."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN
from tests.kube.test_manifest import ANYTHING

LABELS = {"app": "web", "tier": "front"}


def expression(operator: Any, *values: Any, key: Any = "app") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"matchLabels": {}, "matchExpressions": []},
        {"matchLabels": LABELS},
        expression("In", "api", "web"),
        expression("NotIn", "api"),
        expression("NotIn", "web", key="zone"),
        expression("Exists"),
        expression("DoesNotExist", key="zone"),
        UNKNOWN,
        {"matchLabels": UNKNOWN},
        {"matchLabels": {"app": UNKNOWN}},
        {"matchExpressions": UNKNOWN},
        expression(UNKNOWN),
        expression("In", UNKNOWN),
        expression("NotIn", UNKNOWN),
        expression("In", "a", key=UNKNOWN),
    ],
    ids=str,
)
def test_it_matches(selector: Any) -> None:
    assert selects(selector, LABELS)


@pytest.mark.parametrize(
    "selector",
    [
        None,
        "app=web",
        {"matchLabels": {"app": "web", "zone": "a"}},
        {"matchLabels": {"app": "api"}, "matchExpressions": []},
        {"matchLabels": {"zone": None}},
        {"matchLabels": {"zone": UNKNOWN}},
        expression("In", "api"),
        expression("NotIn", "web", "api"),
        expression("Exists", key="zone"),
        expression("DoesNotExist"),
        expression("Gt", "1"),
        expression("In", key=["odd"]),
    ],
    ids=str,
)
def test_it_does_not_match(selector: Any) -> None:
    assert not selects(selector, LABELS)


@given(selector=ANYTHING, expressions=ANYTHING)
def test_nothing_is_raised_by_any_shape(selector: Any, expressions: Any) -> None:
    for one in (selector, {"matchLabels": selector, "matchExpressions": expressions}):
        assert selects(one, LABELS) in (True, False)
