"""Sizes, quotas and limits of a tenant's namespaces as the API server gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.model.limits import LimitsSpec
from k8s_hardening.model.namespaces import NamespaceSpec
from k8s_hardening.model.sizes import PRESETS, Size
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.tenant_limits import limit_range, quotas
from tests.plans.test_tenant import objects


def namespace(**fields: Any) -> NamespaceSpec:
    return NamespaceSpec.model_validate({"name": "payments-api", **fields})


def hard(**fields: Any) -> dict[str, str]:
    found: dict[str, str] = next(quotas(namespace(**fields), ()))["spec"]["hard"]
    return found


def limits(**fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = limit_range(namespace(limits=fields))["spec"]["limits"]
    return found


def test_without_a_size_a_namespace_is_of_the_middle_one() -> None:
    assert namespace() == namespace(size="medium").model_copy(update={"size": Size.MEDIUM})
    assert hard() == dict(PRESETS[Size.MEDIUM].quota)


@pytest.mark.parametrize("size", Size)
def test_a_size_gives_quota_and_maximum_and_each_amount_can_be_another(size: Size) -> None:
    preset = PRESETS[size]
    assert hard(size=size.value, quota={"pods": 7}) == {**preset.quota, "pods": "7"}
    made = namespace(size=size.value, limits={"max": {"memory": "3Gi"}})
    assert made.limits.max == {**preset.container, "memory": "3Gi"}
    assert made.limits.default == LimitsSpec().default


def test_the_size_of_the_tenant_is_that_of_namespaces_that_name_none() -> None:
    tenant = TenantInputs.model_validate(
        {
            "name": "a",
            "kubernetes": "1.36",
            "admins": ["group:a-admins"],
            "size": "small",
            "namespaces": [{"name": "b"}, {"name": "c", "size": "large"}],
        }
    )
    assert [one.quota["pods"] for one in tenant.namespaces] == ["20", "200"]
    again = TenantInputs.model_validate({**{name: getattr(tenant, name) for name in TenantInputs.model_fields}})
    assert again.namespaces == tenant.namespaces


def test_counts_are_part_of_the_quota() -> None:
    assert hard(counts={"deployments.apps": 20, "configmaps": "100"})["count/deployments.apps"] == "20"
    assert hard(counts={"configmaps": "100"})["count/configmaps"] == "100"


def test_scoped_quotas_are_objects_of_their_own() -> None:
    scoped = [
        {"name": "batch", "scopes": ["Terminating"], "priority_classes": ["b", "a"], "hard": {"pods": 5, "cpu": "2"}},
        {"name": "gold", "volume_attributes_classes": ["gold"], "hard": {"requests.storage": "10Gi"}},
    ]
    found = objects("1.37", priority_classes=["a", "b"], namespaces=[{"name": "payments-api", "scoped_quotas": scoped}])
    assert found["ResourceQuota/tenant-quota-batch"]["spec"] == {
        "hard": {"pods": "5", "cpu": "2"},
        "scopeSelector": {
            "matchExpressions": [
                {"scopeName": "Terminating", "operator": "Exists"},
                {"scopeName": "PriorityClass", "operator": "In", "values": ["a", "b"]},
            ]
        },
    }
    assert found["ResourceQuota/tenant-quota-gold"]["spec"]["scopeSelector"]["matchExpressions"] == [
        {"scopeName": "VolumeAttributesClass", "operator": "In", "values": ["gold"]}
    ]


def test_priority_classes_come_with_the_quota_that_lets_their_pods_in() -> None:
    found = objects(priority_classes=["payments-critical"])
    assert found["ResourceQuota/tenant-priorities"]["spec"] == {
        "hard": {"pods": "50"},
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["payments-critical"]}]
        },
    }
    assert "ResourceQuota/tenant-priorities" not in objects()


def test_the_limit_range_has_an_item_for_each_type_that_is_limited() -> None:
    assert [one["type"] for one in limits()] == ["Container"]
    container, pod, claim = limits(
        min={"cpu": "10m"},
        max_ratio={"cpu": "5"},
        pod={"max": {"memory": "8Gi"}, "max_ratio": {"cpu": 6}},
        claims={"max": "100Gi"},
    )
    assert container["min"] == {"cpu": "10m"}
    assert container["maxLimitRequestRatio"] == {"cpu": "5"}
    assert pod == {"type": "Pod", "max": {"memory": "8Gi"}, "maxLimitRequestRatio": {"cpu": "6"}}
    assert claim == {"type": "PersistentVolumeClaim", "max": {"storage": "100Gi"}}


def test_what_a_container_gets_that_names_nothing_is_what_the_server_makes_of_it() -> None:
    spec = LimitsSpec.model_validate({"max": {"ephemeral-storage": "4Gi"}, "min": {"ephemeral-storage": "1Gi"}})
    assert spec.limit_of_default()["ephemeral-storage"] == "4Gi"
    assert spec.request_of_default()["ephemeral-storage"] == "4Gi"
    assert spec.request_of_default()["cpu"] == "100m"


def test_tolerations_are_said_to_the_plugin_only_where_it_runs() -> None:
    tolerations: dict[str, Any] = {
        "tolerations": [{"key": "example.com/pool", "value": "retail", "effect": "NoSchedule"}]
    }
    found = objects(**tolerations, pod_toleration_restriction=True)["Namespace/payments-api"]["metadata"]["annotations"]
    own = {"key": "example.com/pool", "operator": "Equal", "value": "retail", "effect": "NoSchedule"}
    assert json.loads(found["scheduler.alpha.kubernetes.io/defaultTolerations"]) == [own]
    allowed = json.loads(found["scheduler.alpha.kubernetes.io/tolerationsWhitelist"])
    assert allowed[0] == own
    assert {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"} in allowed
    assert "annotations" not in objects(**tolerations)["Namespace/payments-api"]["metadata"]


def test_nodes_are_said_to_the_plugin_only_where_it_runs() -> None:
    selector: dict[str, Any] = {"node_selector": {"example.com/pool": "payments", "disk": "ssd"}}
    key = "scheduler.alpha.kubernetes.io/node-selector"
    found = objects(**selector, pod_node_selector=True)["Namespace/payments-api"]["metadata"]
    assert found["annotations"] == {key: "disk=ssd,example.com/pool=payments"}
    assert "annotations" not in objects(**selector)["Namespace/payments-api"]["metadata"]
