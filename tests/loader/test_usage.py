"""Which profiles a pod uses: every place where it can name one, and an error for whatever has another form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.loader.usage import ANNOTATION, UnreadableError, profiles_used

LOCALHOST = {"appArmorProfile": {"type": "Localhost", "localhostProfile": "web"}}


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "app"}, "spec": {"containers": [{"name": "app"}], **spec}}


def annotated(value: object) -> dict[str, Any]:
    return {"metadata": {"annotations": {f"{ANNOTATION}app": value, "team": "x"}}, "spec": {}}


@pytest.mark.parametrize(
    "using",
    [
        pod(securityContext=LOCALHOST),
        pod(containers=[{"name": "a"}, {"name": "b", "securityContext": LOCALHOST}]),
        pod(initContainers=[{"securityContext": LOCALHOST}]),
        pod(ephemeralContainers=[{"securityContext": LOCALHOST}]),
        annotated("localhost/web"),
    ],
)
def test_every_place(using: dict[str, Any]) -> None:
    assert profiles_used(using) == {"web"}


@pytest.mark.parametrize(
    "using",
    [
        pod(),
        pod(securityContext=None, initContainers=None),
        pod(securityContext={"appArmorProfile": {"type": "RuntimeDefault"}}),
        pod(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
        annotated("runtime/default"),
        annotated("unconfined"),
    ],
)
def test_none_of_the_node(using: dict[str, Any]) -> None:
    assert profiles_used(using) == frozenset()


@pytest.mark.parametrize(
    "using",
    [
        None,
        [],
        "pod",
        {},
        {"spec": None},
        pod(containers={}),
        pod(containers=[None]),
        pod(containers=["app"]),
        pod(securityContext=[]),
        pod(securityContext={"appArmorProfile": "web"}),
        pod(securityContext={"appArmorProfile": {"type": "Localhost"}}),
        pod(securityContext={"appArmorProfile": {"type": "New"}}),
        pod(securityContext={"appArmorProfile": {"type": []}}),
        pod(securityContext={"appArmorProfile": {}}),
        annotated("new/web"),
        annotated({}),
        {"metadata": [], "spec": {}},
        {"metadata": {"annotations": []}, "spec": {}},
    ],
)
def test_unknown_forms(using: object) -> None:
    with pytest.raises(UnreadableError):
        profiles_used(using)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_nothing_else_is_raised(context: object, containers: object) -> None:
    try:
        found = profiles_used(pod(securityContext={"appArmorProfile": context}, initContainers=containers))
    except UnreadableError:
        return
    assert all(isinstance(name, str) for name in found)
