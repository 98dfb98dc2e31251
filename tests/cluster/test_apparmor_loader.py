"""The AppArmor loader on real API servers: let in as planned, held to its own node, and nobody else in its place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.kube.admission_policies import BINDING_KIND, KIND
from k8s_hardening.kube.apparmor import LABEL_PREFIX, STATE_LABEL
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of
from k8s_hardening.model.apparmor_loader import NAME, NAMESPACE
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.admission_policies import objects_of_baseline
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from k8s_hardening.plans.baseline import loader_inputs, tenant_inputs
from k8s_hardening.plans.pod_security_policies import plan_pod_security
from k8s_hardening.plans.tenant import plan_tenant
from tests.cluster.binaries import NEWEST, OLDEST, binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.policing import MERGE, Policed, refusal_of, until
from tests.cluster.policy_cases import path_of
from tests.plans.apparmor_loading import LOADER

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

TENANT = "payments-api"
NODES = ("test-node", "other-node")
"""The first is that of the kubelet whose certificate the cluster has."""
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


def baseline(version: str) -> Baseline:
    """A tenant and a loader; in the old version on its way from PodSecurityPolicy, so that both judge."""
    return read_baseline(
        {
            "environment": "test",
            "kubernetes": version,
            "dialect": "kubeadm",
            "cni": {"name": "calico"},
            "target": {"render": "out/test"},
            "images": {"registries": ["registry.example.com/platform"]},
            "tenants": [{"name": "payments", "admins": ["group:admins"], "namespaces": [{"name": TENANT}]}],
            "apparmor": {"profiles": [{"name": "web"}], "loader": LOADER, "required": True},
            **({"pod_security": {"migration": True}} if version == OLDEST else {"admission_policies": OBJECTS}),
        }
    )


OBJECTS = {"as_objects": True}


@dataclass
class World:
    """A cluster with two nodes, the loader's objects, and its pods where the controllers made them."""

    policed: Policed
    loader: tuple[Manifest, ...]
    answers: dict[str, Answer] = field(default_factory=dict)
    """What the server said to each object of the loader, when somebody without special rights to it sent it."""

    @property
    def cluster(self) -> Cluster:
        return self.policed.cluster

    def daemon_set(self) -> Any:
        return copy.deepcopy(next(one for one in self.loader if kind_of(one) == "DaemonSet"))

    def pod(self, namespace: str = NAMESPACE) -> dict[str, Any]:
        """A pod of the template, as somebody would write it who is not the controller."""
        template = self.daemon_set()["spec"]["template"]
        metadata = {**template["metadata"], "name": f"{NAME}-abcde", "namespace": namespace}
        made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        if namespace != NAMESPACE:
            made["spec"] = {**made["spec"], "serviceAccountName": "default"}
        return made

    def apply(self, manifest: Manifest, *, as_admin: bool = False) -> Answer:
        """Create an object; the default account, which the cluster makes by itself, takes our fields."""
        send = self.cluster.request if as_admin else self.policed.send
        answer = send("POST", path_of(manifest), manifest)
        if answer.status == 409 and name_of(manifest) == "default":
            here = f"{path_of(manifest)}/default"
            return self.policed.send("PATCH", here, {"automountServiceAccountToken": False}, MERGE)
        return answer

    def pods(self) -> dict[str, dict[str, Any]]:
        """The loader's pods by the node that they are meant for."""
        found = {}
        for one in self.cluster.request("GET", PODS).body["items"]:
            terms = one["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            (node,) = terms["nodeSelectorTerms"][0]["matchFields"][0]["values"]
            found[node] = one
        return found

    def place(self) -> None:
        """Bind the pods to their nodes, as the scheduler would."""
        for node, one in self.pods().items():
            name = one["metadata"]["name"]
            target = {"apiVersion": "v1", "kind": "Node", "name": node}
            body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
            assert self.cluster.request("POST", f"{PODS}/{name}/binding", body).status == 201

    def token(self, node: str | None) -> str:
        """A token of the loader's account for its pod on a node, or for nothing."""
        spec: dict[str, Any] = {"expirationSeconds": 3600}
        if node is not None:
            pod = self.pods()[node]["metadata"]
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod["name"], "uid": pod["uid"]}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{NAME}/token"
        answer = self.cluster.request("POST", path, body)
        assert answer.status == 201, answer.body
        return str(answer.body["status"]["token"])

    def patch(self, token: str, node: str, change: dict[str, Any], below: str = "") -> Answer:
        """What the server says to a patch of a node."""
        path = f"/api/v1/nodes/{node}{below}"
        return self.cluster.anonymous("PATCH", path, token=token, body=change, **{"Content-Type": MERGE})


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    version: str = request.param
    folder: Path = tmp_path_factory.mktemp(f"loader-{version}")
    made = baseline(version)
    inputs = loader_inputs(made)
    assert inputs is not None
    with cluster(binaries(version), folder) as running:
        flags = running.plain_flags()
        if version == OLDEST:
            index = flags.index("--enable-admission-plugins=NodeRestriction")
            flags[index] += ",PodSecurityPolicy"
        running.start_api_server(flags)
        running.start_controller_manager()
        ready = World(Policed(running), plan_apparmor_loader(inputs))
        for one in plan_pod_security(pod_security_inputs(made)):
            if kind_of(one) != "RoleBinding":
                assert ready.apply(one, as_admin=True).status == 201
        for tenant in made.tenants:
            for one in plan_tenant(tenant_inputs(made, tenant)):
                assert ready.apply(one, as_admin=True).status in (200, 201), one
        for name in NODES:
            labels = {"kubernetes.io/os": "linux", "example.com/pool": "shared"}
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            assert ready.apply(node, as_admin=True).status == 201
        policies = [one for one in ready.loader if kind_of(one) in (KIND, BINDING_KIND)]
        if version == NEWEST:
            ready.policed.apply((*objects_of_baseline(made), *policies))
        for one in ready.loader:
            if one not in policies:
                ready.answers[f"{kind_of(one)}/{name_of(one)}"] = ready.apply(one)
        until(lambda: set(ready.pods()) == set(NODES), "the loader's pods on both nodes")
        ready.place()
        yield ready


