"""Real servers on AppArmor in pods: they refuse and copy what the controls say they do.

And they take what `harden` makes of a pod.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.controls import apparmor_form
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, node_label
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.workloads import harden
from tests.builders import container, pod, wrap_pod
from tests.cluster.binaries import Binaries
from tests.cluster.cluster import Answer, Cluster, cluster

pytestmark = pytest.mark.cluster

WEB = {"type": "Localhost", "localhostProfile": "web"}
DB = {"type": "Localhost", "localhostProfile": "db"}
DEFAULT = {"type": "RuntimeDefault"}
KERNEL = "k8s-hardening-web-0123456789"
KNOWN: dict[str, Any] = {"apparmor_profiles": {"web": KERNEL}, "apparmor_labelled": True}


def made(annotations: dict[str, str], own: dict[str, str] | None = None, of_pod: Any = None) -> dict[str, Any]:
    """A pod with annotations by container, and profiles of its container and of itself."""
    one = pod(containers=[copy.deepcopy(container())])
    one["metadata"]["annotations"] = {f"{ANNOTATION}{name}": value for name, value in annotations.items()}
    for holder, profile in ((one["spec"]["containers"][0], own), (one["spec"], of_pod)):
        if profile is not None:
            holder["securityContext"] = {**holder["securityContext"], FIELD: profile}
    return copy.deepcopy(one)


# Name -> the pod, and whether a server of 1.30 and later refuses it bare, in a Deployment, and one before 1.30 at all.
PODS: dict[str, tuple[dict[str, Any], bool, bool, bool]] = {
    "annotation of no container": (made({"gone": "runtime/default"}), True, True, True),
    "empty annotation of no container": (made({"gone": ""}), True, True, True),
    "annotation": (made({"app": "localhost/web"}), False, False, False),
    "same": (made({"app": "localhost/web"}, WEB), False, False, False),
    "same as the pod's": (made({"app": "localhost/web"}, of_pod=WEB), False, False, False),
    "another profile": (made({"app": "localhost/web"}, DB), True, True, False),
    "another type": (made({"app": "runtime/default"}, WEB), True, True, False),
    "empty beside a field": (made({"app": ""}, DEFAULT), True, True, False),
    # A bare pod gets the annotation as its container's field before both are compared; a template gets nothing.
    "another than the pod's": (made({"app": "localhost/web"}, of_pod=DEFAULT), False, True, False),
}


@pytest.fixture
def server(servers: Binaries, tmp_path: Path) -> Iterator[Cluster]:
    with cluster(servers, tmp_path) as running:
        running.start_api_server(running.plain_flags())
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        assert running.request("POST", "/api/v1/namespaces", namespace).status == 201
        assert running.request("POST", "/api/v1/namespaces/payments-api/serviceaccounts", account).status == 201
        yield running


def create(server: Cluster, one: dict[str, Any], *, in_deployment: bool = False) -> Answer:
    if not in_deployment:
        return server.request("POST", "/api/v1/namespaces/payments-api/pods?dryRun=All", one)
    wrapped, _ = wrap_pod(one, "Deployment")
    wrapped["spec"]["selector"] = {"matchLabels": {"app": "app"}}
    wrapped["spec"]["template"]["metadata"] = {
        "annotations": one["metadata"].get("annotations", {}),
        "labels": {"app": "app"},
    }
    return server.request("POST", "/apis/apps/v1/namespaces/payments-api/deployments?dryRun=All", wrapped)


def apparmor_of(answer: Answer) -> dict[str, str]:
    """The annotations about AppArmor that a pod has in the end; 1.24 adds some about seccomp."""
    annotations = answer.body["metadata"].get("annotations", {})
    return {key: value for key, value in annotations.items() if key.startswith(ANNOTATION)}


def test_the_server_refuses_what_is_said_of_it(servers: Binaries, server: Cluster) -> None:
    is_new = KubeVersion.parse(servers.version) >= KubeVersion(1, 30)
    for name, (one, bare, template, before) in PODS.items():
        for in_deployment, refused in ((False, bare if is_new else before), (True, template if is_new else before)):
            answer = create(server, one, in_deployment=in_deployment)
            assert answer.status == (422 if refused else 201), (name, in_deployment, answer.body)


def test_the_control_finds_what_the_server_refuses(servers: Binaries, server: Cluster) -> None:
    version = KubeVersion.parse(servers.version)
    knowledge = Knowledge(kubernetes=version)
    # Before 1.30 the server drops a field unread, so that nobody but the control tells where it says something else.
    unread = {"another profile", "another type"} if version < KubeVersion(1, 30) else set()
    for name, (one, *_) in PODS.items():
        found = bool(list(judge(one, (apparmor_form.CONTROL,), knowledge)))
        is_refused = create(server, one, in_deployment=True).status == 422
        assert found is (is_refused or name in unread), name


def test_annotations_and_fields_are_copied_as_they_are_believed_to_be(servers: Binaries, server: Cluster) -> None:
    is_new = KubeVersion.parse(servers.version) >= KubeVersion(1, 30)
    annotated = create(server, made({"app": "localhost/web"}))
    context = annotated.body["spec"]["containers"][0]["securityContext"]
    assert context.get(FIELD) == (WEB if is_new else None)
    assert any("deprecated since v1.30" in warning for warning in annotated.warnings) is is_new
    fielded = create(server, made({}, WEB))
    assert fielded.body["spec"]["containers"][0]["securityContext"].get(FIELD) == (WEB if is_new else None)
    assert apparmor_of(fielded) == {}  # servers of 1.30 to 1.33 would write it


@pytest.mark.parametrize("choice", ["web", "runtime-default"])
def test_the_server_takes_what_harden_makes_and_keeps_the_profile(
    servers: Binaries, server: Cluster, choice: str
) -> None:
    version = KubeVersion.parse(servers.version)
    knowledge = Knowledge.model_validate(
        {"kubernetes": servers.version, "registries": ["registry.example.com"], **KNOWN}
    )
    for name, (one, *_) in PODS.items():
        given = harden(one, kubernetes=version, workloads={"apparmor": {"profile": choice}}, **KNOWN)
        left = [
            judged.control.id
            for judged in judge(given.manifest, CONTROLS, knowledge)
            if judged.control.id.startswith("apparmor") and "db" not in judged.finding.found
        ]
        assert left == [], name
        answer = create(server, given.manifest)
        assert answer.status == 201, (name, answer.body)
        assert not answer.warnings, (name, answer.warnings)
    bare = harden(pod(), kubernetes=version, workloads={"apparmor": {"profile": choice}}, **KNOWN)
    answer = create(server, bare.manifest)
    spec = answer.body["spec"]
    annotation = "runtime/default" if choice == "runtime-default" else f"localhost/{KERNEL}"
    profile = DEFAULT if choice == "runtime-default" else {"type": "Localhost", "localhostProfile": KERNEL}
    is_new = version >= KubeVersion(1, 30)
    assert spec["containers"][0]["securityContext"].get(FIELD) == (profile if is_new else None)
    assert apparmor_of(answer) == ({} if is_new else {f"{ANNOTATION}app": annotation})
    assert spec.get("nodeSelector") == (None if choice == "runtime-default" else {node_label(KERNEL): "loaded"})
