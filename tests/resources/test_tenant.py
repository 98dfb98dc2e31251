"""The component `Tenant`: its token, children, inputs, protection, outputs and errors."""

from __future__ import annotations

import datetime
from typing import Any

import pulumi
import pytest

from k8s_hardening import Tenant, TenantArgs
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.tenant import plan_tenant
from k8s_hardening.resources.component import child_name
from tests.resources.monitor import Recording, record


def args(**changes: Any) -> TenantArgs:
    """A tenant with two namespaces, an admin and a flow between them."""
    whole: Any = {
        "name": "payments",
        "kubernetes": "1.36",
        "namespaces": [{"name": "payments-api"}, {"name": "payments-db"}],
        "admins": ["group:payments-admins"],
        "flows": [
            {
                "name": "db",
                "source": {"namespace": "payments-api"},
                "destination": {"namespace": "payments-db"},
                "ports": ["TCP/5432"],
            }
        ],
        **changes,
    }
    made: TenantArgs = whole
    return made


def made(**changes: Any) -> Recording:
    return record(lambda: Tenant("pay", args(**changes)))


def test_children_and_their_tokens_are_public() -> None:
    found = {resource.name: resource.type for resource in made().resources}
    assert found == {
        "pay": "k8s-hardening:index:Tenant",
        "pay/Namespace/payments-api": "kubernetes:core/v1:Namespace",
        "pay/ResourceQuota/payments-api/tenant-quota": "kubernetes:core/v1:ResourceQuota",
        "pay/LimitRange/payments-api/tenant-limits": "kubernetes:core/v1:LimitRange",
        "pay/ServiceAccount/payments-api/default": "kubernetes:core/v1:ServiceAccountPatch",
        "pay/Role/payments-api/tenant-admin": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "pay/RoleBinding/payments-api/tenant-admin": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "pay/NetworkPolicy/payments-api/deny-all": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "pay/NetworkPolicy/payments-api/allow-dns": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "pay/NetworkPolicy/payments-api/allow-db-out": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "pay/Namespace/payments-db": "kubernetes:core/v1:Namespace",
        "pay/ResourceQuota/payments-db/tenant-quota": "kubernetes:core/v1:ResourceQuota",
        "pay/LimitRange/payments-db/tenant-limits": "kubernetes:core/v1:LimitRange",
        "pay/ServiceAccount/payments-db/default": "kubernetes:core/v1:ServiceAccountPatch",
        "pay/Role/payments-db/tenant-admin": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "pay/RoleBinding/payments-db/tenant-admin": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "pay/NetworkPolicy/payments-db/deny-all": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "pay/NetworkPolicy/payments-db/allow-dns": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "pay/NetworkPolicy/payments-db/allow-db-in": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    }


def test_every_object_is_a_child_of_the_component() -> None:
    recording = made()
    assert {resource.parent for resource in recording.objects()} == {"pay"}
    assert recording.named("pay").parent == "k8s-hardening-dev"


def test_objects_reach_the_engine_exactly_as_planned() -> None:
    planned = plan_tenant(TenantInputs.model_validate(args()))
    assert {resource.name: resource.inputs for resource in made().objects()} == {
        child_name("pay", manifest): manifest for manifest in planned
    }


def test_the_namespace_comes_first_and_a_role_before_its_binding() -> None:
    recording = made()
    assert recording.named("pay/Namespace/payments-db").dependencies == ()
    assert recording.named("pay/NetworkPolicy/payments-db/deny-all").dependencies == ("pay/Namespace/payments-db",)
    assert recording.named("pay/RoleBinding/payments-db/tenant-admin").dependencies == (
        "pay/Namespace/payments-db",
        "pay/Role/payments-db/tenant-admin",
    )


def test_only_namespaces_are_protected() -> None:
    protected = {resource.name for resource in made().resources if resource.protect}
    assert protected == {"pay/Namespace/payments-api", "pay/Namespace/payments-db"}


@pytest.mark.parametrize("changes", [{"protect": False}, {"decommission": "2026-12-31"}])
def test_protection_ends_with_a_decommission_day_or_where_nothing_lives(changes: dict[str, Any]) -> None:
    assert not any(resource.protect for resource in made(**changes).resources)


def test_a_program_can_protect_the_whole_tenant() -> None:
    recording = record(lambda: Tenant("pay", args(protect=False), pulumi.ResourceOptions(protect=True)))
    assert all(resource.protect for resource in recording.resources)


def test_rules_and_state_see_what_was_decided_defaults_included() -> None:
    inputs = made(decommission="2026-12-31").named("pay").inputs
    assert inputs == TenantInputs.model_validate(args(decommission=datetime.date(2026, 12, 31))).model_dump(
        mode="json", exclude_none=True
    )
    assert inputs["namespaces"][0]["pod_security"] == "restricted"
    assert inputs["decommission"] == "2026-12-31"


def test_names_of_namespaces_are_known_at_preview() -> None:
    found: list[Any] = []
    recording = record(lambda: Tenant("pay", args()).namespace_names.apply(found.append))
    assert found == [["payments-api", "payments-db"]]
    assert recording.component_outputs["pay"] == {"namespaceNames": ["payments-api", "payments-db"]}


def test_what_takes_its_namespace_from_a_tenant_waits_for_all_guard_rails() -> None:
    def program() -> None:
        names = Tenant("pay", args()).namespace_names
        pulumi.CustomResource("test:index:Workload", "app", {"namespace": names.apply(lambda given: given[0])})

    recording = record(program)
    guard_rails = {resource.name for resource in recording.objects()}
    assert recording.named("app").inputs == {"namespace": "payments-api"}
    assert set(recording.named("app").dependencies) == guard_rails


def test_a_provider_of_the_component_reaches_every_object() -> None:
    def program() -> None:
        provider = pulumi.ProviderResource("kubernetes", "cluster")
        Tenant("pay", args(), pulumi.ResourceOptions(provider=provider))

    assert {resource.provider for resource in record(program).objects()} == {"cluster"}


def test_numbers_from_the_component_host_are_no_version() -> None:
    with pytest.raises(pulumi.RunError, match=r'pay\.kubernetes: 1\.36 is a YAML number.* for example "1\.36"'):
        made(kubernetes=1.36)


def test_every_problem_shows_at_once_and_nothing_is_registered() -> None:
    recording = Recording()
    wrong = args(
        name="Pay_ments", namespaces=[{"name": "payments-api"}, {"name": "kube-system"}], member=["group:x"], flows=[]
    )
    with pytest.raises(pulumi.RunError) as error:
        record(lambda: Tenant("pay", wrong), into=recording)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert 'pay.member: is not a known key; did you mean "members"?' in lines
    assert 'pay.name: "Pay_ments" is not a DNS-1123 label; for example "pay-ments"' in lines
    assert any(line.startswith('pay.namespaces[1].name: "kube-system" belongs to the system') for line in lines)
    assert recording.resources == []


def test_an_output_is_refused_without_its_value() -> None:
    def program() -> None:
        Tenant("pay", args(labels={"team": pulumi.Output.secret("hunter2")}, admins=[pulumi.Output.from_input("x")]))

    with pytest.raises(pulumi.RunError) as error:
        record(program)
    assert str(error.value).splitlines() == [
        "pay.admins[0]: is an Output; the hardening of a cluster is decided at preview, so give a plain value",
        "pay.labels.team: is an Output; the hardening of a cluster is decided at preview, so give a plain value",
    ]
