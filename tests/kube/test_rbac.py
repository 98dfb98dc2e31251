from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.rbac import GROUP, binding_of, policy_rules_of

V1 = f"{GROUP}/v1"
VIEW = {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"}


def binding(*subjects: Any, kind: str = "RoleBinding", namespace: Any = "shop-web", role: Any = VIEW) -> dict[str, Any]:
    return {
        "apiVersion": V1,
        "kind": kind,
        "metadata": {"name": "app", "namespace": namespace},
        "roleRef": role,
        "subjects": list(subjects),
    }


@pytest.mark.parametrize(
    ("subject", "identity"),
    [
        ({"kind": "User", "name": "alice@example.com"}, "user:alice@example.com"),
        ({"kind": "Group", "name": "payments-admins"}, "group:payments-admins"),
        ({"kind": "ServiceAccount", "name": "app", "namespace": "ci"}, "serviceaccount:ci/app"),
        ({"kind": "ServiceAccount", "name": "app"}, "serviceaccount:shop-web/app"),
        ({"kind": "ServiceAccount", "name": "app", "namespace": ""}, "serviceaccount:shop-web/app"),
        ({"kind": "User", "name": "system:serviceaccount:ci:app"}, "serviceaccount:ci/app"),
        ({"kind": "Group", "name": "system:serviceaccounts:ci"}, "serviceaccount:ci/*"),
        ({"kind": "Group", "name": "system:serviceaccounts"}, "group:system:serviceaccounts"),
        ({"kind": "Robot", "name": "app"}, ""),
        ("nonsense", ""),
        (UNKNOWN, None),
        ({"kind": UNKNOWN, "name": "app"}, None),
        ({"kind": "User", "name": UNKNOWN}, None),
        ({"kind": "ServiceAccount", "name": "app", "namespace": UNKNOWN}, None),
        ({"kind": "ServiceAccount", "name": UNKNOWN, "namespace": "ci"}, "serviceaccount:ci/"),
    ],
)
def test_who_a_subject_is(subject: Any, identity: str | None) -> None:
    found = binding_of(binding(subject))
    assert found is not None
    assert [one.identity for one in found.subjects()] == [identity]


def test_an_account_without_namespace_is_unknown_with_its_binding() -> None:
    found = binding_of(binding({"kind": "ServiceAccount", "name": "app"}, namespace=UNKNOWN))
    assert found is not None
    assert [one.identity for one in found.subjects()] == [None]


def test_the_culprit_of_a_subject_is_the_field_that_says_whose_it_is() -> None:
    account = {"kind": "ServiceAccount", "name": "app", "namespace": "ci"}
    found = binding_of(binding(account, {"kind": "ServiceAccount", "name": "app"}, {"kind": "User", "name": "alice"}))
    assert found is not None
    assert [one.culprit for one in found.subjects()] == [
        ("subjects[0].namespace", "ci"),
        ("subjects[1].name", "app"),
        ("subjects[2].name", "alice"),
    ]


@pytest.mark.parametrize(
    ("kind", "role", "name"),
    [
        ("RoleBinding", {"kind": "ClusterRole", "name": "edit"}, "edit"),
        ("RoleBinding", {"kind": "Role", "name": "edit"}, None),
        ("RoleBinding", {"kind": UNKNOWN, "name": "edit"}, "edit"),
        ("RoleBinding", UNKNOWN, UNKNOWN),
        ("ClusterRoleBinding", {"kind": "Role", "name": "edit"}, "edit"),
    ],
)
def test_which_cluster_role_is_bound(kind: str, role: Any, name: Any) -> None:
    found = binding_of(binding(kind=kind, role=role))
    assert found is not None
    assert found.cluster_role == name


def test_only_objects_of_the_rbac_group_are_read() -> None:
    stranger = {**binding(), "apiVersion": "example.com/v1"}
    assert binding_of(stranger) is None
    assert not list(policy_rules_of({"apiVersion": "example.com/v1", "kind": "Role", "rules": [{}]}))
    assert [rule.path for rule in policy_rules_of({"apiVersion": V1, "kind": "Role", "rules": [{}, {}]})] == [
        "rules[0]",
        "rules[1]",
    ]
