"""Every object of a plan has a typed class, found by apiVersion and kind."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_kubernetes import apiextensions, core, networking, rbac

from k8s_hardening.resources.kinds import fields_of, maker_of


def manifest(api_version: str, kind: str, name: str = "any") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("api_version", "kind", "maker"),
    [
        ("v1", "ConfigMap", core.v1.ConfigMap),
        ("v1", "LimitRange", core.v1.LimitRange),
        ("v1", "Namespace", core.v1.Namespace),
        ("v1", "ResourceQuota", core.v1.ResourceQuota),
        ("v1", "ServiceAccount", core.v1.ServiceAccount),
        ("networking.k8s.io/v1", "NetworkPolicy", networking.v1.NetworkPolicy),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", rbac.v1.ClusterRole),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", rbac.v1.ClusterRoleBinding),
        ("rbac.authorization.k8s.io/v1", "Role", rbac.v1.Role),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", rbac.v1.RoleBinding),
    ],
)
def test_a_built_in_kind_has_its_typed_class(api_version: str, kind: str, maker: object) -> None:
    assert maker_of(manifest(api_version, kind)) is maker


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"])
def test_admission_policies_have_their_typed_classes(kind: str) -> None:
    maker = maker_of(manifest("admissionregistration.k8s.io/v1", kind))
    assert getattr(maker, "pulumi_type", None) == f"kubernetes:admissionregistration.k8s.io/v1:{kind}"


def test_the_service_account_that_the_cluster_makes_is_patched() -> None:
    assert maker_of(manifest("v1", "ServiceAccount", "default")) is core.v1.ServiceAccountPatch


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("networking.example.com/v1", "NetworkPolicy"),
        ("example.com/v1", "Role"),
    ],
)
def test_a_kind_of_somebody_else_is_a_custom_resource(api_version: str, kind: str) -> None:
    assert maker_of(manifest(api_version, kind)) is apiextensions.CustomResource


def test_only_the_names_of_the_top_fields_change() -> None:
    binding = {"apiVersion": "v1", "roleRef": {"apiGroup": "g"}, "automountServiceAccountToken": False}
    assert fields_of(binding) == {
        "api_version": "v1",
        "role_ref": {"apiGroup": "g"},
        "automount_service_account_token": False,
    }
