"""The component `ControlPlane`: its rendered settings are inputs, its outputs names, and keys are secret."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi
import pytest

from k8s_hardening import ControlPlane, ControlPlaneArgs
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.plans.control_plane.dialects.samples import VERSIONS, data
from tests.resources.monitor import Recording, record

KEY = base64.b64encode(bytes(range(32))).decode()
INLINE = {
    "groups": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": [{"name": "key-1"}]}}]}],
    "inline_keys_from_config": "encryptionKeys",
}


def args(dialect: str = "kubeadm", version: str = "1.36", **changes: Any) -> ControlPlaneArgs:
    whole: Any = {**data(dialect, version), **changes}
    made: ControlPlaneArgs = whole
    return made


def made(dialect: str = "kubeadm", version: str = "1.36", **changes: Any) -> Recording:
    return record(lambda: ControlPlane("cp", args(dialect, version, **changes)))


def settings(recording: Recording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recording.named("cp").inputs["settings"]
    return found


def test_its_token_and_its_outputs_are_public() -> None:
    recording = made()
    assert recording.named("cp").type == "k8s-hardening:index:ControlPlane"
    assert set(recording.component_outputs["cp"]) == {
        "hostFiles",
        "manifests",
        "notExpressible",
        "ownedByProvider",
        "advice",
        "secretFiles",
    }


def test_every_setting_of_the_plan_is_an_input() -> None:
    spec = ControlPlaneInputs.model_validate(args())
    part = plan_control_plane(spec, spec.kubernetes, spec.dialect)
    (cluster,) = (one for one in settings(made()) if one["kind"] == "ClusterConfiguration")
    found = {
        (one["name"], one["value"])
        for holder in (
            cluster["apiServer"],
            cluster["controllerManager"],
            cluster["scheduler"],
            cluster["etcd"]["local"],
        )
        for one in holder["extraArgs"]
    }
    assert {name for name, _ in found} == {one.flag for one in part.settings}
    assert ("authorization-mode", "Node,RBAC") in found


def test_every_configuration_file_is_an_input_as_an_object() -> None:
    kinds = {one["kind"] for one in settings(made())}
    assert {
        "AdmissionConfiguration",
        "AuthenticationConfiguration",
        "ClusterConfiguration",
        "KubeProxyConfiguration",
        "KubeletConfiguration",
        "Policy",
    } <= kinds


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dialect", ["kubeadm", "static-pod", "k3s", "rke2", "talos", "cluster-api"])
def test_the_controls_find_nothing_in_the_inputs(dialect: str, version: str) -> None:
    knowledge = Knowledge(kubernetes=KubeVersion.parse(version))
    found = [
        f"{one['kind']} {judged.control.id}: {judged.finding.message}"
        for one in settings(made(dialect, version))
        for judged in judge(one, CONTROLS, knowledge)
    ]
    assert found == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_managed_control_plane_has_no_settings_to_judge(version: str) -> None:
    assert settings(made("managed", version)) == []


def test_the_objects_of_cluster_api_are_children_and_what_exists_is_patched() -> None:
    found = {resource.name: resource.type for resource in made("cluster-api", "1.36").objects()}
    assert found["cp/KubeadmControlPlane/clusters/prod"] == (
        "kubernetes:controlplane.cluster.x-k8s.io/v1beta2:KubeadmControlPlanePatch"
    )
    assert found["cp/KubeadmConfigTemplate/clusters/prod-workers-hardened"] == (
        "kubernetes:bootstrap.cluster.x-k8s.io/v1beta2:KubeadmConfigTemplate"
    )


def test_outputs_name_files_and_hold_no_text() -> None:
    spec = ControlPlaneInputs.model_validate(args())
    outputs = made().component_outputs["cp"]
    assert outputs["hostFiles"] == [
        file.path for file in plan_in_dialect(spec, spec.kubernetes, spec.dialect).host_files
    ]
    assert outputs["secretFiles"] == {}
    assert outputs["advice"]


SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - how the wire marks a secret (pulumi/sdk, rpc.py)
CONFIG_KEY = "k8s-hardening:encryptionKeys"


def with_keys(value: str) -> Recording:
    """The component in a stack whose configuration holds keys."""
    return record(
        lambda: ControlPlane("cp", args(encryption=INLINE)), config={CONFIG_KEY: value}, secret_keys=[CONFIG_KEY]
    )


def test_keys_from_the_configuration_are_one_secret_output_and_nothing_else() -> None:
    recording = with_keys(json.dumps({"key-1": KEY}))
    secret = recording.component_outputs["cp"]["secretFiles"]
    assert SECRET in secret
    ((path, text),) = secret["value"].items()
    assert path == "/etc/kubernetes/hardening/encryption/live/config.yaml"
    assert KEY in text
    rest = json.dumps([resource.inputs for resource in recording.resources])
    rest += json.dumps({**recording.component_outputs["cp"], "secretFiles": None})
    assert KEY not in rest


def test_keys_that_are_none_are_refused_without_being_shown() -> None:
    with pytest.raises(pulumi.RunError) as error:
        with_keys(json.dumps({"key-1": "c2hvcnQ="}))
    assert "encryptionKeys" in str(error.value)
    assert "c2hvcnQ" not in str(error.value)


def test_mistakes_are_named_by_their_path() -> None:
    with pytest.raises(pulumi.RunError) as error:
        made(version="1.30", authentication={"anonymous_cluster_info": True})
    assert str(error.value).startswith("cp.authentication.anonymous_cluster_info: true needs Kubernetes 1.32")
