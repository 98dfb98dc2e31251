"""PodSecurityPolicies and their RBAC on a real API server of 1.24: who may create which pods, and who is locked out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from k8s_hardening.controls.shared.pod_security_policies import Level
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, as_str, kind_of, name_of, namespace_of
from k8s_hardening.model.apparmor_text import profile_name
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.plans.pod_security_policies import NODES, plan_pod_security, pod_defaults
from tests.cluster.psp_world import ACCOUNT, BASELINE, CNI, RESTRICTED, SYSTEM, World, baseline, booted_world
from tests.cluster.rights import grant
from tests.oracle.pod_security_fixtures import pod_security_fixtures

pytestmark = pytest.mark.cluster

_NODE = "test-node"
_CONTROLLER = "replicaset-controller"
_PROFILE = profile_name(baseline().apparmor.profiles[0])


def pod(container: dict[str, Any] | None = None, *, annotations: dict[str, str] | None = None, **spec: Any) -> Manifest:
    """A pod that says nothing of security but what is given."""
    made = {"name": "app", "image": "registry.example.com/platform/app:v1", "securityContext": container or {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app", "annotations": annotations or {}},
        "spec": {"automountServiceAccountToken": False, "containers": [made], **spec},
    }


def volume(**source: Any) -> Manifest:
    return pod(volumes=[{"name": "data", **source}])


def context(**fields: Any) -> Manifest:
    return pod(securityContext=fields)


def host_port() -> Manifest:
    made = pod()
    made["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 80}]
    return made


EVERY = frozenset(Level)
OPEN = EVERY - {Level.RESTRICTED}
PRIVILEGED = frozenset({Level.PRIVILEGED})
# Pod -> the policies that admit it.
PODS: dict[str, tuple[Manifest, frozenset[Level]]] = {
    "says nothing": (pod(), EVERY),
    "hardened": (
        pod(
            {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
            securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        ),
        EVERY,
    ),
    "adds NET_BIND_SERVICE": (pod({"capabilities": {"add": ["NET_BIND_SERVICE"]}}), EVERY),
    "inline CSI volume": (volume(csi={"driver": "secrets.example.com"}), EVERY),
    "safe sysctl": (context(sysctls=[{"name": "kernel.shm_rmid_forced", "value": "1"}]), EVERY),
    "seccomp profile of the baseline": (
        context(seccompProfile={"type": "Localhost", "localhostProfile": "profiles/audit.json"}),
        EVERY,
    ),
    "AppArmor profile of the baseline": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/app": f"localhost/{_PROFILE}"}),
        EVERY,
    ),
    "group of its own": (context(fsGroup=2000, supplementalGroups=[3000]), EVERY),
    "root": (context(runAsUser=0), OPEN),
    "root's group": (context(fsGroup=0), OPEN),
    "writable root": (pod({"readOnlyRootFilesystem": False}), OPEN),
    "escalation": (pod({"allowPrivilegeEscalation": True}), OPEN),
    "adds CHOWN": (pod({"capabilities": {"add": ["CHOWN"]}}), OPEN),
    "NFS volume": (volume(nfs={"server": "files.example.com", "path": "/"}), OPEN),
    "privileged": (pod({"privileged": True}), PRIVILEGED),
    "adds SYS_ADMIN": (pod({"capabilities": {"add": ["SYS_ADMIN"]}}), PRIVILEGED),
    "hostPath": (volume(hostPath={"path": "/etc"}), PRIVILEGED),
    "host network": (pod(hostNetwork=True), PRIVILEGED),
    "host PID": (pod(hostPID=True), PRIVILEGED),
    "host port": (host_port(), PRIVILEGED),
    "unsafe sysctl": (context(sysctls=[{"name": "kernel.msgmax", "value": "1"}]), PRIVILEGED),
    "seccomp unconfined": (context(seccompProfile={"type": "Unconfined"}), PRIVILEGED),
    "seccomp profile of nobody": (
        context(seccompProfile={"type": "Localhost", "localhostProfile": "other.json"}),
        PRIVILEGED,
    ),
    "AppArmor unconfined": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}),
        PRIVILEGED,
    ),
    "SELinux type of the host": (context(seLinuxOptions={"type": "spc_t"}), PRIVILEGED),
}
# Who makes a pod, and where: a tenant's account, a controller on its behalf, parts of the system.
ROWS = (
    (f"{RESTRICTED}/{ACCOUNT}", RESTRICTED),
    (f"{BASELINE}/{ACCOUNT}", BASELINE),
    (f"{SYSTEM}/{_CONTROLLER}", RESTRICTED),
    (f"{SYSTEM}/{_CONTROLLER}", BASELINE),
    (f"{SYSTEM}/{_CONTROLLER}", "default"),
    (f"{SYSTEM}/{ACCOUNT}", SYSTEM),
    (f"{CNI}/{ACCOUNT}", CNI),
)


def mirror_pod(world: World, name: str) -> Manifest:
    """What the kubelet makes of a static pod of the control plane."""
    node = world.cluster.request("GET", f"/api/v1/nodes/{_NODE}").body
    owner = {"apiVersion": "v1", "kind": "Node", "name": _NODE, "uid": node["metadata"]["uid"], "controller": True}
    made = pod({"privileged": True}, annotations={"kubernetes.io/config.mirror": "0123"}, hostNetwork=True)
    made["spec"].pop("automountServiceAccountToken")
    made["metadata"] |= {"name": name, "ownerReferences": [owner]}
    made["spec"]["nodeName"] = _NODE
    return made


def register_node(world: World) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _NODE}}
    answer = world.as_node("POST", "/api/v1/nodes", node)
    assert answer.status == 201, answer.body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The plan applied to a server on which the plug-in runs already: the way of a new cluster."""
    with booted_world(tmp_path_factory.mktemp("psp")) as made:
        register_node(made)
        before = made.as_node("POST", f"/api/v1/namespaces/{SYSTEM}/pods", mirror_pod(made, "before"))
        assert before.status == 403, before.body
        assert "PodSecurityPolicy" in before.body["message"]
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": CNI}}
        assert made.cluster.request("POST", "/api/v1/namespaces", namespace).status == 201
        made.apply()
        for place in (RESTRICTED, BASELINE, SYSTEM, CNI):
            made.sign_in(place)
        made.sign_in(SYSTEM, _CONTROLLER)
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}
        grant(made.cluster, "creates-pods", rule, kind="Group", name="system:serviceaccounts")
        yield made


