"""The component `DenyAll`: its token, children, outputs and errors."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import DenyAll, DenyAllArgs
from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.plans.network import plan_deny_all
from k8s_hardening.resources.component import child_name
from tests.resources.monitor import record

ARGS: DenyAllArgs = {
    "namespace": "legacy",
    "kubernetes": "1.36",
    "flows": [
        {
            "name": "bank",
            "source": {"namespace": "legacy", "pods": {"app": "api"}},
            "destination": {"cidr": "203.0.113.0/24"},
            "ports": ["TCP/443"],
        }
    ],
}


def test_children_and_their_tokens_are_public() -> None:
    recording = record(lambda: DenyAll("closed", ARGS))
    assert {resource.name: (resource.type, resource.parent) for resource in recording.resources} == {
        "closed": ("k8s-hardening:index:DenyAll", "k8s-hardening-dev"),
        "closed/NetworkPolicy/legacy/deny-all": ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "closed"),
        "closed/NetworkPolicy/legacy/allow-dns": ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "closed"),
        "closed/NetworkPolicy/legacy/allow-bank-out": ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "closed"),
    }


def test_objects_reach_the_engine_exactly_as_planned() -> None:
    planned = plan_deny_all(DenyAllInputs.model_validate(ARGS))
    recording = record(lambda: DenyAll("closed", ARGS))
    assert {resource.name: resource.inputs for resource in recording.objects()} == {
        child_name("closed", manifest): manifest for manifest in planned
    }


def test_nothing_is_protected() -> None:
    assert not any(resource.protect for resource in record(lambda: DenyAll("closed", ARGS)).resources)


def test_a_namespace_in_use_is_closed_only_when_all_that_it_needs_stands() -> None:
    recording = record(lambda: DenyAll("closed", ARGS))
    closing = recording.named("closed/NetworkPolicy/legacy/deny-all")
    others = {resource.name: resource.dependencies for resource in recording.objects() if resource != closing}
    assert set(closing.dependencies) == set(others)
    assert set(others.values()) == {()}


def test_outputs_are_known_at_preview_and_carry_the_policies() -> None:
    def program() -> None:
        closed = DenyAll("closed", ARGS)
        pulumi.CustomResource("test:index:Workload", "app", {"namespace": closed.namespace})

    recording = record(program)
    assert recording.component_outputs["closed"] == {
        "namespace": "legacy",
        "policies": ["allow-bank-out", "allow-dns", "deny-all"],
    }
    assert recording.named("app").inputs == {"namespace": "legacy"}
    assert set(recording.named("app").dependencies) == {resource.name for resource in recording.objects()}


def test_a_mistake_is_one_readable_error() -> None:
    wrong: Any = {**ARGS, "namespaces": ["legacy"]}
    with pytest.raises(pulumi.RunError) as error:
        record(lambda: DenyAll("closed", wrong))
    assert str(error.value) == 'closed.namespaces: is not a known key; did you mean "namespace"?'