on_newest = pytest.mark.parametrize("world", [NEWEST], indirect=True)
on_oldest = pytest.mark.parametrize("world", [OLDEST], indirect=True)


def test_everything_is_let_in_under_our_own_policies(world: World) -> None:
    assert len(world.answers) >= 10
    for name, answer in world.answers.items():
        assert answer.status in (200, 201), (name, answer.body)
    labels = world.cluster.request("GET", f"/api/v1/namespaces/{NAMESPACE}").body["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "privileged"


def test_its_pods_come_to_every_node_with_nothing_added(world: World) -> None:
    template = world.daemon_set()["spec"]["template"]["spec"]
    for one in world.pods().values():
        spec = one["spec"]
        (container,) = spec["containers"]
        assert container["securityContext"] == template["containers"][0]["securityContext"]
        assert spec["priorityClassName"] == "system-node-critical"
        assert [volume["name"] for volume in spec["volumes"]] == [volume["name"] for volume in template["volumes"]]
        assert {"operator": "Exists"} in spec["tolerations"]


@on_newest
def test_the_server_finds_no_fault_with_the_types_of_its_policy(world: World) -> None:
    assert world.policed.warnings(f"k8s-hardening-{NAME}") == []


OWN, OTHER = NODES
MINE = {f"{LABEL_PREFIX}k8s-hardening-web-0123456789": "loaded", STATE_LABEL: "ready"}


def labels(**changes: Any) -> dict[str, Any]:
    return {"metadata": {"labels": changes}}


def test_it_labels_its_own_node_and_takes_stale_labels_away(world: World) -> None:
    token = world.token(OWN)
    answer = world.patch(token, OWN, labels(**MINE))
    assert answer.status == 200, answer.body
    assert answer.body["metadata"]["labels"].items() >= MINE.items()
    answer = world.patch(token, OWN, labels(**dict.fromkeys(MINE)))
    assert answer.status == 200, answer.body
    assert not any(key.startswith(LABEL_PREFIX) for key in answer.body["metadata"]["labels"])


# What is tried -> what the server says to it.
OVERREACHING: dict[str, tuple[dict[str, Any], str]] = {
    "another label": (labels(**{"example.com/pool": "payments"}), "labels under"),
    "a new label": (labels(**{"example.com/new": "yes"}), "labels under"),
    "a label of somebody else taken away": (labels(**{"example.com/pool": None}), "labels under"),
    "a label of the same suffix": (labels(**{"node-restriction.kubernetes.io/pool": "a"}), "labels under"),
    "a prefix that only begins alike": (
        labels(**{f"{LABEL_PREFIX.rstrip('/')}.example.com/pool": "a"}),
        "labels under",
    ),
    "its own label and another": (labels(**MINE, **{"example.com/pool": "payments"}), "labels under"),
    "an annotation": ({"metadata": {"annotations": {"example.com/a": "b"}}}, "nothing of a node but labels"),
    "a finalizer": ({"metadata": {"finalizers": ["example.com/stay"]}}, "nothing of a node but labels"),
    "an owner": (
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}]}},
        "nothing of a node but labels",
    ),
    "a taint": ({"spec": {"taints": [{"key": "a", "effect": "NoExecute"}]}}, "nothing of a node but labels"),
    "no more pods": ({"spec": {"unschedulable": True}}, "nothing of a node but labels"),
}


