"""Images on a real server: a service says which may run, without it none may, and each is pulled at every start.

The baseline and the service's no are those of docs/pod-security.md.
"""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import DIGEST, container, pod
from tests.cluster.binaries import OLDEST, Binaries
from tests.cluster.cluster import Answer
from tests.cluster.emitted import EmittedControlPlane, emitted, stopped
from tests.cluster.processes import free_port
from tests.cluster.services import lend_client_pair, service
from tests.docs.pages import page

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

PAGE = page("docs/pod-security.md")
(CONTROL_PLANE,) = (
    block["control_plane"]
    for block in map(yaml.safe_load, PAGE.blocks("yaml"))
    if "image_policy_webhook" in block.get("control_plane", {}).get("admission", {})
)
(NO,) = (review for review in map(json.loads, PAGE.blocks("json")) if review.get("kind") == "ImageReview")
YES = {**NO, "status": {"allowed": True}}
GOOD, BAD = f"registry.example.com/payments/app@{DIGEST}", f"registry.example.com/payments/unsigned@{DIGEST}"
NODE = "test-node"
PODS = "/api/v1/namespaces/{}/pods"


@dataclass
class Guarded:
    """A control plane that asks a service about images, which knows one bad one."""

    plane: EmittedControlPlane
    port: int
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def service(
        self, answer: Callable[[list[str]], Any] | None = None, certificate: str = "apiserver"
    ) -> AbstractContextManager[int]:
        """The service while it runs; it refuses the bad image, or says what a test says."""

        def review(path: str, asked: Any) -> Any:
            self.asked.append((path, asked))
            images = [one["image"] for one in asked["spec"]["containers"]]
            return (answer or self._answer)(images)

        return service(self.plane.cluster.pki, review, client_ca=True, port=self.port, certificate=certificate)

    def _answer(self, images: list[str]) -> Any:
        return NO if BAD in images else YES

    def create(self, made: dict[str, Any], **options: Any) -> Answer:
        return self.plane.cluster.request("POST", PODS.format(made["metadata"]["namespace"]), made, **options)

    def images_asked(self, namespace: str) -> list[list[str]]:
        """The images of each question about a namespace."""
        specs = [one["spec"] for _, one in self.asked if one["spec"].get("namespace") == namespace]
        return [[image["image"] for image in spec["containers"]] for spec in specs]

    def namespace(self) -> str:
        """A namespace of a test's own, so that no answer to another one is remembered."""
        name = f"t-{secrets.token_hex(6)}"
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        assert self.plane.cluster.request("POST", "/api/v1/namespaces", made).status == 201
        self.add_account(name)
        return name

    def add_account(self, namespace: str) -> None:
        """What a controller would make, which does not run here."""
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        assert self.plane.cluster.request("POST", path, account).status == 201