def usable(manifests: tuple[Manifest, ...], groups: set[str], namespace: str) -> set[str]:
    """The policies that the plan's RBAC lets groups use in a namespace."""
    names = {
        name_of(role): [name for rule in as_list(role["rules"]) for name in as_list(as_map(rule).get("resourceNames"))]
        for role in manifests
        if kind_of(role) == "ClusterRole"
    }
    return {
        name
        for binding in manifests
        if kind_of(binding) == "ClusterRoleBinding"
        or (kind_of(binding) == "RoleBinding" and namespace_of(binding) == namespace)
        if any(as_map(subject).get("name") in groups for subject in as_list(binding.get("subjects")))
        for name in names.get(as_str(as_map(binding.get("roleRef")).get("name")), [])
    }


def groups_of(namespace: str) -> set[str]:
    return {"system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"}


def promised(world: World, who: str, namespace: str, admitting: frozenset[Level]) -> bool:
    """Whether the plan lets a pod be: its author or its own account, one of the namespace, may use a policy for it."""
    groups = groups_of(who.partition("/")[0]) | groups_of(namespace)
    return bool(usable(world.manifests, groups, namespace) & {level.policy for level in admitting})


def test_who_may_create_which_pod_is_what_the_plan_promises(world: World) -> None:
    table, wrong = [], []
    for who, namespace in ROWS:
        cells = []
        for what, (manifest, admitting) in PODS.items():
            answer = world.create(who, namespace, manifest)
            refused_by_policy = answer.status == 403 and "PodSecurityPolicy" in answer.body["message"]
            assert answer.status == 201 or refused_by_policy, (who, namespace, what, answer.body)
            expected = promised(world, who, namespace, admitting)
            if (answer.status == 201) is not expected:
                wrong.append(f"{who} in {namespace}, {what}: {answer.status} instead of {expected}")
            cells.append("+" if answer.status == 201 else "-")
        table.append(f"{who} in {namespace}: {''.join(cells)}")
    print("\n".join([f"columns: {', '.join(PODS)}", *table, f"{len(ROWS) * len(PODS)} cells compared"]))
    assert not wrong, "\n".join(wrong)
    # Each column and each row tells something: a table of one answer would prove nothing.
    assert {row.rpartition(": ")[2] for row in table} == {
        "+" * len(PODS),
        "-" * len(PODS),
        "".join("+" if admitting == EVERY else "-" for _, admitting in PODS.values()),
        "".join("+" if Level.BASELINE in admitting else "-" for _, admitting in PODS.values()),
    }


