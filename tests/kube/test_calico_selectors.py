"""What Calico's selectors ask of an endpoint."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.calico_selectors import required_labels


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ("app == 'web'", {"app": {"web"}}),
        ('\tapp=="web" ', {"app": {"web"}}),
        ("app in {'web', \"api\"}", {"app": {"web", "api"}}),
        ("app in{'web',}", {"app": {"web"}}),
        ("projectcalico.org/name == 'x' && has(b)", {"projectcalico.org/name": {"x"}}),
        ("(app == 'web') && ((tier in {'a'}))", {"app": {"web"}, "tier": {"a"}}),
        ("app in {'a', 'b'} && app in {'b', 'c'}", {"app": {"b"}}),
        ("app == 'a || b'", {"app": {"a || b"}}),
        ("has == 'x' && all == 'y'", {"has": {"x"}, "all": {"y"}}),
    ],
)
def test_equalities_that_hold_in_every_case_are_required(selector: str, labels: dict[str, set[str]]) -> None:
    assert required_labels(selector) == {key: frozenset(values) for key, values in labels.items()}


@pytest.mark.parametrize(
    "selector",
    [
        "all()",
        " all( ) ",
        "global()",
        "!has(x)",
        "has( projectcalico.org/namespace )",
        "!(app == 'web')",
        "!!app == 'web'",
        "!(has(b) && (app == 'web'))",
        "app != 'web'",
        "app not in {'web'}",
        "app notin {'web'}",
        "app contains 'w'",
        "app starts with 'w'",
        "app ends with 'w'",
        "app == 'web' || has(x)",
        "(app == 'web' || all()) && tier == 'a'",
    ],
)
def test_whatever_else_requires_nothing(selector: str) -> None:
    assert required_labels(selector) == {}


@pytest.mark.parametrize(
    "selector",
    [
        "",
        " ",
        "app",
        "app = 'web'",
        "app == web",
        "app == 'web",
        "app == 'web' tier == 'a'",
        "app == 'web' &&",
        "&& app == 'web'",
        "(app == 'web'",
        "app == 'web')",
        "all()) || (all()",
        "()",
        "app in 'web'",
        "app == 'web'\n",
        "app == 'web' & all()",
    ],
)
def test_what_calico_cannot_read_has_no_answer(selector: str) -> None:
    assert required_labels(selector) is None


def test_deep_and_long_selectors_are_read_in_no_time() -> None:
    assert required_labels("(" * 20_000 + "app == 'web'" + ")" * 20_000) == {"app": frozenset({"web"})}
    assert required_labels("a" * 100_000) is None
    assert required_labels("a in {" + "'b'," * 50_000) is None
