"""The component `HardenedBaseline`: one tenant component per tenant, and nothing of the plan left out."""

from __future__ import annotations

import functools
import json
from typing import Any

import pulumi
import pytest

from k8s_hardening import HardenedBaseline, HardenedBaselineArgs
from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.plans.apparmor_loading import LOADER
from tests.resources.monitor import Recording, record

TENANTS: list[Any] = [
    {
        "name": "payments",
        "admins": ["group:admins"],
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
        "admins": ["group:admins"],
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
    return _made(json.dumps(changes, sort_keys=True))


@functools.cache
def _made(changes: str) -> Recording:
    return record(lambda: HardenedBaseline("baseline", args(**json.loads(changes))))


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
        "apparmorProfiles": {},
        "environment": "dev",
        "namespaceNames": {"payments": ["payments-api"], "shop": ["shop-web", "shop-cart"]},
    }


def test_an_environment_without_tenants_registers_only_policies() -> None:
    recording = made(tenants=[])
    beside = [one for one in recording.objects() if one.parent != "baseline/admission-policies"]
    assert {one.parent for one in beside} == {"baseline"}
    assert {one.inputs["metadata"]["namespace"] for one in beside} == {"default"}
    assert recording.component_outputs["baseline"] == {
        "apparmorProfiles": {},
        "environment": "dev",
        "namespaceNames": {},
    }


APPARMOR = {"profiles": [{"name": "web"}, {"name": "db", "denied": ["/root/**"]}], "loader": LOADER}


@pytest.mark.parametrize("version", ["1.18", "1.24", "1.36", "1.37"])
def test_a_loader_comes_after_what_would_refuse_its_pods(version: str) -> None:
    whole = args(kubernetes=version, apparmor=APPARMOR, dns={"namespace_labels": {"name": "kube-system"}})
    planned = plan_baseline(Baseline.model_validate(whole)).manifests
    recording = record(lambda: HardenedBaseline("baseline", whole))
    assert recording.named("baseline/apparmor-loader").parent == "baseline"
    found = [resource.inputs for resource in recording.objects()]
    assert len(found) == len(planned)
    assert [manifest for manifest in planned if manifest not in found] == []
    others = ("baseline/pod-security/", "baseline/admission-policies/")
    before = {resource.name for resource in recording.objects() if resource.name.startswith(others)}
    # What a component waits for is there before its children, which need the component's own URN.
    assert before <= set(recording.named("baseline/apparmor-loader").dependencies)
    assert bool(before) == (version != "1.24" and version != "1.37")


def test_rights_for_an_emergency_come_after_the_tenant_and_are_said_aloud() -> None:
    emergency = {
        "name": "outage",
        "tenant": "payments",
        "subjects": ["user:bob@example.com"],
        "reason": "The payments database does not start.",
        "owner": "platform-team",
        "expires": "2027-01-15",
    }
    whole = args(break_glass=[emergency])
    recording = record(lambda: HardenedBaseline("baseline", whole))
    found = [resource.inputs for resource in recording.objects()]
    assert [one for one in plan_baseline(Baseline.model_validate(whole)).manifests if one not in found] == []
    binding = recording.named("baseline/RoleBinding/payments-api/break-glass-outage")
    assert binding.parent == "baseline"
    needed = {"baseline/Role/payments-api/break-glass-outage", "baseline/payments/Namespace/payments-api"}
    assert needed <= set(binding.dependencies)


@pytest.mark.parametrize("apparmor", [APPARMOR, {"profiles": APPARMOR["profiles"]}], ids=["loader", "files"])
def test_programs_learn_the_names_of_profiles_and_wait_for_the_loader(apparmor: Any) -> None:
    def program() -> None:
        made = HardenedBaseline("baseline", args(apparmor=apparmor))
        pulumi.CustomResource("test:index:Workload", "app", {"profile": made.apparmor_profiles["web"]})

    recording = record(program)
    names = profile_names(Baseline.model_validate(args(apparmor=apparmor)).apparmor.profiles)
    assert recording.component_outputs["baseline"]["apparmorProfiles"] == names
    app = recording.named("app")
    assert app.inputs == {"profile": names["web"]}
    daemon_set = "baseline/apparmor-loader/DaemonSet/k8s-hardening-apparmor/apparmor-loader"
    assert (daemon_set in app.dependencies) == ("loader" in apparmor)


def test_long_names_of_two_tenants_meet_in_one_flow() -> None:
    tenant, flow = "t" * 40, "f" * 60
    long = {
        "name": tenant,
        "admins": ["group:admins"],
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
    payments = {**TENANTS[0], "accepts": []}
    with pytest.raises(pulumi.RunError) as error:
        made(dialect="kubeadmin", target={"render": "out", "context_config": "x"}, tenants=[payments, payments])
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    assert all(line.startswith("baseline.") for line in lines)
    assert any(line.startswith('baseline.tenants[1].name: "payments" is already the name') for line in lines)
    assert any(line.startswith("baseline.target:") for line in lines)


def test_secrets_and_inert_accounts_of_a_baseline() -> None:
    """On a cluster each Secret is a component of its own; where files are rendered, only its role is made."""
    secret = {"name": "db", "namespace": "payments-api", "version": "1", "keys": {"password": "dbPassword"}}
    home = {"name": "payments-api", "service_accounts": [{"name": "api"}]}
    tenants = [
        {
            "name": "payments",
            "admins": ["group:payments-admins"],
            "namespaces": [home],
            "secrets": [{**secret, "readers": ["api"]}],
        }
    ]
    key = "k8s-hardening:dbPassword"
    more: dict[str, Any] = {"tenants": tenants, "inert_service_accounts": ["kube-system"]}

    live = record(lambda: HardenedBaseline("baseline", args(**more)), config={key: "planted-value"}, secret_keys=[key])
    component = live.named("baseline/secrets/payments-api/db")
    assert (component.type, component.parent) == ("k8s-hardening:index:TenantSecret", "baseline")
    made = live.named("baseline/secrets/payments-api/db/Secret/payments-api/db-1")
    assert made.inputs["data"]["value"] == {"password": "cGxhbnRlZC12YWx1ZQ=="}
    assert "baseline/payments/Namespace/payments-api" in component.dependencies
    patched = live.named("baseline/ServiceAccount/kube-system/default")
    assert patched.type == "kubernetes:core/v1:ServiceAccountPatch"
    assert patched.inputs["automountServiceAccountToken"] is False
    rest = json.dumps([one.inputs for one in live.resources if one is not made] + [live.component_outputs])
    assert "planted-value" not in rest

    files = record(lambda: HardenedBaseline("baseline", args(**more, target={"render": "out/dev"})))
    below = [one.name for one in files.resources if one.parent == "baseline/secrets/payments-api/db"]
    assert {name.rpartition("db/")[2].partition("/")[0] for name in below} == {"Role", "RoleBinding"}


def test_a_value_that_the_configuration_holds_readably_is_refused() -> None:
    secret = {"name": "db", "namespace": "payments-api", "keys": {"password": "dbPassword"}}
    people = {"admins": ["group:payments-admins"]}
    tenants = [{"name": "payments", **people, "namespaces": [{"name": "payments-api"}], "secrets": [secret]}]
    key = "k8s-hardening:dbPassword"
    for target in ({"render": "out/dev"}, {"context_config": "kubeContext"}):
        with pytest.raises(pulumi.RunError) as caught:
            record(
                lambda: HardenedBaseline("baseline", args(tenants=tenants, target=target)),  # noqa: B023 - runs now
                config={key: "planted-value"},
            )
        assert str(caught.value).startswith(f"{key}: [secret] stands there as plain text")
        assert "planted-value" not in str(caught.value)
