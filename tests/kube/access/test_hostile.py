"""Untrusted objects: nothing that they hold raises, and none of them takes long."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.access import Closure, TooFarError, World, matrix, rights, user
from tests.kube.access.worlds import RBAC, Object, bind, rbac, rule
from tests.kube.test_manifest import ANYTHING

pytestmark = pytest.mark.thorough

KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "Namespace", "ServiceAccount", "List")
SECONDS = 20


@st.composite
def odd_objects(draw: st.DrawFn) -> Object:
    """An object of access with anything anywhere."""
    made: Object = {"apiVersion": f"{RBAC}/v1", "kind": draw(st.sampled_from(KINDS))}
    for field in ("metadata", "rules", "aggregationRule", "roleRef", "subjects", "items"):
        if draw(st.booleans()):
            made[field] = draw(ANYTHING)
    if draw(st.booleans()):
        made["metadata"] = {"name": draw(ANYTHING), "namespace": draw(ANYTHING), "labels": draw(ANYTHING)}
    if draw(st.booleans()):
        made["rules"] = [{"verbs": draw(ANYTHING), "resources": draw(ANYTHING), "apiGroups": draw(ANYTHING)}]
    if draw(st.booleans()):
        made["roleRef"] = {"kind": draw(ANYTHING), "name": draw(ANYTHING)}
        made["subjects"] = [{"kind": "User", "name": "eve"}, {"kind": draw(ANYTHING), "name": draw(ANYTHING)}]
    return made


@given(st.lists(odd_objects(), max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anything_is_read(objects: list[Object]) -> None:
    world = World.of(objects, built_in=False)
    for row in matrix(world):
        rights(row.grants)
    assert "user:eve" in Closure(world, user("eve")).holders


def cpu_seconds(objects: list[Object]) -> float:
    began = time.process_time()
    assert list(matrix(World.of(objects)))
    return time.process_time() - began


def test_many_roles_that_gather_each_other_stay_cheap() -> None:
    objects: list[Any] = []
    for number in range(1500):
        selector = {"matchExpressions": [{"key": f"k{number}", "operator": "DoesNotExist"}]}
        one = rbac("ClusterRole", f"c{number}", aggregationRule={"clusterRoleSelectors": [selector]}, rules=[])
        one["metadata"]["labels"] = {"number": str(number)}
        objects.append(one)
    objects.append(bind("ClusterRole/c1", "user:eve"))
    assert cpu_seconds(objects) < SECONDS


def test_many_accounts_that_reach_each_other_stay_cheap() -> None:
    objects: list[Any] = [rbac("ClusterRole", "run", rules=[rule("create", "pods serviceaccounts/token")])]
    objects += [
        bind("ClusterRole/run", f"serviceaccount:ns-{one}/a", namespace=f"ns-{(one + 1) % 90}", name="b")
        for one in range(90)
    ]
    assert cpu_seconds(objects) < SECONDS


def test_rights_that_lead_on_and_on_are_given_up_in_words() -> None:
    objects: list[Any] = []
    for one in range(1400):
        objects.append(rbac("ClusterRole", f"c{one}", rules=[rule("impersonate", "users", names=f"u{one + 1}")]))
        objects.append(bind(f"ClusterRole/c{one}", f"user:u{one}", name=f"b{one}"))
    with pytest.raises(TooFarError, match="more than 100 times in a row"):
        cpu_seconds(objects)


def test_rights_that_lead_to_everybody_are_given_up_in_words_and_in_time() -> None:
    crowd = [f"serviceaccount:ns-{one}/a" for one in range(800)]
    objects: list[Any] = [rbac("ClusterRole", "mint", rules=[rule("create", "serviceaccounts/token")])]
    objects += [bind("ClusterRole/mint", *crowd, name="b")]
    began = time.process_time()
    with pytest.raises(TooFarError, match="more than 100,000 holders"):
        cpu_seconds(objects)
    assert time.process_time() - began < SECONDS


def test_thousands_who_hold_thousands_of_rules_stay_cheap() -> None:
    rules = [rule("get", "secrets", names=f"s{one}") for one in range(2000)]
    objects: list[Any] = [rbac("ClusterRole", "wide", rules=rules)]
    objects += [bind("ClusterRole/wide", *(f"user:u{one}" for one in range(8000)), name="b")]
    assert cpu_seconds(objects) < SECONDS