@on_newest
@pytest.mark.parametrize("case", OVERREACHING)
def test_it_changes_nothing_else_of_its_node(world: World, case: str) -> None:
    change, message = OVERREACHING[case]
    answer = world.patch(world.token(OWN), OWN, change)
    assert answer.status == 403, answer.body
    assert f"ValidatingAdmissionPolicy 'k8s-hardening-{NAME}'" in answer.body["message"]
    assert f"[{NAME}] The loader may change {message}" in answer.body["message"]


@on_newest
@pytest.mark.parametrize(
    ("holder", "node"),
    [(OTHER, OWN), (OWN, OTHER), (None, OWN), (None, OTHER)],
    ids=["of the other's pod", "of its pod, elsewhere", "of no pod", "of no pod, elsewhere"],
)
def test_a_token_is_good_for_the_node_that_it_names(world: World, holder: str | None, node: str) -> None:
    answer = world.patch(world.token(holder), node, labels(**MINE))
    assert answer.status == 403, answer.body
    assert f"[{NAME}] The loader may change the node of its own pod only" in answer.body["message"]


@on_oldest
def test_before_1_30_it_could_label_any_node(world: World) -> None:
    """That is what its advice says (tests/plans/test_apparmor_loader.py)."""
    answer = world.patch(world.token(OWN), OTHER, labels(**{"example.com/pool": "shared"}))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dtest-node&limit=1", 200),
        ("GET", f"{PODS}/any", 403),
        ("GET", "/api/v1/nodes/test-node", 403),
        ("GET", "/api/v1/nodes", 403),
        ("GET", "/api/v1/secrets", 403),
        ("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps", 403),
        ("DELETE", "/api/v1/nodes/test-node", 403),
        ("DELETE", f"{PODS}/any", 403),
    ],
)
def test_its_rights_are_two_verbs(world: World, method: str, path: str, status: int) -> None:
    assert world.cluster.anonymous(method, path, token=world.token(OWN)).status == status


def test_the_status_of_a_node_is_out_of_its_reach(world: World) -> None:
    change = {"status": {"capacity": {"cpu": "1000"}}}
    assert world.patch(world.token(OWN), OWN, change, "/status").status == 403
    answer = world.patch(world.token(OWN), OWN, change)
    assert answer.status == 200  # the server keeps the status as it was
    assert "cpu" not in answer.body["status"].get("capacity", {})


