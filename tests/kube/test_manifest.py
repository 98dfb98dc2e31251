"""Manifests hold anything anywhere, and what is unknown stays unknown all the way down."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.manifest import (
    UNKNOWN,
    UnknownValueError,
    api_group_of,
    as_list,
    as_map,
    as_str,
    ensure_map,
    expand_lists,
    holds_unknown,
    is_changeable,
    key_path,
    kind_of,
    name_of,
    namespace_of,
)

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just(UNKNOWN)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=10,
)
ODD = [None, True, 0, 1.5, "text", b"bytes"]


def test_the_truth_of_an_unknown_value_cannot_be_asked_for() -> None:
    with pytest.raises(UnknownValueError):
        bool(UNKNOWN)


def test_a_copy_of_unknown_is_unknown() -> None:
    assert copy.deepcopy({"a": [UNKNOWN]})["a"][0] is UNKNOWN


@pytest.mark.parametrize("value", [*ODD, []])
def test_what_is_no_mapping_counts_as_absent(value: Any) -> None:
    assert as_map(value) == {}
    with pytest.raises(TypeError, match="ensure_map"):
        as_map(value)["key"] = 1


@pytest.mark.parametrize("value", [*ODD, {}])
def test_what_is_no_list_counts_as_absent(value: Any) -> None:
    assert as_list(value) == []


@pytest.mark.parametrize("value", [None, True, 0, [], {}, UNKNOWN])
def test_what_is_no_text_counts_as_absent(value: Any) -> None:
    assert as_str(value) == ""


def test_unknown_stays_unknown_all_the_way_down() -> None:
    found = as_map(UNKNOWN)
    assert found.get("a") is UNKNOWN
    assert as_map(found["a"])["b"] is UNKNOWN
    assert "anything" in found
    assert as_list(UNKNOWN) == [UNKNOWN]
    with pytest.raises(TypeError, match="is_changeable"):
        found["a"] = 1


def test_only_what_stands_in_the_manifest_can_be_changed() -> None:
    assert is_changeable(as_map({"a": 1}))
    assert not is_changeable(as_map(None))
    assert not is_changeable(as_map(UNKNOWN))


def test_ensure_map_makes_what_is_missing() -> None:
    holder: dict[str, Any] = {"odd": "text", "kept": {"a": 1}}
    ensure_map(holder, "new")["x"] = 1
    ensure_map(holder, "odd")["x"] = 1
    ensure_map(holder, "kept")["x"] = 1
    assert holder == {"odd": {"x": 1}, "kept": {"a": 1, "x": 1}, "new": {"x": 1}}


@pytest.mark.parametrize(
    ("value", "holds"), [(UNKNOWN, True), ({"a": [{"b": UNKNOWN}]}, True), ({"a": [1, None]}, False), ("x", False)]
)
def test_unknown_is_found_at_any_depth(value: Any, holds: bool) -> None:
    assert holds_unknown(value) is holds


@pytest.mark.parametrize(
    ("path", "key", "joined"),
    [("spec", "hostNetwork", "spec.hostNetwork"), ("", "spec", "spec"),
     ("data", "a.b/c", 'data["a.b/c"]'), ("", "a b", '["a b"]'), ("x", "my-key_1", "x.my-key_1")],
)  # fmt: skip
def test_paths(path: str, key: str, joined: str) -> None:
    assert key_path(path, key) == joined


@pytest.mark.parametrize(
    ("api_version", "group"), [("v1", ""), ("apps/v1", "apps"), (None, ""), (7, ""), ("a.b/v1/x", "a.b"), (UNKNOWN, "")]
)
def test_api_groups(api_version: Any, group: str) -> None:
    assert api_group_of({"apiVersion": api_version}) == group


@given(manifest=st.dictionaries(st.sampled_from(["kind", "apiVersion", "metadata", "items"]), ANYTHING))
def test_nothing_is_raised_by_any_shape(manifest: dict[str, Any]) -> None:
    assert isinstance(kind_of(manifest) + name_of(manifest) + namespace_of(manifest) + api_group_of(manifest), str)
    assert all(isinstance(item, dict) for _, item in expand_lists(manifest))


def test_lists_give_their_items_with_the_path_to_each() -> None:
    inner = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}]}
    outer = {"kind": "List", "apiVersion": "v1", "items": [{"kind": "Service"}, "odd", inner]}
    assert [(path, item.get("kind")) for path, item in expand_lists(outer)] == [
        ("items[0]", "Service"),
        ("items[2].items[0]", "Pod"),
    ]


def test_items_of_a_typed_list_take_kind_and_version_from_it() -> None:
    listed = {"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [{"spec": {}}, {"kind": "Other"}]}
    assert [item for _, item in expand_lists(listed)] == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}},
        {"apiVersion": "apps/v1", "kind": "Other"},
    ]


def test_what_has_items_is_a_list_to_kubectl_whatever_its_kind() -> None:
    items = [{"kind": "Pod", "apiVersion": "v1"}, {"spec": 1}]
    manifest = {"kind": "Deployment", "apiVersion": "apps/v1", "items": items, "spec": {}}
    assert list(expand_lists({"kind": "List", "apiVersion": "v1", "items": [manifest]})) == [
        ("items[0]", {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {}}),
        ("items[0].items[0]", {"kind": "Pod", "apiVersion": "v1"}),
        ("items[0].items[1]", {"kind": "Deployment", "apiVersion": "apps/v1", "spec": 1}),
    ]
    assert list(expand_lists({"kind": "Deployment", "items": []})) == [("", {"kind": "Deployment", "items": []})]


def test_a_list_that_holds_itself_ends() -> None:
    loop: dict[str, Any] = {"kind": "List", "items": []}
    loop["items"].append(loop)
    assert list(expand_lists(loop)) == []


def test_lists_in_lists_are_followed_at_any_depth() -> None:
    manifest: dict[str, Any] = {"kind": "Pod"}
    for _ in range(2000):
        manifest = {"kind": "List", "items": [manifest]}
    ((path, found),) = expand_lists(manifest)
    assert found == {"kind": "Pod"}
    assert path.count("items[0]") == 2000
