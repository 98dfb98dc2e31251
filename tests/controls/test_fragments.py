"""Parts of pods in custom resources: judged by what they say, not by what their controller adds."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container
from tests.controls.corpus import KNOWLEDGE, findings_of

IMAGE = container()["image"]


def found(spec: dict[str, Any], api_version: str = "argoproj.io/v1alpha1") -> set[tuple[str, str]]:
    manifest = {"apiVersion": api_version, "kind": "Thing", "metadata": {"name": "a", "namespace": "payments-api"}}
    findings = findings_of([{**manifest, "spec": spec}], Knowledge.model_validate(KNOWLEDGE))
    return {(control, path) for control, _, path in findings}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"templates": [{"container": {"image": IMAGE, "securityContext": {"privileged": True}}}]},
            ("privileged", "spec.templates[0].container.securityContext.privileged"),
        ),
        (
            {"steps": [{"image": IMAGE, "securityContext": {"runAsUser": 0}}]},
            ("run-as-user", "spec.steps[0].securityContext.runAsUser"),
        ),
        (
            {"podTemplate": {"spec": {"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}}},
            ("host-path-volumes", "spec.podTemplate.spec.volumes[0].hostPath"),
        ),
        ({"podTemplate": {"spec": {"hostNetwork": True}}}, ("host-namespaces", "spec.podTemplate.spec.hostNetwork")),
    ],
    ids=["container", "steps", "volume", "host"],
)
def test_only_what_it_says_is_found(spec: dict[str, Any], expected: tuple[str, str]) -> None:
    assert found(spec) == {expected}


def test_a_harmless_fragment_passes() -> None:
    assert found({"templates": [{"container": {"image": IMAGE}}]}) == set()


def test_a_whole_pod_inside_a_fragment_is_blamed_for_what_it_leaves_out() -> None:
    spec = {"initContainers": [{"image": IMAGE}], "job": {"containers": [{"name": "a", "image": IMAGE}]}}
    assert ("capabilities", "spec.job.containers[0].securityContext.capabilities.drop") in found(spec)
    assert not [path for _, path in found(spec) if path.startswith("spec.initContainers")]
