"""Real servers judge what they make of a pod: annotations that become fields, volumes without a source.

And they take what `harden` makes of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import controls_of
from k8s_hardening.kube.pod_security import ENFORCE, ENFORCE_VERSION
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.workloads import harden
from tests.builders import container, pod
from tests.cluster.binaries import Binaries
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.connections import Request, answers
from tests.cluster.test_pod_security_admission import admits, asking

pytestmark = pytest.mark.cluster

LEVELS = {"baseline": Profile.PSS_BASELINE, "restricted": Profile.PSS_RESTRICTED}
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/app"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"


def annotated(**annotations: str) -> dict[str, Any]:
    """A pod that says nothing of seccomp but by annotations."""
    context = {key: value for key, value in container()["securityContext"].items() if key != "seccompProfile"}
    made = pod(containers=[container(securityContext=context)], securityContext={"runAsNonRoot": True})
    made["metadata"]["annotations"] = annotations
    return made


PODS = {
    "no annotation": annotated(),
    "unconfined": annotated(**{SECCOMP: "unconfined"}),
    "runtime/default": annotated(**{SECCOMP: "runtime/default"}),
    "container unconfined": annotated(**{SECCOMP: "runtime/default", OF_CONTAINER: "unconfined"}),
    "container runtime/default": annotated(**{OF_CONTAINER: "runtime/default"}),
    "AppArmor unconfined": annotated(**{SECCOMP: "runtime/default", APPARMOR: "unconfined"}),
    "volume without a source": pod(volumes=[{"name": "tmp"}, {"name": "null", "hostPath": None}]),
    "ports of the node's network": pod(hostNetwork=True, containers=[container(ports=[{"containerPort": 8080}])]),
    "no securityContext": pod(securityContext=None),
    "native sidecar": pod(initContainers=[container("proxy", restartPolicy="Always")]),
}


ROOT = {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["SYS_ADMIN"]}}
TO_HARDEN: dict[str, dict[str, Any]] = {
    "bare": {"containers": [{"name": "app", "image": "registry.example.com/app"}]},
    "everything wrong": {
        "securityContext": {"seccompProfile": {"type": "Unconfined"}, "runAsNonRoot": False},
        "initContainers": [{"name": "init", "image": "registry.example.com/app", "securityContext": ROOT}],
        "containers": [{"name": "app", "image": "registry.example.com/app", "securityContext": ROOT}],
    },
}
SETTINGS = {
    "fs_group": 10001,
    "supplemental_groups": [10002],
    "selinux": {"type": "container_t", "level": "s0:c1,c2"},
    "seccomp_profile": "profiles/web.json",
}


@pytest.fixture
def server(servers: Binaries, tmp_path: Path) -> Iterator[Cluster]:
    """A server with one namespace for each level, of the newest policy that it knows."""
    with cluster(servers, tmp_path) as made:
        made.start_api_server(made.plain_flags())
        for level in LEVELS:
            labels = {ENFORCE: level, ENFORCE_VERSION: f"v{servers.version}"}
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": level, "labels": labels}}
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            for request in (
                Request("POST", "/api/v1/namespaces", namespace),
                Request("POST", f"/api/v1/namespaces/{level}/serviceaccounts", account),
            ):
                (answer,) = answers(made, [request])
                assert answer.status == 201, answer.body
        yield made


def test_both_agree_on_what_the_server_fills_in(servers: Binaries, server: Cluster) -> None:
    knowledge = Knowledge(kubernetes=KubeVersion.parse(servers.version))
    asked = [(level, name) for level in LEVELS for name in PODS]
    said = answers(server, [asking(level, PODS[name]) for level, name in asked])
    theirs = {one: admits(answer) for one, answer in zip(asked, said, strict=True)}
    ours = {(level, name): not list(judge(PODS[name], controls_of(LEVELS[level]), knowledge)) for level, name in asked}
    assert ours == theirs
    assert set(theirs.values()) == {True, False}


def test_the_server_takes_what_harden_makes(servers: Binaries, server: Cluster) -> None:
    specs = list(TO_HARDEN.values())
    raw = answers(server, [asking("restricted", {**pod(), "spec": spec}) for spec in specs])
    assert not any(map(admits, raw))
    made = [
        harden(spec, kubernetes=servers.version, workloads=settings).manifest
        for spec in specs
        for settings in (None, SETTINGS)
    ]
    assert all(map(admits, answers(server, [asking("restricted", {**pod(), "spec": spec}) for spec in made])))
