"""What one tenant's namespaces consist of, object by object and version by version."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.tenant import plan_tenant

DNS_LABELS = {"namespace_labels": {"name": "kube-system"}}


def objects(version: str = "1.36", **changes: Any) -> dict[str, dict[str, Any]]:
    data = {
        "name": "payments",
        "admins": ["group:admins"],
        "namespaces": [{"name": "payments-api"}],
        "kubernetes": version,
        "dns": DNS_LABELS,
        **changes,
    }
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in plan_tenant(TenantInputs.model_validate(data))}


def labels(version: str, **changes: Any) -> dict[str, str]:
    found: dict[str, str] = objects(version, **changes)["Namespace/payments-api"]["metadata"]["labels"]
    return found


OWN = {"app.kubernetes.io/managed-by": "k8s-hardening", "k8s-hardening/tenant": "payments"}


@pytest.mark.parametrize("version", ["1.18", "1.20"])
def test_before_1_21_a_namespace_carries_its_name_itself(version: str) -> None:
    assert labels(version) == {**OWN, "k8s-hardening/namespace": "payments-api"}


@pytest.mark.parametrize("version", ["1.21", "1.22"])
def test_before_1_23_there_is_no_pod_security_admission(version: str) -> None:
    assert labels(version) == OWN


@pytest.mark.parametrize("version", ["1.23", "1.24", "1.30", "1.36", "1.37"])
def test_pod_security_is_pinned_to_the_version_of_the_cluster(version: str) -> None:
    assert labels(version) == {
        **OWN,
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": f"v{version}",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": f"v{version}",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": f"v{version}",
    }


def test_the_weaker_level_still_warns_of_what_restricted_would_refuse() -> None:
    found = labels("1.36", namespaces=[{"name": "payments-api", "pod_security": "baseline"}])
    levels = [found[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")]
    assert levels == ["baseline", "restricted", "restricted"]


def test_labels_of_the_tenant_are_added_and_never_replace_ours() -> None:
    assert labels("1.21", labels={"example.com/a": "b"}) == {**OWN, "example.com/a": "b"}


def test_the_day_of_the_end_is_an_annotation() -> None:
    namespace = objects(decommission="2027-06-30")["Namespace/payments-api"]
    assert namespace["metadata"]["annotations"] == {"k8s-hardening/decommission": "2027-06-30"}
    assert "annotations" not in objects()["Namespace/payments-api"]["metadata"]


def test_quota_and_limits() -> None:
    found = objects()
    assert found["ResourceQuota/tenant-quota"]["spec"] == {
        "hard": {
            "pods": "50",
            "requests.cpu": "4",
            "requests.memory": "8Gi",
            "limits.cpu": "8",
            "limits.memory": "16Gi",
            "services.nodeports": "0",
            "services.loadbalancers": "0",
        }
    }
    assert found["LimitRange/tenant-limits"]["spec"] == {
        "limits": [
            {
                "type": "Container",
                "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
                "default": {"cpu": "500m", "memory": "256Mi"},
                "max": {"cpu": "2", "memory": "4Gi"},
            }
        ]
    }


def test_the_default_account_is_inert() -> None:
    account = objects(admins=["group:payments-admins"], members=["serviceaccount:payments-api/ci"])
    assert account["ServiceAccount/default"]["automountServiceAccountToken"] is False
    bound = [subject for one in account.values() if one["kind"] == "RoleBinding" for subject in one["subjects"]]
    assert {"kind": "ServiceAccount", "name": "ci", "namespace": "payments-api"} in bound
    assert "default" not in {subject["name"] for subject in bound}


def test_each_role_goes_to_those_who_have_it_and_to_nobody_else() -> None:
    found = objects(admins=["group:payments-admins", "user:alice@example.com"], viewers=["serviceaccount:ci/reporter"])
    rbac = "rbac.authorization.k8s.io"
    assert found["RoleBinding/tenant-admin"]["roleRef"] == {"apiGroup": rbac, "kind": "Role", "name": "tenant-admin"}
    assert found["RoleBinding/tenant-admin"]["subjects"] == [
        {"apiGroup": rbac, "kind": "Group", "name": "payments-admins"},
        {"apiGroup": rbac, "kind": "User", "name": "alice@example.com"},
    ]
    assert found["RoleBinding/tenant-viewer"]["subjects"] == [
        {"kind": "ServiceAccount", "name": "reporter", "namespace": "ci"}
    ]
    assert "Role/tenant-member" not in found
    assert "RoleBinding/tenant-member" not in found


def test_every_object_lies_in_the_tenants_namespaces() -> None:
    two = objects(namespaces=[{"name": "payments-api"}, {"name": "payments-db"}], members=["user:a"])
    inside = {one["metadata"].get("namespace", one["metadata"]["name"]) for one in two.values()}
    assert inside == {"payments-api", "payments-db"}
    assert not {one["kind"] for one in two.values()} & {"ClusterRole", "ClusterRoleBinding"}
