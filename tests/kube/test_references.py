"""Every place of a pod spec that names a Secret, a ConfigMap or an account, as the server's own visitors know them."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.kube.references import references_of
from tests.builders import container, pod


def found(**changes: Any) -> list[tuple[str, str, Any]]:
    (one,) = pods_of(pod(**changes))
    return [(reference.path, reference.kind, reference.name) for reference in references_of(one)]


def volume(**source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", **source}]}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"azureFile": {"secretName": "a", "shareName": "s"}}, "azureFile.secretName"),
        ({"cephfs": {"secretRef": {"name": "a"}}}, "cephfs.secretRef.name"),
        ({"cinder": {"secretRef": {"name": "a"}}}, "cinder.secretRef.name"),
        ({"csi": {"nodePublishSecretRef": {"name": "a"}}}, "csi.nodePublishSecretRef.name"),
        ({"flexVolume": {"secretRef": {"name": "a"}}}, "flexVolume.secretRef.name"),
        ({"iscsi": {"secretRef": {"name": "a"}}}, "iscsi.secretRef.name"),
        ({"rbd": {"secretRef": {"name": "a"}}}, "rbd.secretRef.name"),
        ({"scaleIO": {"secretRef": {"name": "a"}}}, "scaleIO.secretRef.name"),
        ({"storageos": {"secretRef": {"name": "a"}}}, "storageos.secretRef.name"),
        ({"secret": {"secretName": "a"}}, "secret.secretName"),
        ({"projected": {"sources": [{"secret": {"name": "a"}}]}}, "projected.sources[0].secret.name"),
    ],
)
def test_volumes_that_name_a_secret(source: dict[str, Any], path: str) -> None:
    assert found(**volume(**source)) == [(f"spec.volumes[0].{path}", "Secret", "a")]


def test_variables_of_all_three_lists_of_containers() -> None:
    env = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "b", "key": "k"}}},
        {"name": "C", "value": "plain"},
    ]
    every = {
        "initContainers": [container(env=env[:1])],
        "containers": [container(env=env)],
        "ephemeralContainers": [container(envFrom=[{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "d"}}])],
    }
    assert found(**every) == [
        ("spec.initContainers[0].env[0].valueFrom.secretKeyRef.name", "Secret", "a"),
        ("spec.containers[0].env[0].valueFrom.secretKeyRef.name", "Secret", "a"),
        ("spec.containers[0].env[1].valueFrom.configMapKeyRef.name", "ConfigMap", "b"),
        ("spec.ephemeralContainers[0].envFrom[0].configMapRef.name", "ConfigMap", "c"),
        ("spec.ephemeralContainers[0].envFrom[1].secretRef.name", "Secret", "d"),
    ]


def test_what_is_optional_or_names_nothing_is_left_out() -> None:
    assert found(**volume(secret={"secretName": "a", "optional": True})) == []
    assert found(**volume(secret={"secretName": "a", "optional": "true"})) == [
        ("spec.volumes[0].secret.secretName", "Secret", "a")
    ]
    assert found(**volume(secret={"secretName": ""})) == found(**volume(configMap={})) == []
    assert found(imagePullSecrets=[{"name": "a"}]) == []
    assert found(serviceAccountName="", serviceAccount="worker") == [
        ("spec.serviceAccount", "ServiceAccount", "worker")
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": UNKNOWN}, "spec.volumes[0]"),
        (volume(secret=UNKNOWN), "spec.volumes[0].secret"),
        (volume(secret={"secretName": UNKNOWN}), "spec.volumes[0].secret.secretName"),
        (volume(projected={"sources": [UNKNOWN]}), "spec.volumes[0].projected.sources[0]"),
        ({"serviceAccountName": UNKNOWN}, "spec.serviceAccountName"),
        ({"containers": [container(env=[{"name": "A", "valueFrom": UNKNOWN}])]}, "spec.containers[0].env[0].valueFrom"),
    ],
)
def test_what_is_not_known_yet_is_one_reference(changes: dict[str, Any], path: str) -> None:
    assert [(one, name) for one, _, name in found(**changes)] == [(path, UNKNOWN)]
