"""One visitor finds the pod of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.pods import pods_of
from tests.builders import KINDS_AROUND_A_POD, container, pod, wrap_pod
from tests.kube.test_manifest import ANYTHING


@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
def test_every_kind_that_carries_a_pod(kind: str) -> None:
    manifest, template = wrap_pod(pod(), kind)
    (found,) = pods_of(manifest)
    assert found.path == f"{template}.spec"
    assert found.metadata_path == f"{template}.metadata"
    assert [one.spec["name"] for one in found.containers()] == ["app"]


def test_a_pod_itself() -> None:
    (found,) = pods_of(pod())
    assert (found.path, found.metadata_path) == ("spec", "metadata")


def test_containers_of_all_three_lists_in_order() -> None:
    (found,) = pods_of(pod(initContainers=[container("a")], ephemeralContainers=[container("c")]))
    assert [(one.path, one.list_name) for one in found.containers()] == [
        ("spec.initContainers[0]", "initContainers"),
        ("spec.containers[0]", "containers"),
        ("spec.ephemeralContainers[0]", "ephemeralContainers"),
    ]


@pytest.mark.parametrize(
    "manifest",
    [
        {"apiVersion": "v1", "kind": "Service", "spec": {"containers": [{"name": "a"}]}},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"pod": "spec"}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"containers": [{"image": "a"}]}},
        {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"containers": ["a", 7]}},
        {"kind": "Pod", "apiVersion": "example.com/v1", "spec": {}},
        {},
    ],
    ids=str,
)
def test_what_carries_no_pod(manifest: dict[str, Any]) -> None:
    assert list(pods_of(manifest)) == []


def test_custom_resources_are_searched_at_any_place() -> None:
    manifest = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "spec": {"template": {"spec": {"containers": [container()]}}, "jobs": [{"containers": [container()]}]},
    }
    assert [found.path for found in pods_of(manifest)] == ["spec.template.spec", "spec.jobs[0]"]


@pytest.mark.parametrize(
    ("spec", "path", "is_fragment"),
    [
        ({"podspec": {"containers": [container()]}}, "spec.podspec", False),
        ({"containers": UNKNOWN}, "spec", False),
        ({"podTemplate": {"spec": {"containers": UNKNOWN}}}, "spec.podTemplate.spec", False),
        ({"initContainers": [container()]}, "spec", True),
        ({"template": {"spec": {"ephemeralContainers": [container()]}}}, "spec.template.spec", True),
        ({"podTemplate": {"spec": {"hostNetwork": True}}}, "spec.podTemplate.spec", True),
        ({"podTemplate": {"spec": {"hostPID": UNKNOWN}}}, "spec.podTemplate.spec", True),
        ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, "spec", True),
        ({"templates": [{"container": {"image": "a"}}]}, "spec.templates[0]", True),
        ({"steps": [{"image": "a"}]}, "spec", True),
        ({"containers": [container()], "spec": {"a": 1}}, "spec", False),
    ],
    ids=str,
)
def test_custom_resources_hide_no_pod_and_no_part_of_one(spec: dict[str, Any], path: str, is_fragment: bool) -> None:
    manifest = {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "spec": spec}
    assert [(found.path, found.is_fragment) for found in pods_of(manifest)] == [(path, is_fragment)]


def test_a_decoy_of_a_pod_spec_hides_no_other() -> None:
    job = {"containers": [container("bad")], "spec": {"containers": [container("good")]}}
    manifest = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"job": job}}
    assert sorted(found.path for found in pods_of(manifest)) == ["spec.job", "spec.job.spec"]


def test_a_fragment_has_the_containers_that_a_custom_resource_calls_otherwise() -> None:
    spec = {"sidecars": [{"image": "a"}, "odd"], "container": {"image": "b"}, "initContainers": [{"image": "c"}]}
    (found,) = pods_of({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": {"templates": [spec]}})
    assert {one.path for one in found.containers()} == {
        "spec.templates[0].container",
        "spec.templates[0].sidecars[0]",
        "spec.templates[0].initContainers[0]",
    }


@pytest.mark.parametrize(
    ("containers", "complete"),
    [([container()], True), ([container(), {"name": "a"}], False), ([], False), (None, False), (UNKNOWN, True)],
    ids=str,
)
def test_a_pod_is_complete_when_a_server_could_make_it(containers: Any, complete: bool) -> None:
    (found,) = pods_of(pod(containers=containers))
    assert found.is_complete is complete


def test_a_pod_that_is_not_known_yet_has_unknown_containers() -> None:
    (found,) = pods_of({"apiVersion": "apps/v1", "kind": "Deployment", "spec": UNKNOWN})
    assert found.spec.get("hostNetwork") is UNKNOWN
    assert [one.spec.get("image") for one in found.containers()] == [UNKNOWN] * 3


@pytest.mark.parametrize(("name", "windows"), [("windows", True), ("linux", False), (None, False), (7, False)])
def test_windows_pods(name: Any, windows: bool) -> None:
    (found,) = pods_of(pod(os={"name": name}))
    assert found.is_windows is windows


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
@given(spec=ANYTHING)
def test_nothing_is_raised_by_any_shape(kind: str, spec: Any) -> None:
    manifest, _ = wrap_pod({"metadata": {"name": "x"}, "spec": spec}, kind)
    for found in pods_of(manifest):
        for one in found.containers():
            assert one.path.startswith(found.path)
            assert isinstance(one.security_context, dict)
        assert isinstance(found.annotations, dict)