@pytest.fixture(scope="module")
def guarded(servers: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with stopped(servers, tmp_path_factory.mktemp(f"images-{servers.version}"), {}) as plane:
        made = Guarded(plane, free_port())
        pki = plane.cluster.pki
        lend_client_pair(pki, "images-client")
        control_plane = copy.deepcopy(CONTROL_PLANE)
        endpoint = control_plane["admission"]["image_policy_webhook"]["endpoint"]
        endpoint["url"] = f"https://127.0.0.1:{made.port}/review"
        endpoint["certificate_authority"] = (pki / "ca.crt").read_text()
        plane.write(emitted(servers.version, control_plane))
        plane.bootstrap("make", "key-1")
        plane.bootstrap("fill")
        plane.start("etcd")
        plane.start("kube-apiserver")
        made.add_account("kube-system")
        print("\n".join(["substituted:", *plane.substitutions]))
        yield made


def of(image: str, namespace: str, **changes: Any) -> dict[str, Any]:
    """A pod of one image in a namespace."""
    made = pod(containers=[container(image=image, **changes)])
    made["metadata"]["namespace"] = namespace
    return made


def test_the_emitted_configuration_closes_when_the_service_fails(guarded: Guarded) -> None:
    flags = guarded.plane.command("kube-apiserver")
    (enabled,) = (flag for flag in flags if flag.startswith("--enable-admission-plugins="))
    assert {"ImagePolicyWebhook", "AlwaysPullImages"} <= set(enabled.partition("=")[2].split(","))
    (file,) = (flag.partition("=")[2] for flag in flags if flag.startswith("--admission-control-config-file="))
    plugins = yaml.safe_load(Path(file).read_text())["plugins"]
    blocks = {one["name"]: one["configuration"] for one in plugins}
    assert blocks["ImagePolicyWebhook"]["imagePolicy"]["defaultAllow"] is False


def test_an_allowed_image_runs(guarded: Guarded) -> None:
    namespace = guarded.namespace()
    with guarded.service():
        answer = guarded.create(of(GOOD, namespace))
    assert answer.status == 201, answer.body
    assert guarded.images_asked(namespace) == [[GOOD]]


def test_a_refused_image_does_not_run_and_the_author_hears_why(guarded: Guarded) -> None:
    namespace = guarded.namespace()
    with guarded.service():
        answer = guarded.create(of(BAD, namespace))
    assert answer.status == 403
    reason = NO["status"]["reason"]
    assert answer.body["message"].endswith(f"image policy webhook backend denied one or more images: {reason}")
    assert guarded.plane.cluster.request("GET", PODS.format(namespace)).body["items"] == []


def test_the_service_is_asked_in_the_documented_way(guarded: Guarded) -> None:
    namespace = guarded.namespace()
    made = of(GOOD, namespace)
    made["spec"]["initContainers"] = [container("first", image=BAD)]
    made["metadata"]["annotations"] = {"ticket.image-policy.k8s.io/break-glass": "4711", "example.com/note": "private"}
    with guarded.service():
        assert guarded.create(made).status == 403
    ((path, review),) = [one for one in guarded.asked if one[1]["spec"].get("namespace") == namespace]
    assert path.partition("?")[0] == "/review"
    assert {key: review[key] for key in ("apiVersion", "kind")} == {key: NO[key] for key in ("apiVersion", "kind")}
    assert review["spec"] == {
        "containers": [{"image": GOOD}, {"image": BAD}],
        "annotations": {"ticket.image-policy.k8s.io/break-glass": "4711"},
        "namespace": namespace,
    }


def test_without_the_service_no_pod_is_made_but_one_that_it_allowed_a_moment_ago(guarded: Guarded) -> None:
    namespace, other = guarded.namespace(), guarded.namespace()
    with guarded.service():
        assert guarded.create(of(GOOD, namespace)).status == 201
    again = of(GOOD, namespace)
    again["metadata"]["name"] = "again"
    assert guarded.create(again).status == 201
    for where in (other, "kube-system"):
        answer = guarded.create(of(GOOD, where))
        assert answer.status == 403, answer.body
        assert "connection refused" in answer.body["message"]
    assert guarded.plane.cluster.request("GET", PODS.format(other)).body["items"] == []
    with guarded.service():
        assert guarded.create(of(GOOD, other)).status == 201  # a failure is not remembered


@pytest.mark.parametrize(
    "answer",
    [
        {key: value for key, value in YES.items() if key != "status"},
        {**YES, "status": {}},
        {**YES, "status": {"allowed": "true"}},
        {**YES, "status": {"allowed": False}},
        {**YES, "kind": "TokenReview"},
        {**YES, "apiVersion": "imagepolicy.k8s.io/v1"},
        {},
        [],
        None,
    ],
    ids=["no status", "neither yes nor no", "not a yes", "no, without a reason", "another kind", "another version",
         "{}", "[]", "null"],
)  # fmt: skip
def test_only_a_whole_yes_counts(guarded: Guarded, answer: Any) -> None:
    namespace = guarded.namespace()
    with guarded.service(lambda _: answer):
        assert guarded.create(of(GOOD, namespace)).status == 403
    assert guarded.images_asked(namespace) == [[GOOD]]


def test_nobody_is_believed_who_is_not_of_the_named_ca(guarded: Guarded) -> None:
    namespace = guarded.namespace()
    with guarded.service(certificate="etcd/server"):
        answer = guarded.create(of(GOOD, namespace))
    assert answer.status == 403
    assert "certificate signed by unknown authority" in answer.body["message"]
    assert guarded.images_asked(namespace) == []


def test_kube_system_is_asked_about_as_well(guarded: Guarded) -> None:
    made = of(BAD, "kube-system")
    with guarded.service():
        assert guarded.create(made).status == 403
    assert [BAD] in guarded.images_asked("kube-system")


def test_a_mirror_pod_shows_only_when_its_image_is_allowed(guarded: Guarded) -> None:
    """The static pod itself runs from the node's file; nobody asks about that."""
    cluster = guarded.plane.cluster
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
    kubelet = cluster.folder / "kubelet.conf"
    made_node = cluster.request("POST", "/api/v1/nodes", node, kubeconfig=kubelet)
    assert made_node.status == 201, made_node.body
    owner = {
        "apiVersion": "v1",
        "kind": "Node",
        "name": NODE,
        "uid": made_node.body["metadata"]["uid"],
        "controller": True,
    }
    with guarded.service():
        for name, image, status in (("good", GOOD, 201), ("bad", BAD, 403)):
            mirror = of(image, "kube-system")
            mirror["metadata"] |= {
                "name": f"{name}-{NODE}",
                "annotations": {"kubernetes.io/config.mirror": "0123456789abcdef"},
                "ownerReferences": [owner],
            }
            mirror["spec"] |= {"nodeName": NODE, "tolerations": [{"operator": "Exists"}]}
            answer = guarded.create(mirror, kubeconfig=kubelet)
            assert answer.status == status, answer.body
    assert NO["status"]["reason"] in answer.body["message"]


def with_ephemeral(running: dict[str, Any], image: str) -> dict[str, Any]:
    """A running pod with one ephemeral container more."""
    made = copy.deepcopy(running)
    more = container("debugger", image=image, imagePullPolicy="IfNotPresent")
    del more["resources"]
    made["spec"]["ephemeralContainers"] = [more]
    return made


def test_ephemeral_containers_are_asked_about_and_pull_as_they_say(guarded: Guarded) -> None:
    cluster, namespace = guarded.plane.cluster, guarded.namespace()
    path = f"{PODS.format(namespace)}/app/ephemeralcontainers"
    with guarded.service():
        running = guarded.create(of(GOOD, namespace)).body
        refused = cluster.request("PUT", path, with_ephemeral(running, BAD))
        accepted = cluster.request("PUT", path, with_ephemeral(running, GOOD))
    assert refused.status == 403
    assert NO["status"]["reason"] in refused.body["message"]
    assert accepted.status == 200, accepted.body
    assert accepted.body["spec"]["ephemeralContainers"][0]["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.parametrize("policy", ["IfNotPresent", "Never", "Always"])
def test_images_are_pulled_at_every_start_whatever_a_pod_says(guarded: Guarded, policy: str) -> None:
    namespace = guarded.namespace()
    made = of(GOOD, namespace, imagePullPolicy=policy)
    made["spec"]["initContainers"] = [container("first", imagePullPolicy=policy)]
    with guarded.service():
        answer = guarded.create(made)
    assert answer.status == 201, answer.body
    spec = answer.body["spec"]
    assert [one["imagePullPolicy"] for one in spec["initContainers"] + spec["containers"]] == ["Always", "Always"]


def test_image_volumes_are_not_asked_about_and_pulled_at_every_start(guarded: Guarded) -> None:
    namespace = guarded.namespace()
    made = of(GOOD, namespace)
    made["spec"]["volumes"] = [{"name": "model", "image": {"reference": BAD, "pullPolicy": "IfNotPresent"}}]
    with guarded.service():
        answer = guarded.create(made)
    if guarded.plane.cluster.binaries.version == OLDEST:
        # It does not know them, drops the field, and takes what is left for an empty folder.
        assert answer.body["spec"]["volumes"] == [{"name": "model", "emptyDir": {}}]
        return
    assert answer.status == 201, answer.body
    assert guarded.images_asked(namespace) == [[GOOD]]
    assert answer.body["spec"]["volumes"][0]["image"] == {"reference": BAD, "pullPolicy": "Always"}
