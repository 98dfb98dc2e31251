"""Secrets and service accounts in the plan of an environment: roles for the readers, no value, nothing to find."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline, tenant_inputs
from k8s_hardening.plans.knowing import full_knowledge_of
from k8s_hardening.plans.service_accounts import token_volumes
from k8s_hardening.plans.split import resources_of_tenants
from k8s_hardening.plans.tenant_secrets import secret_inputs, secret_object, volume_of
from tests.builders import container, pod
from tests.plans.environments import VERSIONS, environment, environment_data

SECRET: dict[str, Any] = {
    "name": "db",
    "namespace": "payments-api",
    "version": "2",
    "keys": {"password": "dbPasswordNext"},
    "previous": {"1": {"password": "dbPassword"}},
    "readers": ["worker", "api"],
}
ACCOUNTS = [{"name": "api", "token": {"audience": "vault", "expiry": 600}}, {"name": "worker", "automount": True}]


def data(version: str = "1.36", **changes: Any) -> dict[str, Any]:
    """The test environment with two accounts and a Secret that both may read."""
    made = environment_data(version)
    payments = made["tenants"][0]
    payments["namespaces"][0]["service_accounts"] = ACCOUNTS
    payments["secrets"] = [SECRET]
    return {**made, "inert_service_accounts": ["kube-system"], **changes}


def objects(kind: str, **changes: Any) -> dict[str, dict[str, Any]]:
    manifests = plan_baseline(read_baseline(data(**changes))).manifests
    return {
        f"{one['metadata'].get('namespace')}/{one['metadata']['name']}": one for one in manifests if one["kind"] == kind
    }


def test_accounts_have_no_token_unless_asked_and_kube_system_is_inert_on_request() -> None:
    found = {name: one["automountServiceAccountToken"] for name, one in objects("ServiceAccount").items()}
    assert found == {
        "payments-api/default": False,
        "payments-api/api": False,
        "payments-api/worker": True,
        "shop-web/default": False,
        "default/default": False,
        "kube-system/default": False,
    }
    assert "kube-system/default" not in objects("ServiceAccount", inert_service_accounts=[])


def test_accounts_of_workloads_name_the_credentials_for_images() -> None:
    images = {"registries": ["registry.example.com"], "pull_secret_config": "registryPullSecret"}
    found = objects("ServiceAccount", images=images)
    named = {name for name, one in found.items() if one.get("imagePullSecrets") == [{"name": "registry-pull"}]}
    assert named == found.keys() - {"kube-system/default", "default/default"}


def test_readers_get_these_names_and_nothing_else() -> None:
    role = objects("Role")["payments-api/read-secret-db"]
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db-1", "db-2"], "verbs": ["get"]}
    ]
    binding = objects("RoleBinding")["payments-api/read-secret-db"]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read-secret-db"}
    assert [one["name"] for one in binding["subjects"]] == ["api", "worker"]
    assert {one["namespace"] for one in binding["subjects"]} == {"payments-api"}


def test_no_plan_holds_a_secret_and_the_notes_say_what_writes_them() -> None:
    plan = plan_baseline(read_baseline(data()))
    assert not [one for one in plan.manifests if one["kind"] == "Secret"]
    assert (
        "Files hold Secrets only when asked, so payments-api/db-1, payments-api/db-2 are in none of them. "
        "k8s-hardening render --with-secrets writes them too, readable by you only."
    ) in plan.notes.advice
    assert any("default is inert in kube-system: pods there" in one for one in plan.notes.advice)
    assert not [one for one in plan_baseline(environment()).notes.advice if "Secrets only when asked" in one]


@pytest.mark.parametrize("version", sorted({*VERSIONS, str(OLDEST), str(NEWEST)}))
def test_the_plan_and_pods_that_use_it_have_no_finding(version: str) -> None:
    baseline = read_baseline(data(version))
    spec = baseline.tenants[0].secrets[0]
    volume, mount = volume_of(secret_inputs(spec, into_cluster=True))
    token = token_volumes(tenant_inputs(baseline, baseline.tenants[0]))["payments-api/api"]
    image = "registry.example.com/platform/app@sha256:" + "0" * 64
    workload = pod(
        serviceAccountName="api", volumes=[volume, token], containers=[container(image=image, volumeMounts=[mount])]
    )
    knowledge = full_knowledge_of(baseline)
    for manifests in ([*plan_baseline(baseline).manifests, workload], [workload]):  # a team's own stack as well
        found = [one for manifest in manifests for one in judge(manifest, CONTROLS, knowledge)]
        found += [one for _, one in judge_stack(manifests, CONTROLS, knowledge)]
        # Pods of this small test have no AppArmor profile where the version asks for one.
        # Nor are there the pods between which the environment's flows lead.
        assert {one.control.id for one in found} <= {"network-policy-idle"}


def test_declared_tokens_become_volumes() -> None:
    baseline = read_baseline(data())
    (volume,) = token_volumes(tenant_inputs(baseline, baseline.tenants[0])).values()
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert token == {"audience": "vault", "expirationSeconds": 600, "path": "token"}


def test_a_name_with_dots_still_gives_a_volume() -> None:
    spec = read_baseline(data()).tenants[0].secrets[0].model_copy(update={"name": "db.example.com"})
    volume, mount = volume_of(secret_inputs(spec, into_cluster=True))
    assert volume["name"] == mount["name"] == "db-example-com"
    assert volume["secret"]["secretName"] == "db.example.com-2"
    assert mount["mountPath"] == "/run/secrets/db.example.com"


def test_only_an_immutable_secret_says_so() -> None:
    spec = read_baseline(data()).tenants[0].secrets[0]
    for immutable in (False, True):
        inputs = secret_inputs(spec.model_copy(update={"immutable": immutable}), into_cluster=True)
        assert secret_object(inputs, "db-2", {}).get("immutable") is (True if immutable else None)


@pytest.mark.parametrize(("target", "secrets"), [({"context_config": "kubeContext"}, 2), ({"render": "out/x"}, 0)])
def test_what_a_secret_consists_of_counts_for_its_tenant(target: dict[str, str], secrets: int) -> None:
    whole = data(target=target)
    without = data(target=target)
    without["tenants"][0]["secrets"] = []
    sizes = [resources_of_tenants(read_baseline(one))["payments"] for one in (without, whole)]
    assert sizes[1] - sizes[0] == 1 + 2 + secrets  # the component, the role with its binding, the Secrets


def test_stacks_of_teams_know_what_the_platform_makes() -> None:
    external = {"payments-api": ["secret/ca"], "monitoring": ["configmap/rules", "configmap/alerts"]}
    knowledge = full_knowledge_of(read_baseline(data(external=external)))
    assert knowledge.external == {
        "monitoring": ("configmap/alerts", "configmap/rules"),
        "payments-api": (
            "secret/ca",
            "secret/db-1",
            "secret/db-2",
            "serviceaccount/api",
            "serviceaccount/worker",
        ),
    }
    assert knowledge.kubernetes == KubeVersion(1, 36)
