"""Quotas and limits on real API servers: every size and option is taken, and refuses what the model says it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.kube.manifest import kind_of
from tests.builders import wrap_pod
from tests.cluster.binaries import NEWEST, OLDEST
from tests.cluster.cluster import Answer
from tests.cluster.policing import until
from tests.cluster.quota_world import CRITICAL, POOL, Bounded, asking, bounded, planned

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bounded]:
    with bounded(request.param, tmp_path_factory.mktemp("quotas")) as made:
        yield made


def allowed(answer: Answer) -> dict[str, Any]:
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.body
    return body


def refused(answer: Answer, *words: str) -> None:
    assert answer.status in (403, 422, 500), answer.body
    for word in words:
        assert word in answer.body["message"]


def test_every_object_of_the_plan_is_taken(world: Bounded) -> None:
    wanted = planned(world.cluster.binaries.version)
    kinds = [kind_of(one) for one in wanted]
    assert world.created == len(wanted)
    print(f"{world.created} objects: {kinds.count('ResourceQuota')} quotas, {kinds.count('LimitRange')} limit ranges")
    for one in wanted:
        if kind_of(one) in ("ResourceQuota", "LimitRange"):
            again = {**one, "metadata": {**one["metadata"], "name": f"{one['metadata']['name']}-again"}}
            assert world.send(again, "?dryRun=All").status == 201


@pytest.mark.parametrize(("size", "cpu"), [("small", "1"), ("medium", "2"), ("large", "8")])
def test_a_container_has_at_most_what_the_size_says(world: Bounded, size: str, cpu: str) -> None:
    most = asking(requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": cpu, "memory": "1Gi"})
    allowed(world.try_pod(size, "most", most))
    more = asking(requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": f"{cpu}001m", "memory": "1Gi"})
    refused(world.try_pod(size, "more", more), f"maximum cpu usage per Container is {cpu}")


def test_a_container_that_names_nothing_gets_the_defaults_and_is_counted(world: Bounded) -> None:
    made = allowed(world.try_pod("two-pods", "first", asking()))
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
    allowed(world.try_pod("two-pods", "second", asking()))
    refused(world.try_pod("two-pods", "third", asking()), "exceeded quota: tenant-quota", "limited: pods=2")


def test_counts_of_objects(world: Bounded) -> None:
    def deployment(name: str) -> dict[str, Any]:
        labels = {"app": name}
        made = wrap_pod(
            {"metadata": {"name": name, "namespace": "counted", "labels": labels}, "spec": {}}, "Deployment"
        )
        spec = made[0]["spec"]
        spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [asking()]}}
        spec.update(selector={"matchLabels": labels}, replicas=0)
        return made[0]

    allowed(world.send(deployment("one")))
    refused(world.send(deployment("two")), "exceeded quota: tenant-quota", "limited: count/deployments.apps=1")
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": []}
    answer = world.send({**role, "metadata": {"name": "a", "namespace": "counted"}})
    refused(answer, "limited: count/roles.rbac.authorization.k8s.io=0")


def test_scopes_count_their_pods_and_no_others(world: Bounded) -> None:
    allowed(world.try_pod("batch", "job", asking(), activeDeadlineSeconds=60))
    refused(world.try_pod("batch", "job-2", asking(), activeDeadlineSeconds=60), "exceeded quota: tenant-quota-batch")
    allowed(world.try_pod("batch", "server", asking()))
    allowed(world.try_pod("lasting", "server", asking()))
    refused(world.try_pod("lasting", "server-2", asking()), "exceeded quota: tenant-quota-a")
    allowed(world.try_pod("lasting", "job", asking(), activeDeadlineSeconds=60))
    near = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "x"}}}
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": [{**near, "namespaces": ["small"]}]}
    refused(
        world.try_pod("aloof", "near", asking(), affinity={"podAntiAffinity": affinity}),
        "exceeded quota: tenant-quota-a",
    )
    allowed(world.try_pod("aloof", "alone", asking()))


def test_a_priority_class_is_for_namespaces_with_a_quota_for_it(world: Bounded) -> None:
    allowed(world.try_pod("critical", "first", asking(), priorityClassName=CRITICAL))
    second = world.try_pod("critical", "second", asking(), priorityClassName=CRITICAL)
    refused(second, "exceeded quota: tenant-quota-few")
    allowed(world.try_pod("medium", "critical", asking(), priorityClassName=CRITICAL))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}
    allowed(world.send(namespace))
    account = "/api/v1/namespaces/elsewhere/serviceaccounts/default"
    until(lambda: world.cluster.request("GET", account).status == 200, account)
    answer = world.try_pod("elsewhere", "critical", asking(), priorityClassName=CRITICAL)
    refused(answer, "insufficient quota to match these scopes")
    allowed(world.try_pod("elsewhere", "plain", asking()))


def test_bounds_of_containers_pods_and_claims(world: Bounded) -> None:
    made = allowed(world.try_pod("bounded", "plain", asking()))
    assert made["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "500m", "memory": "256Mi", "ephemeral-storage": "1Gi", "nvidia.com/gpu": "0",
    }  # fmt: skip
    fast = asking(requests={"cpu": "100m"}, limits={"cpu": "501m"})
    refused(world.try_pod("bounded", "fast", fast), "max limit to request ratio per Container is 5")
    slow = asking(requests={"cpu": "49m"}, limits={"cpu": "100m"})
    refused(world.try_pod("bounded", "slow", slow), "minimum cpu usage per Container is 50m")
    large = [asking(f"c{index}", requests={"memory": "300Mi"}, limits={"memory": "600Mi"}) for index in range(2)]
    refused(world.try_pod("bounded", "large", *large), "maximum memory usage per Pod is 1Gi")
    many = [asking(f"c{index}") for index in range(4)]
    refused(world.try_pod("bounded", "many", *many), "exceeded quota", "limits.ephemeral-storage")
    device = asking(requests={"nvidia.com/gpu": "2"}, limits={"nvidia.com/gpu": "2"})
    refused(world.try_pod("bounded", "device", device), "maximum nvidia.com/gpu usage per Container is 1")

    def claim(name: str, size: str) -> Answer:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        metadata = {"name": name, "namespace": "bounded"}
        return world.send({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})

    allowed(claim("fits", "100Gi"))
    refused(claim("large", "101Gi"), "maximum storage usage per PersistentVolumeClaim is 100Gi")
    refused(claim("small", "100Mi"), "minimum storage usage per PersistentVolumeClaim is 1Gi")


def test_pods_go_to_the_nodes_of_their_tenant(world: Bounded) -> None:
    made = allowed(world.try_pod("large", "placed", asking(), nodeSelector={"kubernetes.io/os": "linux"}))
    assert made["spec"]["nodeSelector"] == {**POOL, "kubernetes.io/os": "linux"}
    elsewhere = world.try_pod("large", "elsewhere", asking(), nodeSelector={"example.com/pool": "shared"})
    refused(elsewhere, "conflicts with its namespace node label selector")


def test_pods_tolerate_the_taints_of_their_tenant_and_no_others(world: Bounded) -> None:
    own = {"key": "example.com/pool", "operator": "Equal", "value": "retail"}
    gpu = {"key": "example.com/gpu", "operator": "Exists"}
    made = allowed(world.try_pod("large", "tolerant", asking()))
    assert own in made["spec"]["tolerations"]
    refused(world.try_pod("large", "greedy", asking(), tolerations=[gpu]), "conflict with its namespace whitelist")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "nobodys"}}
    allowed(world.send(namespace))
    account = "/api/v1/namespaces/nobodys/serviceaccounts/default"
    until(lambda: world.cluster.request("GET", account).status == 200, account)
    allowed(world.try_pod("nobodys", "plain", asking()))
    allowed(world.try_pod("nobodys", "gpu", asking(), tolerations=[gpu]))
    refused(world.try_pod("nobodys", "greedy", asking(), tolerations=[own]), "conflict with its cluster whitelist")


def test_default_is_closed(world: Bounded) -> None:
    account = world.read("/api/v1/namespaces/default/serviceaccounts/default")
    assert account["automountServiceAccountToken"] is False
    refused(world.try_pod("default", "stray", asking()), "exceeded quota: nothing", "limited: pods=0")
    rbac = {"apiGroup": "rbac.authorization.k8s.io"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "stray", "namespace": "default"},
        "roleRef": {**rbac, "kind": "ClusterRole", "name": "view"},
        "subjects": [{**rbac, "kind": "User", "name": "somebody"}],
    }
    refused(world.send(binding), "limited: count/rolebindings.rbac.authorization.k8s.io=0")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "stray", "namespace": "default"}}
    spec = {"type": "NodePort", "ports": [{"port": 80}]}
    refused(world.send({**service, "spec": spec}), "exceeded quota: nothing", "services.nodeports=0")
    assert world.read("/api/v1/namespaces/default/services/kubernetes")["spec"]["clusterIP"] == "10.96.0.1"


def test_what_the_model_refuses_would_bound_nothing_or_let_nothing_run(world: Bounded) -> None:
    """The reasons of three refusals, shown in namespaces that no model would have let through."""

    def namespace(name: str, kind: str, spec: dict[str, Any]) -> None:
        metadata = {"name": name}
        allowed(world.send({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        until(lambda: world.cluster.request("GET", account).status == 200, account)
        one = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it", "namespace": name}, "spec": spec}
        allowed(world.send(one))
        world.wait_for_quotas([one])

    namespace("no-defaults", "ResourceQuota", {"hard": {"requests.cpu": "4"}})
    until(lambda: world.try_pod("no-defaults", "a", asking()).status == 403, "the quota")
    refused(world.try_pod("no-defaults", "b", asking()), "failed quota: it: must specify requests.cpu")
    namespace("no-storage", "ResourceQuota", {"hard": {"limits.ephemeral-storage": "1Mi", "pods": "5"}})
    allowed(world.try_pod("no-storage", "a", asking()))
    path = "/api/v1/namespaces/no-storage/resourcequotas/it"
    until(lambda: world.read(path)["status"]["used"]["pods"] == "1", "the count of the pod")
    assert world.read(path)["status"]["used"]["limits.ephemeral-storage"] == "0"
    namespace("devices", "LimitRange", {"limits": [{"type": "Container", "max": {"nvidia.com/gpu": "4"}}]})
    names = iter(range(100))

    def given() -> dict[str, Any]:
        made = allowed(world.try_pod("devices", f"pod-{next(names)}", asking()))
        resources: dict[str, Any] = made["spec"]["containers"][0]["resources"]
        return resources

    until(lambda: "limits" in given(), "the limit range")
    assert given()["limits"] == {"nvidia.com/gpu": "4"}
