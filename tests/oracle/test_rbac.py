"""The second RBAC evaluator, held to single sentences of the API's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.rbac import Asker, Question, Rights

pytestmark = pytest.mark.thorough

API = "rbac.authorization.k8s.io/v1"
ALICE, DEPLOYER = Asker.person("alice", "team"), Asker.account("ci", "deployer")
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def role(*rules: dict[str, Any], name: str = "reader", namespace: str = "shop", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"role": name}, **({"namespace": namespace} if namespace else {})}
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "rules": list(rules), **fields}


def binding(*subjects: dict[str, Any], to: str = "Role/reader", namespace: str = "shop") -> dict[str, Any]:
    kind, _, name = to.partition("/")
    return {
        "apiVersion": API,
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": "bound", **({"namespace": namespace} if namespace else {})},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": list(subjects),
    }


USER, GROUP = {"kind": "User", "name": "alice"}, {"kind": "Group", "name": "team"}
ACCOUNT = {"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}
HOMELESS = {"kind": "ServiceAccount", "name": "deployer"}
GET_PODS = Question("get", "pods", namespace="shop")


@pytest.mark.parametrize(
    ("asker", "subject", "permitted"),
    [
        (ALICE, USER, True),
        (ALICE, GROUP, True),
        (ALICE, {"kind": "Group", "name": "system:authenticated"}, True),
        (ALICE, {"kind": "Group", "name": "alice"}, False),
        (ALICE, {"kind": "User", "name": "team"}, False),
        (DEPLOYER, ACCOUNT, True),
        (DEPLOYER, {"kind": "User", "name": "system:serviceaccount:ci:deployer"}, True),
        (DEPLOYER, {"kind": "Group", "name": "system:serviceaccounts:ci"}, True),
        (DEPLOYER, HOMELESS, False),
        (Asker.account("shop", "deployer"), HOMELESS, True),
        (ALICE, ACCOUNT, False),
    ],
)
def test_who_is_meant(asker: Asker, subject: dict[str, Any], permitted: bool) -> None:
    assert Rights([role(PODS), binding(subject)]).permits(asker, GET_PODS) is permitted


@pytest.mark.parametrize(
    ("rule", "question", "permitted"),
    [
        (PODS, GET_PODS, True),
        (PODS, Question("list", "pods", namespace="shop"), False),
        (PODS, Question("get", "pods/log", namespace="shop"), False),
        (PODS, Question("get", "pods", "metrics.k8s.io", namespace="shop"), False),
        (PODS, Question("get", "pods", namespace="other"), False),
        (PODS, Question("get", "pods"), False),
        (PODS | {"verbs": ["*"]}, Question("escalate", "pods", namespace="shop"), True),
        (PODS | {"apiGroups": ["*"]}, Question("get", "pods", "metrics.k8s.io", namespace="shop"), True),
        (PODS | {"resources": ["*"]}, Question("get", "pods/log", namespace="shop"), True),
        (PODS | {"resources": ["*/log"]}, Question("get", "pods/log", namespace="shop"), True),
        (PODS | {"resources": ["*/log"]}, Question("get", "pods", namespace="shop"), False),
        (PODS | {"resources": ["pods/*"]}, Question("get", "pods/log", namespace="shop"), False),
        (PODS | {"resourceNames": ["one"]}, Question("get", "pods", namespace="shop", name="one"), True),
        (PODS | {"resourceNames": ["one"]}, Question("get", "pods", namespace="shop", name="two"), False),
        (PODS | {"resourceNames": ["one"]}, GET_PODS, False),
        (PODS | {"resourceNames": []}, GET_PODS, True),
    ],
)
def test_what_a_rule_covers(rule: dict[str, Any], question: Question, permitted: bool) -> None:
    assert Rights([role(rule), binding(USER)]).permits(ALICE, question) is permitted


def test_a_cluster_role_counts_where_it_is_bound() -> None:
    objects = [role(PODS, namespace=""), binding(USER, to="ClusterRole/reader")]
    assert Rights(objects).permits(ALICE, GET_PODS)
    assert not Rights(objects).permits(ALICE, Question("get", "pods", namespace="other"))
    everywhere = Rights([objects[0], binding(USER, to="ClusterRole/reader", namespace="")])
    assert everywhere.permits(ALICE, Question("get", "pods", namespace="other"))
    assert everywhere.permits(ALICE, Question("get", "pods"))


def test_a_role_that_is_not_there_grants_nothing() -> None:
    assert not Rights([role(PODS, namespace="other"), binding(USER)]).permits(ALICE, GET_PODS)
    assert not Rights([role(PODS), binding(USER, to="ClusterRole/reader")]).permits(ALICE, GET_PODS)


@pytest.mark.parametrize(
    ("url", "path", "permitted"),
    [
        ("/metrics", "/metrics", True),
        ("/metrics", "/metrics/cadvisor", False),
        ("/logs/*", "/logs/kubelet", True),
        ("/logs/*", "/logs", False),
        ("*", "/anything", True),
    ],
)
def test_paths_are_granted_by_cluster_role_bindings_alone(url: str, path: str, permitted: bool) -> None:
    rule = {"nonResourceURLs": [url], "verbs": ["get"]}
    question = Question("get", path=path)
    bound = binding(USER, to="ClusterRole/reader", namespace="")
    assert Rights([role(rule, namespace=""), bound]).permits(ALICE, question) is permitted
    in_namespace = binding(USER, to="ClusterRole/reader")
    assert not Rights([role(rule, namespace=""), in_namespace]).permits(ALICE, question)


def test_an_aggregated_role_is_what_it_gathers() -> None:
    gathered = {"clusterRoleSelectors": [{"matchLabels": {"role": "part"}}]}
    whole = role({**PODS, "verbs": ["delete"]}, namespace="", aggregationRule=gathered)
    rights = Rights([whole, role(PODS, name="part", namespace=""), binding(USER, to="ClusterRole/reader")])
    assert rights.permits(ALICE, GET_PODS)
    assert not rights.permits(ALICE, Question("delete", "pods", namespace="shop"))


def test_roles_that_gather_each_other_end() -> None:
    everything: dict[str, Any] = {"clusterRoleSelectors": [{}]}
    one = role(namespace="", aggregationRule=everything)
    other = role(name="other", namespace="", aggregationRule=everything)
    rights = Rights([one, other, binding(USER, to="ClusterRole/reader")])
    assert not rights.permits(ALICE, GET_PODS)


def test_the_masters_need_no_role() -> None:
    assert Rights([]).permits(Asker.person("root", "system:masters"), Question("delete", "nodes"))
    assert not Rights([]).permits(ALICE, Question("delete", "nodes"))
