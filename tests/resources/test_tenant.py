"""The component `Tenant`: its token, children, inputs, protection, outputs and errors."""

from __future__ import annotations

import base64
import datetime
import json
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
    assert recording.component_outputs["pay"] == {
        "namespaceNames": ["payments-api", "payments-db"],
        "tokenVolumes": {},
    }


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


PULL_KEY = "k8s-hardening:registryPullSecret"
CREDENTIALS = json.dumps({"auths": {"registry.example.com": {"username": "robot", "password": "hunter2"}}})
PULL_SECRET = {"config": "registryPullSecret", "registries": ["registry.example.com/platform"], "into_cluster": True}
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - how the wire marks a secret (pulumi/sdk, rpc.py)


def with_credentials(
    value: str | None = CREDENTIALS, *, into: Recording | None = None, secret: bool = True, **changes: Any
) -> Recording:
    """A tenant of a stack whose configuration holds credentials."""
    whole = args(pull_secret={**PULL_SECRET, **changes})
    return record(
        lambda: Tenant("pay", whole, pulumi.ResourceOptions(provider=pulumi.ProviderResource("kubernetes", "cluster"))),
        config={} if value is None else {PULL_KEY: value},
        secret_keys=[PULL_KEY] if secret else [],
        into=into,
    )


def test_credentials_are_one_secret_in_each_namespace_and_stand_nowhere_else() -> None:
    recording = with_credentials()
    for namespace in ("payments-api", "payments-db"):
        made = recording.named(f"pay/Secret/{namespace}/registry-pull")
        assert made.type == "kubernetes:core/v1:Secret"
        assert (made.parent, made.provider) == ("pay", "cluster")
        assert made.dependencies == (f"pay/Namespace/{namespace}",)
        assert made.inputs["type"] == "kubernetes.io/dockerconfigjson"
        assert SECRET in made.inputs["data"]
        ((key, value),) = made.inputs["data"]["value"].items()
        assert key == ".dockerconfigjson"
        assert base64.b64decode(value).decode() == CREDENTIALS
        account = recording.named(f"pay/ServiceAccount/{namespace}/default")
        assert account.inputs["imagePullSecrets"] == [{"name": "registry-pull"}]
    others = [one.inputs for one in recording.resources if "/Secret/" not in one.name]
    rest = json.dumps([others, recording.component_outputs])
    assert not [form for form in (*forms_of(CREDENTIALS), "hunter2") if form in rest]


def forms_of(text: str) -> tuple[str, str]:
    return text, base64.b64encode(text.encode()).decode()


def test_what_takes_its_namespace_from_a_tenant_waits_for_the_credentials() -> None:
    def program() -> None:
        names = Tenant("pay", args(pull_secret=PULL_SECRET)).namespace_names
        pulumi.CustomResource("test:index:Workload", "app", {"namespace": names.apply(lambda given: given[0])})

    recording = record(program, config={PULL_KEY: CREDENTIALS}, secret_keys=[PULL_KEY])
    assert "pay/Secret/payments-api/registry-pull" in recording.named("app").dependencies


def test_where_objects_are_rendered_no_secret_is_made_and_the_way_to_make_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, resource: said.append(text))
    recording = with_credentials(into_cluster=False)
    assert not [one for one in recording.resources if "Secret" in one.type]
    assert recording.named("pay/ServiceAccount/payments-api/default").inputs["imagePullSecrets"]
    (text,) = said
    assert "for namespace in payments-api payments-db; do pulumi config get k8s-hardening:registryPullSecret" in text
    assert not [form for form in (*forms_of(CREDENTIALS), "hunter2") if form in text]


def test_left_out_means_that_no_secret_is_made() -> None:
    assert TenantInputs.model_validate(args(pull_secret={"config": "x", "registries": ["a.example"]})).pull_secret
    whole = args(pull_secret={key: value for key, value in PULL_SECRET.items() if key != "into_cluster"})
    recording = record(lambda: Tenant("pay", whole), config={PULL_KEY: CREDENTIALS}, secret_keys=[PULL_KEY])
    assert not [one for one in recording.resources if "Secret" in one.type]


@pytest.mark.parametrize("into_cluster", [True, False])
def test_credentials_that_the_configuration_holds_readably_are_refused(into_cluster: bool) -> None:
    recording = Recording()
    with pytest.raises(pulumi.RunError) as error:
        with_credentials(secret=False, into=recording, into_cluster=into_cluster)
    assert str(error.value).startswith(f"{PULL_KEY}: [secret] stands there as plain text")
    assert "hunter2" not in str(error.value)
    assert [one.name for one in recording.resources if one.type.startswith("k8s-hardening:")] == []


def test_absent_credentials_are_named_with_the_command_that_sets_them() -> None:
    with pytest.raises(pulumi.RunError, match=f"pulumi config set --secret {PULL_KEY}"):
        with_credentials(None)


def test_wrong_credentials_show_every_problem_and_no_value_before_anything_is_made() -> None:
    recording = Recording()
    value = json.dumps({"auths": {"hunter2.example": {"auth": "hunter2"}}, "credsStore": "hunter2"})
    with pytest.raises(pulumi.RunError) as error:
        with_credentials(value, into=recording)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{PULL_KEY}: ") and "hunter2" not in line for line in lines)
    assert [one.name for one in recording.resources if one.type.startswith("k8s-hardening:")] == []


def test_what_is_exempt_weakens_one_label_and_is_said_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, resource: said.append(text))
    exemption = {
        "control": "run-as-non-root",
        "namespace": "payments-db",
        "reason": "Its image starts as root.",
        "owner": "payments-team",
        "expires": "2099-12-31",
    }
    labels = {
        one.inputs["metadata"]["name"]: one.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in made(exemptions=[exemption]).resources
        if one.type == "kubernetes:core/v1:Namespace"
    }
    assert labels == {"payments-api": "restricted", "payments-db": "baseline"}
    (text,) = said
    assert text.startswith("Namespace payments-db enforces baseline instead of restricted")


def test_accounts_of_workloads_are_made_and_their_tokens_are_known_at_preview() -> None:
    accounts = [{"name": "api", "token": {"audience": "vault", "expiry": 600}}, {"name": "idle"}]
    namespaces = [{"name": "payments-api", "service_accounts": accounts}, {"name": "payments-db"}]
    found: list[Any] = []
    recording = record(lambda: Tenant("pay", args(namespaces=namespaces)).token_volumes.apply(found.append))
    for name in ("api", "idle"):
        account = recording.named(f"pay/ServiceAccount/payments-api/{name}")
        assert account.type == "kubernetes:core/v1:ServiceAccount"
        assert account.inputs["automountServiceAccountToken"] is False
    token = {"audience": "vault", "expirationSeconds": 600, "path": "token"}
    projected = {"defaultMode": 256, "sources": [{"serviceAccountToken": token}]}
    assert found == [{"payments-api/api": {"name": "token", "projected": projected}}]
    assert recording.component_outputs["pay"]["tokenVolumes"] == {
        "payments-api/api": {
            "name": "token",
            "projected": {
                **projected,
                "defaultMode": 256.0,
                "sources": [{"serviceAccountToken": {**token, "expirationSeconds": 600.0}}],
            },
        }
    }


def test_two_accounts_of_one_name_are_refused() -> None:
    namespaces = [{"name": "payments-api", "service_accounts": [{"name": "api"}, {"name": "api"}]}]
    with pytest.raises(
        pulumi.RunError, match=r'pay\.namespaces\[0\]\.service_accounts\[1\]\.name: "api" is already an'
    ):
        made(namespaces=namespaces, flows=[])