@on_newest
def test_others_change_nodes_as_before(world: World) -> None:
    change = {"metadata": {"annotations": {"example.com/by": "deployer"}, "labels": {"example.com/pool": "shared"}}}
    assert world.policed.send("PATCH", f"/api/v1/nodes/{OTHER}", change, MERGE).status == 200


@pytest.mark.parametrize("label", sorted(MINE))
def test_a_kubelet_cannot_say_that_its_node_has_a_profile(world: World, label: str) -> None:
    conf = world.cluster.folder / "kubelet.conf"
    path = f"/api/v1/nodes/{OWN}"
    node = world.cluster.request("GET", path, kubeconfig=conf).body
    node["metadata"]["labels"][label] = MINE[label]
    answer = world.cluster.request("PUT", path, node, kubeconfig=conf)
    assert answer.status == 403, answer.body
    assert f"is not allowed to modify labels: {label}" in answer.body["message"]
    del node["metadata"]["labels"][label]
    node["metadata"]["annotations"] = {"example.com/kubelet": "may"}
    assert world.cluster.request("PUT", path, node, kubeconfig=conf).status == 200


def test_its_pod_is_refused_in_the_namespace_of_a_tenant(world: World) -> None:
    answer = world.policed.create(f"/api/v1/namespaces/{TENANT}/pods", world.pod(TENANT))
    assert answer.status == 403, answer.body
    assert 'violates PodSecurity "restricted' in answer.body["message"]
    assert "MAC_ADMIN" in answer.body["message"]


@on_newest
def test_nobody_but_the_controller_makes_its_pods(world: World) -> None:
    """The exemption is that of one DaemonSet, and what the server's controller makes of it."""
    message = refusal_of(world.policed.create(PODS, world.pod()))
    assert message is not None
    assert "[host-path-volumes]" in message
    other = world.daemon_set()
    other["metadata"]["name"] = "another"
    message = refusal_of(world.policed.create(path_of(other), other))
    assert message is not None
    assert "[host-path-volumes]" in message
    elsewhere = world.daemon_set()
    elsewhere["metadata"]["namespace"] = TENANT
    assert refusal_of(world.policed.create(path_of(elsewhere), elsewhere)) is not None
    assert world.policed.send("PATCH", f"{path_of(world.daemon_set())}/{NAME}", {"metadata": {}}, MERGE).status == 200


@on_newest
def test_a_changed_profile_rolls_out_under_the_same_policies(world: World) -> None:
    made = baseline(NEWEST)
    edited = loader_inputs(made.model_copy(update={"apparmor": made.apparmor.model_copy(update={"profiles": EDITED})}))
    assert edited is not None
    objects = plan_apparmor_loader(edited)
    (profiles,) = (one for one in objects if kind_of(one) == "ConfigMap")
    assert world.apply(profiles).status == 201
    (daemon_set,) = (one for one in objects if kind_of(one) == "DaemonSet")
    here = f"{path_of(daemon_set)}/{NAME}?dryRun=All"
    template = {"spec": {"template": {"spec": {"volumes": daemon_set["spec"]["template"]["spec"]["volumes"]}}}}
    answer = world.policed.send("PATCH", here, template, MERGE)
    assert answer.status == 200, answer.body
    frozen = world.policed.send("PATCH", f"{path_of(profiles)}/{name_of(profiles)}", {"data": {"a": "b"}}, MERGE)
    assert frozen.status == 422
    assert "immutable" in frozen.body["message"]


EDITED = read_baseline(
    {
        "environment": "test",
        "kubernetes": NEWEST,
        "dialect": "kubeadm",
        "cni": {"name": "calico"},
        "target": {"render": "out/test"},
        "images": {"registries": ["registry.example.com/platform"]},
        "apparmor": {"profiles": [{"name": "web", "denied": ["/root/**"]}]},
    }
).apparmor.profiles