def test_kube_system_is_not_locked_out(world: World) -> None:
    answer = world.as_node("POST", f"/api/v1/namespaces/{SYSTEM}/pods", mirror_pod(world, "kube-apiserver-test-node"))
    assert answer.status == 201, answer.body
    assert answer.body["metadata"]["annotations"]["kubernetes.io/psp"] == Level.PRIVILEGED.policy
    elsewhere = world.as_node("POST", f"/api/v1/namespaces/{RESTRICTED}/pods", mirror_pod(world, "elsewhere"))
    assert elsewhere.status == 403
    assert "PodSecurityPolicy" in elsewhere.body["message"]


def test_nobody_of_a_tenant_may_use_the_privileged_policy_anywhere(world: World) -> None:
    asked = 0
    for home, level in ((RESTRICTED, Level.RESTRICTED), (BASELINE, Level.BASELINE)):
        user, groups = f"system:serviceaccount:{home}:{ACCOUNT}", sorted(groups_of(home))
        for namespace in (RESTRICTED, BASELINE, SYSTEM, CNI, "default", ""):
            for policy in Level:
                expected = policy is level and namespace == home
                assert world.may_use(user, groups, policy.policy, namespace) is expected, (home, namespace, policy)
                asked += 1
    node = (f"system:node:{_NODE}", [NODES, "system:authenticated"])
    assert world.may_use(*node, Level.PRIVILEGED.policy, SYSTEM)
    assert not world.may_use(*node, Level.PRIVILEGED.policy, RESTRICTED)
    print(f"{asked + 2} answers of the authorizer compared")


def test_a_pod_of_a_baseline_namespace_keeps_what_it_says_and_gets_a_seccomp_profile(world: World) -> None:
    answer = world.create(f"{BASELINE}/{ACCOUNT}", BASELINE, context(runAsUser=0))
    assert answer.status == 201, answer.body
    assert answer.body["metadata"]["annotations"]["kubernetes.io/psp"] == Level.BASELINE.policy
    assert answer.body["spec"]["securityContext"] == {
        "runAsUser": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
        "seLinuxOptions": {},
    }
    assert set(answer.body["spec"]["containers"][0]["securityContext"]) <= {"seLinuxOptions"}


def test_what_the_restricted_policy_writes_is_what_the_plan_says(world: World) -> None:
    defaults = pod_defaults(pod_security_inputs(baseline()))
    answer = world.create(f"{RESTRICTED}/{ACCOUNT}", RESTRICTED, pod())
    assert answer.status == 201, answer.body
    assert answer.body["metadata"]["annotations"]["kubernetes.io/psp"] == Level.RESTRICTED.policy
    (container,) = answer.body["spec"]["containers"]
    assert without_empty(answer.body["spec"]["securityContext"]) == defaults["pod"]
    assert without_empty(container["securityContext"]) == defaults["container"]
    # Written into the manifest, they leave the policy nothing to say, and Pod Security Admission takes the pod.
    written = pod(defaults["container"], securityContext=defaults["pod"])
    again = world.create(f"{RESTRICTED}/{ACCOUNT}", RESTRICTED, written)
    assert again.status == 201, again.body
    assert again.body["spec"]["containers"][0]["securityContext"] == container["securityContext"]


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    """SELinux options without any are what every pod gets, and mean the runtime's own."""
    return {key: value for key, value in fields.items() if value != {}}


