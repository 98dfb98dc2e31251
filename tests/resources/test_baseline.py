"""The component `HardenedBaseline`: one tenant component per tenant, and nothing of the plan left out."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import HardenedBaseline, HardenedBaselineArgs
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.resources.monitor import Recording, record

TENANTS: list[Any] = [
    {
        "name": "payments",
        "namespaces": [{"name": "payments-api"}],
        "accepts": ["shop/pay"],
        "flows": [
            {
                "name": "bank",
                "source": {"namespace": "payments-api"},
                "destination": {"cidr": "203.0.113.0/24"},
                "ports": ["TCP/443"],
            }
        ],
    },
    {
        "name": "shop",
        "namespaces": [{"name": "shop-web"}, {"name": "shop-cart"}],
        "members": ["group:shop"],
        "flows": [
            {
                "name": "pay",
                "source": {"namespace": "shop-cart"},
                "destination": {"namespace": "payments-api"},
                "ports": ["TCP/8443"],
            }
        ],
    },
]


def args(**changes: Any) -> HardenedBaselineArgs:
    """Two tenants on a live cluster."""
    whole: Any = {
        "environment": "dev",
        "kubernetes": "1.36",
        "dialect": "kubeadm",
        "cni": {"name": "calico"},
        "target": {"context_config": "kubeContext"},
        "images": {"registries": ["registry.example.com"]},
        "tenants": TENANTS,
        **changes,
    }
    made: HardenedBaselineArgs = whole
    return made


def made(**changes: Any) -> Recording:
    return record(lambda: HardenedBaseline("baseline", args(**changes)))


def test_components_their_tokens_and_their_names_are_public() -> None:
    components = [resource for resource in made().resources if resource.type.startswith("k8s-hardening:")]
    assert {resource.name: (resource.type, resource.parent) for resource in components} == {
        "baseline": ("k8s-hardening:index:HardenedBaseline", "k8s-hardening-dev"),
        "baseline/admission-policies": ("k8s-hardening:index:AdmissionPolicies", "baseline"),
        "baseline/control-plane": ("k8s-hardening:index:ControlPlane", "baseline"),
        "baseline/pod-security": ("k8s-hardening:index:PodSecurity", "baseline"),
        "baseline/payments": ("k8s-hardening:index:Tenant", "baseline"),
        "baseline/shop": ("k8s-hardening:index:Tenant", "baseline"),
    }


def test_objects_belong_to_the_tenant_and_carry_its_name() -> None:
    found = {resource.name: resource.parent for resource in made().objects()}
    assert found["baseline/payments/Namespace/payments-api"] == "baseline/payments"
    assert found["baseline/payments/NetworkPolicy/payments-api/allow-shop.pay-in"] == "baseline/payments"
    assert found["baseline/shop/NetworkPolicy/shop-cart/allow-pay-out"] == "baseline/shop"


def test_exactly_the_plan_is_registered() -> None:
    planned = plan_baseline(Baseline.model_validate(args())).manifests
    found = [resource.inputs for resource in made().objects()]
    assert len(found) == len(planned)
    assert [manifest for manifest in planned if manifest not in found] == []


def test_namespaces_of_a_live_target_are_protected_until_their_tenant_leaves() -> None:
    leaving = [TENANTS[0], {**TENANTS[1], "decommission": "2026-12-31"}]
    assert {resource.name for resource in made(tenants=leaving).resources if resource.protect} == {
        "baseline/payments/Namespace/payments-api"
    }


def test_nothing_is_protected_where_files_are_rendered() -> None:
    assert not any(resource.protect for resource in made(target={"render": "out/dev"}).resources)


def test_outputs_are_known_at_preview() -> None:
    assert made().component_outputs["baseline"] == {
        "environment": "dev",
        "namespaceNames": {"payments": ["payments-api"], "shop": ["shop-web", "shop-cart"]},
    }


def test_an_environment_without_tenants_registers_only_policies() -> None:
    recording = made(tenants=[])
    assert {one.parent for one in recording.objects()} == {"baseline/admission-policies"}
    assert recording.component_outputs["baseline"] == {"environment": "dev", "namespaceNames": {}}


def test_long_names_of_two_tenants_meet_in_one_flow() -> None:
    tenant, flow = "t" * 40, "f" * 60
    long = {
        "name": tenant,
        "namespaces": [{"name": "long"}],
        "flows": [
            {
                "name": flow,
                "source": {"namespace": "long"},
                "destination": {"namespace": "payments-api"},
                "ports": ["TCP/1"],
            }
        ],
    }
    payments = {**TENANTS[0], "accepts": [f"{tenant}/{flow}"]}
    names = {resource.name for resource in made(tenants=[payments, long]).objects()}
    assert f"baseline/payments/NetworkPolicy/payments-api/allow-{tenant}.{flow}-in" in names


def test_a_provider_reaches_every_object() -> None:
    def program() -> None:
        provider = pulumi.ProviderResource("kubernetes", "cluster")
        HardenedBaseline("baseline", args(), pulumi.ResourceOptions(provider=provider))

    assert {resource.provider for resource in record(program).objects()} == {"cluster"}


def test_mistakes_are_one_readable_error() -> None:
    with pytest.raises(pulumi.RunError) as error:
        payments = {**TENANTS[0], "accepts": []}
        made(dialect="kubeadmin", target={"render": "out", "context_config": "x"}, tenants=[payments, payments])
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    assert all(line.startswith("baseline.") for line in lines)
    assert any(line.startswith('baseline.tenants[1].name: "payments" is already the name') for line in lines)
    assert any(line.startswith("baseline.target:") for line in lines)
