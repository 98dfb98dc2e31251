"""The component `PodSecurity`: exactly the plan, its order, and nothing where the version has no policies."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import HardenedBaseline, HardenedBaselineArgs, PodSecurity, PodSecurityArgs
from k8s_hardening.model.pod_security import PodSecurityInputs
from k8s_hardening.plans.pod_security_policies import plan_pod_security
from tests.resources.monitor import Recording, record
from tests.resources.test_baseline import args as environment

ARGS: Any = {
    "kubernetes": "1.24",
    "migration": True,
    "namespaces": {"payments-api": "restricted", "shop-web": "baseline"},
    "restricted_groups": ["system:serviceaccounts:ci"],
}


def made(**changes: Any) -> Recording:
    whole: Any = {**ARGS, **changes}
    args: PodSecurityArgs = whole
    return record(lambda: PodSecurity("pods", args))


def test_exactly_the_plan_is_registered() -> None:
    planned = plan_pod_security(PodSecurityInputs.model_validate(ARGS))
    found = [resource.inputs for resource in made().objects()]
    assert len(found) == len(planned) == 10
    assert [manifest for manifest in planned if manifest not in found] == []


def test_policies_are_resources_of_their_own_type_under_public_names() -> None:
    found = {resource.name: resource.type for resource in made().objects()}
    assert found["pods/PodSecurityPolicy/k8s-hardening-privileged"] == "kubernetes:policy/v1beta1:PodSecurityPolicy"
    assert "pods/ClusterRole/k8s-hardening-psp-restricted" in found
    assert "pods/RoleBinding/kube-system/pod-security-policy" in found
    assert "pods/ClusterRoleBinding/k8s-hardening-psp-restricted" in found


def test_outputs_say_which_policies_there_are_and_what_is_left_to_do() -> None:
    outputs = made().component_outputs["pods"]
    assert outputs["policies"] == ["k8s-hardening-baseline", "k8s-hardening-privileged", "k8s-hardening-restricted"]
    assert any("kubectl auth can-i use" in text for text in outputs["advice"])
    assert any(text.startswith("Migration: ") for text in outputs["advice"])


@pytest.mark.parametrize("version", ["1.25", "1.36"])
def test_after_the_policies_nothing_is_registered(version: str) -> None:
    recording = made(kubernetes=version, migration=False, restricted_groups=[])
    assert recording.objects() == []
    assert recording.component_outputs["pods"] == {"policies": [], "advice": []}


def test_a_mistake_is_one_readable_error() -> None:
    with pytest.raises(pulumi.RunError) as error:
        made(kubernetes="1.25")
    lines = str(error.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("pods.migration: true keeps PodSecurityPolicies")


def whole(**changes: Any) -> Recording:
    args: HardenedBaselineArgs = environment(
        kubernetes="1.20", dns={"namespace_labels": {"name": "kube-system"}}, tenants=[
            {"name": "payments", "admins": ["group:admins"], "namespaces": [{"name": "payments-api"}]}
        ], **changes)  # fmt: skip
    return record(lambda: HardenedBaseline("baseline", args))


def test_a_whole_environment_has_its_policies() -> None:
    names = {resource.name for resource in whole().objects()}
    assert "baseline/pod-security/PodSecurityPolicy/k8s-hardening-restricted" in names
    assert "baseline/pod-security/RoleBinding/payments-api/pod-security-policy" in names


def test_bindings_come_after_their_namespaces_and_the_plug_in_after_the_policies() -> None:
    cluster_api = {
        "dialect": "cluster-api",
        "control_plane": {
            "cluster_api": {"namespace": "clusters", "control_plane": "prod", "workers": "w", "self_managed": True},
            "authentication": {"bootstrap_tokens": True},
        },
    }
    recording = whole(**cluster_api)
    assert "baseline/payments/Namespace/payments-api" in recording.named("baseline/pod-security").dependencies
    after = recording.named("baseline/control-plane").dependencies
    assert "baseline/pod-security/RoleBinding/kube-system/pod-security-policy" in after
    # What a component waits for is there before its children, which need the component's own URN.
    registered = [resource.name for resource in recording.resources]
    namespace = registered.index("baseline/payments/Namespace/payments-api")
    binding = registered.index("baseline/pod-security/RoleBinding/payments-api/pod-security-policy")
    plug_in = registered.index("baseline/control-plane/KubeadmControlPlane/clusters/prod")
    assert namespace < binding < plug_in
