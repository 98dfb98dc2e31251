"""What pods refer to: verdicts that depend on what is known, on the version and on the namespace."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge_stack
from k8s_hardening.controls.referenced_objects_exist import CONTROL
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod, pod_spec


def found(*manifests: dict[str, Any], **facts: Any) -> list[tuple[int, str, bool]]:
    """Index, path and whether it is undecided."""
    judged = judge_stack(manifests, (CONTROL,), Knowledge.model_validate(facts))
    return [(index, one.finding.path, one.finding.unknown) for index, one in judged]


def mounting(name: Any = "tls", **metadata: Any) -> dict[str, Any]:
    made = pod(volumes=[{"name": "v", "secret": {"secretName": name}}])
    made["metadata"].update(metadata)
    return made


def secret(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "payments-api", **metadata}}


PATH = "spec.volumes[0].secret.secretName"


def test_the_order_of_objects_makes_no_difference() -> None:
    assert found(mounting(), secret()) == found(secret(), mounting()) == []


@pytest.mark.parametrize("field", ["name", "namespace"])
def test_an_object_that_may_be_the_one_leaves_the_verdict_open(field: str) -> None:
    assert found(mounting(), secret(**{field: UNKNOWN})) == [(0, PATH, True)]
    other = {**secret(**{field: UNKNOWN}), "kind": "ConfigMap"}
    assert found(mounting(), other) == [(0, PATH, False)]


def test_a_name_or_a_namespace_that_is_not_known_yet_leaves_the_verdict_open() -> None:
    assert found(mounting(UNKNOWN), secret()) == [(0, PATH, True)]
    assert found(mounting(namespace=UNKNOWN), secret()) == [(0, PATH, True)]
    everywhere = pod(serviceAccountName="default", volumes=[{"name": "v", "configMap": {"name": "kube-root-ca.crt"}}])
    everywhere["metadata"]["namespace"] = UNKNOWN
    assert found(everywhere) == []


def test_objects_without_a_namespace_are_beside_each_other() -> None:
    assert found(mounting(namespace=None), secret(namespace=None)) == []
    assert found(mounting(namespace=None), secret()) == [(0, PATH, False)]


def test_another_api_group_does_not_count() -> None:
    assert found(mounting(), {**secret(), "apiVersion": "example.com/v1"}) == [(0, PATH, False)]


def test_a_whole_pod_in_a_custom_resource_counts_and_a_part_of_one_does_not() -> None:
    volumes = [{"name": "v", "secret": {"secretName": "tls"}}]
    metadata = {"name": "x", "namespace": "payments-api"}
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata}
    whole = {**rollout, "spec": {"template": {"spec": pod_spec(volumes=volumes)}}}
    assert found(whole) == [(0, f"spec.template.{PATH}", False)]
    part = {**rollout, "spec": {"template": {"spec": {"script": container(), "volumes": volumes}}}}
    assert found(part) == []


def test_the_server_makes_some_config_maps_from_a_version_and_in_a_namespace() -> None:
    def reading(name: str, namespace: str) -> dict[str, Any]:
        made = pod(volumes=[{"name": "v", "configMap": {"name": name}}])
        made["metadata"]["namespace"] = namespace
        return made

    assert found(reading("kube-root-ca.crt", "a"), kubernetes="1.20") == []
    assert len(found(reading("kube-root-ca.crt", "a"), kubernetes="1.19")) == 1
    assert found(reading("extension-apiserver-authentication", "kube-system"), kubernetes="1.19") == []
    assert len(found(reading("extension-apiserver-authentication", "a"))) == 1


def test_the_message_names_the_declaration_that_helps() -> None:
    ((_, judged),) = judge_stack([mounting()], (CONTROL,), Knowledge())
    assert judged.finding.message == (
        'spec.volumes[0].secret.secretName is "tls"; add the Secret to the stack, or declare it in the baseline: '
        'external: {payments-api: ["secret/tls"]}; the pod would never start'
    )
