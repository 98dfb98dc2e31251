"""The component `AdmissionPolicies`: its token, children, order and outputs."""

from __future__ import annotations

import pulumi
import pytest

from k8s_hardening import AdmissionPolicies, AdmissionPoliciesArgs
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs
from k8s_hardening.plans.admission_policies import plan_admission_policies
from k8s_hardening.resources.component import child_name
from tests.resources.monitor import record

ARGS: AdmissionPoliciesArgs = {
    "kubernetes": "1.36",
    "registries": ["registry.example.com/platform"],
    "tenants": [{"name": "payments", "namespaces": {"payments-api": "restricted"}}],
}
PLANNED = plan_admission_policies(AdmissionPoliciesInputs.model_validate(ARGS))
API = "kubernetes:admissionregistration.k8s.io/v1"


def test_children_and_their_tokens_are_public() -> None:
    recording = record(lambda: AdmissionPolicies("policies", ARGS))
    found = {resource.name: (resource.type, resource.parent) for resource in recording.resources}
    assert found["policies"] == ("k8s-hardening:index:AdmissionPolicies", "k8s-hardening-dev")
    name = "k8s-hardening-image-pinned-pods"
    policy = f"policies/ValidatingAdmissionPolicy/{name}"
    assert found[policy] == (f"{API}:ValidatingAdmissionPolicy", "policies")
    binding = f"policies/ValidatingAdmissionPolicyBinding/{name}"
    assert found[binding] == (f"{API}:ValidatingAdmissionPolicyBinding", "policies")


def test_objects_reach_the_engine_exactly_as_planned() -> None:
    recording = record(lambda: AdmissionPolicies("policies", ARGS))
    assert {resource.name: resource.inputs for resource in recording.objects()} == {
        child_name("policies", manifest): manifest for manifest in PLANNED
    }


def test_a_policy_is_bound_only_when_it_is_there() -> None:
    recording = record(lambda: AdmissionPolicies("policies", ARGS))
    for binding in recording.objects():
        if "/ValidatingAdmissionPolicyBinding/" in binding.name:
            assert binding.dependencies == (binding.name.replace("PolicyBinding/", "Policy/"),)


def test_outputs_are_known_at_preview_and_carry_the_policies() -> None:
    def program() -> None:
        made = AdmissionPolicies("policies", ARGS)
        pulumi.CustomResource("test:index:Workload", "app", {"policies": made.policies})

    recording = record(program)
    names = [name_of(one) for one in PLANNED if kind_of(one) == "ValidatingAdmissionPolicy"]
    assert recording.component_outputs["policies"] == {"policies": names, "advice": []}
    assert set(recording.named("app").dependencies) >= {child_name("policies", one) for one in PLANNED}


@pytest.mark.parametrize("version", ["1.25", "1.29"])
def test_where_there_are_none_it_says_why(version: str) -> None:
    older: AdmissionPoliciesArgs = {**ARGS, "kubernetes": version}
    recording = record(lambda: AdmissionPolicies("policies", older))
    assert recording.objects() == []
    (advice,) = recording.component_outputs["policies"]["advice"]
    assert version in advice