@pytest.fixture
def everybody(world: World) -> Iterator[None]:
    """Everybody may use the restricted policy, as `restricted_groups: ["system:authenticated"]` says."""
    inputs = pod_security_inputs(baseline()).model_copy(update={"restricted_groups": ("system:authenticated",)})
    (binding,) = [one for one in plan_pod_security(inputs) if kind_of(one) == "ClusterRoleBinding"]
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    assert world.cluster.request("POST", path, binding).status == 201

    def may_everybody() -> bool:
        return world.may_use("alice", ["system:authenticated"], Level.RESTRICTED.policy, "default")

    wait_until(may_everybody)
    yield
    assert world.cluster.request("DELETE", f"{path}/{name_of(binding)}").status == 200
    wait_until(lambda: not may_everybody())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "the authorizer does not see the binding"
        time.sleep(0.05)


@pytest.mark.usefixtures("everybody")
def test_no_pod_gets_a_stricter_policy_than_its_namespace_because_everybody_may_use_it(world: World) -> None:
    for what, (manifest, admitting) in PODS.items():
        for who, namespace, level in (
            (f"{BASELINE}/{ACCOUNT}", BASELINE, Level.BASELINE),
            (f"{SYSTEM}/{ACCOUNT}", SYSTEM, Level.PRIVILEGED),
        ):
            answer = world.create(who, namespace, manifest)
            assert (answer.status == 201) is (level in admitting), (what, namespace, answer.body)
            if answer.status == 201:
                assert answer.body["metadata"]["annotations"]["kubernetes.io/psp"] == level.policy, what


# Fixture pods of the Pod Security Standards on which the policies decide otherwise; plans and docs say so.
WRITTEN_BY_THE_POLICY = {
    *(f"restricted/v1.24/fail/allowprivilegeescalation{number}.yaml" for number in (2, 3)),
    *(f"restricted/v1.24/fail/capabilities_restricted{number}.yaml" for number in (0, 1, 2)),
    *(f"restricted/v1.24/fail/seccompprofile_restricted{number}.yaml" for number in (0, 2, 3)),
    "restricted/v1.24/fail/runasnonroot0.yaml",
}
NAMED_BY_NO_BASELINE = {
    "baseline/v1.24/pass/apparmorprofile0.yaml",
    "baseline/v1.24/pass/selinuxoptions1.yaml",
    "restricted/v1.24/pass/apparmorprofile0.yaml",
    "restricted/v1.24/pass/seccompprofile_restricted1.yaml",
    "restricted/v1.24/pass/seccompprofile_restricted2.yaml",
    "restricted/v1.24/pass/selinuxoptions1.yaml",
}


def test_the_policies_decide_as_the_standards_do_but_for_what_is_said(world: World) -> None:
    places = {"baseline": BASELINE, "restricted": RESTRICTED}
    admitted, refused, compared = set(), set(), 0
    for one in pod_security_fixtures():
        if one.version != "v1.24":
            continue
        namespace = places[one.level]
        moved = {**one.pod, "metadata": {**one.pod["metadata"], "name": "test", "namespace": namespace}}
        answer = world.create(f"{namespace}/{ACCOUNT}", namespace, moved)
        # Pod Security Admission runs as well, after the policy: what that wrote into the pod must be enough for it.
        refused_by_policy = answer.status == 403 and "PodSecurityPolicy" in answer.body["message"]
        assert answer.status == 201 or refused_by_policy, (str(one.path), answer.body)
        compared += 1
        if refused_by_policy and one.offended is None:
            refused.add(str(one.path))
        elif not refused_by_policy and one.offended is not None:
            admitted.add(str(one.path))
    assert admitted == WRITTEN_BY_THE_POLICY
    assert refused == NAMED_BY_NO_BASELINE
    other = len(admitted) + len(refused)
    print(f"{compared} fixture pods of v1.24 compared with PodSecurityPolicy, {compared - other} decided alike")
    assert compared == 40 + 86
