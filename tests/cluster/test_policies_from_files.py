"""Policies that the API server reads from its host: there from its start on, and out of everybody's reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.admission_policies import FILE_SUFFIX
from k8s_hardening.kube.manifest import name_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.admission_policies import FOLDER, plan_admission_policies, policy_files
from tests.builders import container, pod
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.emitted import EmittedControlPlane, booted
from tests.cluster.policing import API
from tests.cluster.policy_cases import facts, inputs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

INPUTS = inputs(Knowledge.model_validate(facts()))
PODS = "/api/v1/namespaces/payments-api/pods?dryRun=All"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmittedControlPlane]:
    """A control plane from the emitted settings, policies included."""
    with booted(binaries(NEWEST), tmp_path_factory.mktemp("policies"), policies=policy_files(INPUTS)) as made:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
        assert made.cluster.request("POST", "/api/v1/namespaces", namespace).status == 201
        yield made


def foreign_image() -> dict[str, Any]:
    return pod(containers=[container(image="registry.example.org/app:1.2")])


def test_they_hold_without_any_object_in_the_cluster(plane: EmittedControlPlane) -> None:
    for plural in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        assert plane.cluster.request("GET", f"{API}/{plural}").body["items"] == []
    refused = plane.cluster.request("POST", PODS, foreign_image())
    assert refused.status == 422, refused.body
    assert refused.body["reason"] == "Invalid"
    assert f"'k8s-hardening-image-registry-pods{FILE_SUFFIX}'" in refused.body["message"]
    assert "[image-registry] Images must come from" in refused.body["message"]


def test_they_hold_from_the_first_request_after_a_start_on(plane: EmittedControlPlane) -> None:
    plane.restart_api_server()
    assert plane.cluster.request("POST", PODS, foreign_image()).status == 422


def test_a_service_of_another_type_is_refused_and_a_plain_one_is_not(plane: EmittedControlPlane) -> None:
    path = "/api/v1/namespaces/payments-api/services?dryRun=All"
    for kind, status in (("NodePort", 422), ("ClusterIP", 201)):
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "app", "namespace": "payments-api"},
            "spec": {"type": kind, "selector": {"app": "app"}, "ports": [{"port": 80}]},
        }
        assert plane.cluster.request("POST", path, service).status == status


def test_nobody_can_make_an_object_of_such_a_name(plane: EmittedControlPlane) -> None:
    policy = dict(plan_admission_policies(INPUTS)[0])
    policy["metadata"] = {"name": f"{name_of(policy)}{FILE_SUFFIX}"}
    refused = plane.cluster.request("POST", f"{API}/validatingadmissionpolicies", policy)
    assert refused.status == 422
    assert FILE_SUFFIX in refused.body["message"]


def test_a_policy_that_cannot_be_read_keeps_the_server_from_starting(plane: EmittedControlPlane) -> None:
    spoilt = Path(f"{plane.root}{FOLDER}/k8s-hardening-image-registry-pods.yaml")
    text = spoilt.read_text()
    document = yaml.safe_load(text)
    document["items"][0]["metadata"]["name"] = "image-registry"
    server = next(one for one in plane.cluster.servers if one.name == "kube-apiserver")
    server.stop()
    plane.cluster.servers.remove(server)
    spoilt.write_text(yaml.safe_dump(document))
    refusing = plane.cluster.start_api_server(plane.command("kube-apiserver"), wait=False)
    assert refusing.wait_for_end() != 0
    assert "must have a name ending with" in refusing.last_words()
    plane.cluster.servers.remove(refusing)
    spoilt.write_text(text)
    plane.start("kube-apiserver")
    assert plane.cluster.request("POST", PODS, foreign_image()).status == 422
