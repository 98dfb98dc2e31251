"""Each point of what the authorizer does, with the words of its source."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.access import Match, World, account, allows, identity_of, member, user
from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.version import KubeVersion
from tests.kube.access.worlds import Object, bind, rbac, rule


def asks(verb: str, what: str, namespace: str = "shop", name: str = "", group: str = "") -> ApiRequest:
    if what.startswith("/"):
        return ApiRequest(verb, what)
    resource, _, subresource = what.partition("/")
    return ApiRequest(verb, "", True, group, resource, subresource, namespace, name)


def one_rule(made: Object, *, cluster: bool = False) -> World:
    kind, where = ("ClusterRole", "") if cluster else ("Role", "shop")
    return World.of(
        [rbac(kind, "r", where, rules=[made]), bind(f"{kind}/r", "user:eve", namespace=where)], built_in=False
    )


@pytest.mark.parametrize(
    ("made", "request_", "expected"),
    [
        (rule("get", "pods"), asks("get", "pods"), True),
        (rule("get", "pods"), asks("list", "pods"), False),
        (rule("*", "pods"), asks("escalate", "pods"), True),
        (rule("get", "pods"), asks("get", "pods/log"), False),
        (rule("get", "pods/log"), asks("get", "pods"), False),
        (rule("get", "pods/*"), asks("get", "pods/log"), False),
        (rule("get", "pods/*"), asks("get", "pods/*"), True),
        (rule("get", "*/log"), asks("get", "pods/log"), True),
        (rule("get", "*/log"), asks("get", "pods/catalog"), False),
        (rule("get", "*/log"), asks("get", "pods"), False),
        (rule("get", "*"), asks("get", "pods/log"), True),
        (rule("get", "pods"), asks("get", "pods", group="apps"), False),
        (rule("get", "pods", groups="*"), asks("get", "pods", group="apps"), True),
        (rule("get", "pods", names="db"), asks("get", "pods", name="db"), True),
        (rule("get", "pods", names="db"), asks("get", "pods", name="web"), False),
        (rule("create", "pods", names="db"), asks("create", "pods"), False),
        (rule("get", "Pods"), asks("get", "pods"), False),
        (rule("get", "pods"), asks("get", "pods", namespace="pay"), False),
        (rule("get", "pods"), asks("get", "pods", namespace=""), False),
        (rule("get", urls="/x"), asks("get", "/x"), False),
    ],
)
def test_a_rule_of_a_role(made: Object, request_: ApiRequest, expected: bool) -> None:
    assert allows(one_rule(made), user("eve"), request_).allowed is expected


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("/x", "/x", True),
        ("/x", "/x/", False),
        ("/x/*", "/x", False),
        ("/x/*", "/x/y/z", True),
        ("/x*", "/xy", True),
        ("/x**", "/xy", True),
        ("/x/*/z", "/x/y/z", False),
        ("*", "/anything", True),
    ],
)
def test_a_path_of_a_cluster_role(url: str, path: str, expected: bool) -> None:
    assert allows(one_rule(rule("get", urls=url), cluster=True), user("eve"), asks("get", path)).allowed is expected


@pytest.mark.parametrize(
    ("subject", "who", "expected"),
    [
        ("user:eve", "eve", True),
        ("user:eve", "group:eve", False),
        ("group:devs", "group:devs", True),
        ("group:system:authenticated", "eve", True),
        ("group:system:authenticated", "system:anonymous", False),
        ("group:system:unauthenticated", "system:anonymous", True),
        ("serviceaccount:shop/app", "serviceaccount:shop/app", True),
        ("serviceaccount:app", "serviceaccount:shop/app", True),
        ("serviceaccount:pay/app", "serviceaccount:shop/app", False),
        ("user:system:serviceaccount:shop:app", "serviceaccount:shop/app", True),
        ("group:system:serviceaccounts", "serviceaccount:pay/x", True),
        ("group:system:serviceaccounts:shop", "serviceaccount:shop/x", True),
        ("group:system:serviceaccounts:shop", "serviceaccount:pay/x", False),
        ("group:system:serviceaccounts", "group:system:serviceaccounts:pay", True),
    ],
)
def test_a_subject(subject: str, who: str, expected: bool) -> None:
    objects = [rbac("Role", "r", "shop", rules=[rule("get", "pods")]), bind("Role/r", subject, namespace="shop")]
    found = allows(World.of(objects, built_in=False), identity_of(who), asks("get", "pods"))
    assert found.allowed is expected


def test_the_group_of_masters_may_do_everything_without_any_binding() -> None:
    world = World.of([], built_in=False)
    assert allows(world, member("system:masters"), asks("delete", "nodes", "")).match is Match.YES
    assert allows(world, member("system:masters"), asks("get", "/secret")).match is Match.YES


def test_an_answer_names_the_binding_and_the_rule() -> None:
    found = allows(one_rule(rule("get list", "pods/log")), user("eve"), asks("get", "pods/log"))
    assert str(found.because) == "RoleBinding shop/r-1 gives user:eve Role shop/r rules[0]: get,list pods/log"


def test_a_cluster_role_counts_where_it_is_bound_and_cluster_wide_only_by_a_cluster_binding() -> None:
    role = rbac("ClusterRole", "r", rules=[rule("get", "nodes"), rule("get", urls="/x")])
    local = World.of([role, bind("ClusterRole/r", "user:eve", namespace="shop")], built_in=False)
    everywhere = World.of([role, bind("ClusterRole/r", "user:eve")], built_in=False)
    for request, expected in (
        (asks("get", "nodes"), True),
        (asks("get", "nodes", ""), False),
        (asks("get", "/x"), False),
    ):
        assert allows(local, user("eve"), request).allowed is expected
        assert allows(everywhere, user("eve"), request).allowed


@pytest.mark.parametrize("role", ["Role/none", "ClusterRole/none"])
def test_a_role_that_is_not_there_gives_nothing_and_is_told(role: str) -> None:
    world = World.of([bind(role, "user:eve", namespace="shop", name="b")], built_in=False)
    assert not allows(world, user("eve"), asks("get", "pods")).allowed
    kind, _, name = role.partition("/")
    assert world.flaws == (f"RoleBinding shop/b: there is no {kind} {name} among the objects, so it gives nothing",)


def test_a_cluster_binding_of_a_role_gives_nothing() -> None:
    world = World.of([rbac("Role", "r", "shop", rules=[rule("*", "*")]), bind("Role/r", "user:eve")], built_in=False)
    assert not allows(world, user("eve"), asks("get", "pods")).allowed


def gathering(name: str, selector: Any, labels: dict[str, str], rules: list[Object] | None = None) -> Object:
    made = rbac("ClusterRole", name, aggregationRule={"clusterRoleSelectors": [selector]}, rules=rules or [])
    made["metadata"]["labels"] = labels
    return made


def labelled(name: str, labels: dict[str, str], *rules: Object) -> Object:
    made = rbac("ClusterRole", name, rules=list(rules))
    made["metadata"]["labels"] = labels
    return made


def test_aggregated_roles_gather_through_each_other_and_in_circles() -> None:
    objects = [
        gathering("top", {"matchLabels": {"to": "top"}}, {"to": "middle"}),
        gathering(
            "middle", {"matchExpressions": [{"key": "to", "operator": "In", "values": ["middle"]}]}, {"to": "top"}
        ),
        labelled("leaf", {"to": "middle"}, rule("get", "pods")),
        bind("ClusterRole/top", "user:eve"),
    ]
    assert allows(World.of(objects, built_in=False), user("eve"), asks("get", "pods")).match is Match.YES


def test_rules_written_into_an_aggregated_role_count_until_the_controller_comes_by() -> None:
    objects = [
        gathering("top", {"matchLabels": {"a": "b"}}, {}, [rule("get", "pods")]),
        bind("ClusterRole/top", "user:eve"),
    ]
    assert allows(World.of(objects, built_in=False), user("eve"), asks("get", "pods")).match is Match.MAYBE


def test_the_roles_of_the_server_gather_what_is_labelled_for_them() -> None:
    widgets = labelled(
        "widgets", {"rbac.authorization.k8s.io/aggregate-to-view": "true"}, rule("get", "widgets", groups="example.com")
    )
    world = World.of([widgets, bind("ClusterRole/edit", "user:eve", namespace="shop")])
    assert allows(world, user("eve"), asks("get", "widgets", group="example.com")).match is Match.YES


@pytest.mark.parametrize(
    ("version", "expected"), [(KubeVersion(1, 21), True), (KubeVersion(1, 22), False)], ids=["1.21", "1.22"]
)
def test_the_roles_of_the_server_are_those_of_the_version(version: KubeVersion, expected: bool) -> None:
    world = World.of([bind("ClusterRole/edit", "user:eve", namespace="shop")], version)
    assert allows(world, user("eve"), asks("update", "endpoints")).allowed is expected


UNKNOWN_FIELDS: dict[str, Object] = {
    "verb": {"verbs": [UNKNOWN], "apiGroups": [""], "resources": ["pods"]},
    "verbs": {"verbs": UNKNOWN, "apiGroups": [""], "resources": ["pods"]},
    "group": {"verbs": ["get"], "apiGroups": [UNKNOWN], "resources": ["pods"]},
    "resource": {"verbs": ["get"], "apiGroups": [""], "resources": ["nodes", UNKNOWN]},
    "name": {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": [UNKNOWN]},
}


@pytest.mark.parametrize("field", UNKNOWN_FIELDS)
def test_an_unknown_value_of_a_rule_may_be_the_one_that_allows(field: str) -> None:
    found = allows(one_rule(UNKNOWN_FIELDS[field]), user("eve"), asks("get", "pods", name="db"))
    assert found.match is Match.MAYBE


@pytest.mark.parametrize(
    "path",
    [
        ["subjects"],
        ["subjects", 0],
        ["subjects", 0, "name"],
        ["roleRef"],
        ["roleRef", "name"],
        ["metadata", "namespace"],
    ],
)
def test_an_unknown_value_of_a_binding_may_be_the_one_that_allows(path: list[Any]) -> None:
    binding = bind("Role/r", "user:eve", namespace="shop")
    holder: Any = binding
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = UNKNOWN
    world = World.of([rbac("Role", "r", "shop", rules=[rule("get", "pods")]), binding], built_in=False)
    assert allows(world, user("eve"), asks("get", "pods")).match is Match.MAYBE


def test_of_two_roles_with_one_name_only_one_will_be_there() -> None:
    roles = [rbac("Role", "r", "shop", rules=[rule("get", one)]) for one in ("pods", "secrets")]
    world = World.of([*roles, bind("Role/r", "user:eve", namespace="shop")], built_in=False)
    assert allows(world, user("eve"), asks("get", "secrets")).match is Match.MAYBE
    assert world.flaws == ("Role shop/r: is written by several objects that differ, so none counts for sure",)


def test_a_service_account_has_its_groups() -> None:
    assert account("shop", "app").groups == {
        "system:authenticated",
        "system:serviceaccounts",
        "system:serviceaccounts:shop",
    }
