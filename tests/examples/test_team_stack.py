"""The team's stack as a team would run it: what it registers, in which order, and what the judge says to it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import yaml

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES, PackConfiguration
from tests.resources.monitor import Recording, record

FOLDER = Path(__file__).parents[2] / "examples" / "team-stack"
CONFIG = yaml.safe_load((FOLDER / "Pulumi.dev.yaml").read_text())["config"]
PACK = json.loads((FOLDER / "pack.dev.json").read_text())
KNOWLEDGE = PackConfiguration.model_validate(PACK["hardening"]).knowledge


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(lambda: runpy.run_path(str(FOLDER / "__main__.py")), config=CONFIG, project="storefront")


def test_the_components_and_the_workload_are_there(recording: Recording) -> None:
    top = {(resource.type, resource.name) for resource in recording.resources if resource.parent == "storefront-dev"}
    assert top == {
        ("pulumi:providers:kubernetes", "cluster"),
        ("k8s-hardening:index:Tenant", "storefront"),
        ("k8s-hardening:index:DenyAll", "storefront-legacy"),
        ("kubernetes:core/v1:ServiceAccount", "web"),
        ("kubernetes:apps/v1:Deployment", "web"),
    }


def test_every_object_goes_to_the_folder_of_the_settings(recording: Recording) -> None:
    assert {resource.provider for resource in recording.objects()} == {"cluster"}
    assert recording.named("cluster").inputs["renderYamlToDirectory"] == "../../out/storefront"


def test_without_a_folder_every_object_goes_to_a_cluster() -> None:
    settings = {key: value for key, value in CONFIG.items() if key != "storefront:render"}
    settings["kubernetes:context"] = "prod-cluster"
    live = record(lambda: runpy.run_path(str(FOLDER / "__main__.py")), config=settings, project="storefront")
    assert not [resource for resource in live.resources if resource.type == "pulumi:providers:kubernetes"]
    assert live.named("storefront/Namespace/storefront-web").protect


def test_the_workload_waits_for_the_guard_rails(recording: Recording) -> None:
    (workload,) = (resource for resource in recording.objects() if resource.type == "kubernetes:apps/v1:Deployment")
    guard_rails = {resource.name for resource in recording.objects() if resource.parent == "storefront"}
    assert workload.inputs["metadata"]["namespace"] == "storefront-web"
    assert guard_rails < set(workload.dependencies)
    assert "storefront/NetworkPolicy/storefront-web/deny-all" in guard_rails


def test_both_halves_of_the_connection_are_open(recording: Recording) -> None:
    out = recording.named("storefront/NetworkPolicy/storefront-web/allow-catalogue-out").inputs["spec"]
    into = recording.named("storefront-legacy/NetworkPolicy/storefront-legacy/allow-catalogue-in").inputs["spec"]
    assert out["podSelector"] == into["ingress"][0]["from"][0]["podSelector"] == {"matchLabels": {"app": "web"}}
    assert into["podSelector"] == out["egress"][0]["to"][0]["podSelector"] == {"matchLabels": {"app": "catalogue"}}


def test_every_policy_of_the_pack_is_told_the_same() -> None:
    assert set(PACK) == {*RESOURCE_POLICIES, *STACK_POLICIES}
    assert {json.dumps(told, sort_keys=True) for told in PACK.values()} == {
        json.dumps(PACK["hardening"], sort_keys=True)
    }


def test_the_judge_knows_the_tenant_for_itself(recording: Recording) -> None:
    namespaces = {given.inputs["metadata"].get("namespace") for given in recording.objects()} - {None}
    assert namespaces == {"storefront-web", "storefront-legacy"}
    assert all(KNOWLEDGE.tenant_of_namespace(namespace) is KNOWLEDGE.tenants[0] for namespace in namespaces)


def test_no_control_has_anything_to_say(recording: Recording) -> None:
    objects = [resource.inputs for resource in recording.objects()]
    single = [(given["metadata"]["name"], judged) for given in objects for judged in judge(given, CONTROLS, KNOWLEDGE)]
    together = list(judge_stack(objects, CONTROLS, KNOWLEDGE))
    assert single == []
    assert together == []


def test_the_stack_exports_its_namespace(recording: Recording) -> None:
    assert recording.outputs == {"namespace": "storefront-web"}
