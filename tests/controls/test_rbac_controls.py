"""What fixtures cannot show: findings of two controls about one object, and values known only at apply."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE, findings_of

RBAC = "rbac.authorization.k8s.io"
JUDGE = Knowledge.model_validate({**KNOWLEDGE, "platform": ["group:platform-team"]})


def found(manifest: dict[str, Any], knowledge: Knowledge = JUDGE) -> Counter[tuple[str, str]]:
    return Counter({(control, path): n for (control, _, path), n in findings_of([manifest], knowledge).items()})


def cluster_role(**rule: list[str]) -> dict[str, Any]:
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "app"}, "rules": [rule]}


def bound(role: Any, *subjects: Any, namespace: Any = "payments-api") -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "app", "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def group(name: Any) -> dict[str, Any]:
    return {"kind": "Group", "apiGroup": RBAC, "name": name}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            {"apiGroups": ["*"], "resources": ["nodes/proxy"], "verbs": ["*"]},
            {
                ("rbac-wildcards", "rules[0].apiGroups[0]"),
                ("rbac-wildcards", "rules[0].verbs[0]"),
                ("rbac-escalation", "rules[0].resources[0]"),
            },
        ),
        (
            {"apiGroups": [RBAC], "resources": ["*"], "verbs": ["escalate"]},
            {("rbac-wildcards", "rules[0].resources[0]"), ("rbac-escalation", "rules[0].verbs[0]")},
        ),
        (
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            {("rbac-wildcards", f"rules[0].{field}[0]") for field in ("apiGroups", "resources", "verbs")},
        ),
    ],
)
def test_each_culprit_of_a_role_has_one_control(rule: dict[str, list[str]], expected: set[tuple[str, str]]) -> None:
    assert found(cluster_role(**rule)) == Counter(expected)


@pytest.mark.parametrize("field", ["apiGroups", "verbs"])
def test_a_dangerous_resource_is_found_beside_unknown_groups_and_verbs(field: str) -> None:
    rule: dict[str, Any] = {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["create"]}
    found_paths = found(cluster_role(**{**rule, field: UNKNOWN}))
    assert ("rbac-escalation", "rules[0].resources[0]") in found_paths


def test_a_role_known_only_at_apply_blames_everybody_but_the_platform() -> None:
    culprits = {("tenant-cluster-admin", "roleRef.name"), ("tenant-builtin-roles", "roleRef.name")}
    assert found(bound(UNKNOWN, group("payments-admins"))) == Counter(culprits)
    assert found(bound(UNKNOWN, group("strangers"))) == Counter(culprits)
    assert not found(bound(UNKNOWN, group("platform-team")))


def test_a_namespace_known_only_at_apply_is_a_finding_for_a_tenants_subject() -> None:
    about_binding = found(bound("view", group("payments-admins"), namespace=UNKNOWN))
    assert ("cross-tenant-binding", "metadata.namespace") in about_binding
    about_platform = found(bound("view", group("platform-team"), namespace=UNKNOWN))
    assert ("cross-tenant-binding", "metadata.namespace") not in about_platform


def test_an_unknown_subject_never_passes() -> None:
    assert set(found(bound("edit", group(UNKNOWN)))) == {
        ("cross-namespace-binding", "subjects[0].name"),
        ("cross-tenant-binding", "subjects[0].name"),
        ("secret-readers", "subjects"),
        ("system-subjects", "subjects[0].name"),
        ("tenant-builtin-roles", "roleRef.name"),
    }


def test_without_knowledge_of_tenants_nobody_is_a_tenants_subject() -> None:
    nobody = Knowledge.model_validate({**KNOWLEDGE, "tenants": []})
    assert not found(bound("edit", group("payments-admins")), nobody)


def test_a_label_of_the_stack_does_not_make_a_subject_a_tenants() -> None:
    labelled = bound("edit", group("platform-team"))
    labelled["metadata"]["labels"] = {"k8s-hardening/tenant": "payments"}
    assert not found(labelled)


@pytest.mark.parametrize(
    ("role", "subject", "is_found"),
    [
        ("cluster-admin", {"kind": "Group", "name": "system:serviceaccounts:ci"}, True),
        ("cluster-admin", {"kind": "User", "name": "system:serviceaccount:ci:deployer"}, False),
        ("system:kube-controller-manager", {"kind": "User", "name": "system:kube-scheduler"}, True),
        (
            "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
            group("system:bootstrappers-of-ours"),
            True,
        ),
    ],
)
def test_only_the_very_subject_may_have_everything(role: str, subject: dict[str, Any], *, is_found: bool) -> None:
    judge = Knowledge.model_validate({**KNOWLEDGE, "platform": ["serviceaccount:ci/deployer"]})
    one = {**bound(role, subject), "kind": "ClusterRoleBinding", "metadata": {"name": "app"}}
    assert found(one, judge) == Counter({("tenant-cluster-admin", "subjects[0].name"): int(is_found)})


def test_a_declared_emergency_is_no_stranger_while_its_binding_is_the_declared_one() -> None:
    emergency = {"name": "fire", "subjects": ["user:bob"], "owner": "ops", "expires": "2026-12-24"}
    judge = Knowledge.model_validate({**KNOWLEDGE, "break_glass": [emergency]})
    one = {**bound("cluster-admin", {"kind": "User", "name": "bob"}), "kind": "ClusterRoleBinding"}
    assert set(found({**one, "metadata": {"name": "break-glass-fire"}}, judge)) == {("break-glass", "(emergency)")}
    assert set(found({**one, "metadata": {"name": "fire"}}, judge)) == {("tenant-cluster-admin", "subjects[0].name")}


def test_a_namespace_known_only_at_apply_may_be_that_of_the_servers_own_role() -> None:
    role: dict[str, Any] = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "rules": []}
    own = {**role, "metadata": {"name": "system:controller:token-cleaner", "namespace": UNKNOWN}}
    assert found(own)["rbac-built-in-roles", "metadata.namespace"] == 1
    assert not found({**role, "metadata": {"name": "app", "namespace": UNKNOWN}})[
        "rbac-built-in-roles", "metadata.namespace"
    ]


def test_a_namespace_does_not_hide_a_role_of_the_whole_cluster() -> None:
    role = {**cluster_role(apiGroups=[""], resources=["pods"], verbs=["list"])}
    role["metadata"] = {"name": "system:basic-user", "namespace": "payments-api"}
    assert found(role)["rbac-built-in-roles", "rules[0]"] == 1


def test_everybody_as_cluster_admin_is_said_once_and_hidden_by_no_exemption_of_another_control() -> None:
    one = {**bound("cluster-admin", group("system:authenticated")), "kind": "ClusterRoleBinding"}
    one["metadata"] = {"name": "app"}
    assert found(one) == Counter({("system-subjects", "subjects[0].name"): 1})
    others = tuple(control for control in CONTROLS if control.id != "system-subjects")
    assert set(findings_of([one], JUDGE, others)) == {("tenant-cluster-admin", 0, "subjects[0].name")}


def test_a_subject_that_another_control_finds_in_a_binding_of_the_servers_own_is_said_once() -> None:
    own = bound("system:basic-user", group("system:authenticated"), group("payments-admins"), group("others"))
    one = {**own, "kind": "ClusterRoleBinding", "metadata": {"name": "system:basic-user"}}
    assert found(one) == Counter(
        {
            ("cross-tenant-binding", "subjects[1].name"): 1,
            ("rbac-built-in-roles", "subjects[2]"): 1,
        }
    )
