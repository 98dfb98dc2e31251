"""A tenant's people on a real API server: what they may, and every way to more, which the server refuses.

Each request is made by impersonation as the person it is about. Some ways are closed by RBAC (403), others by the
admission policies of the controls (422), since RBAC cannot say what they are about.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.admission_policies import plan_admission_policies, policy_inputs
from k8s_hardening.plans.baseline import plan_baseline
from tests.builders import pod
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.policing import MERGE, Policed, refusal_of, until
from tests.cluster.policy_cases import path_of
from tests.model.sample import sample

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
API, BINDINGS = "/api/v1/namespaces/payments-api", f"{RBAC}/namespaces/payments-api/rolebindings"
WANTED = {"Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "ClusterRole", "ClusterRoleBinding"}
WANTED |= {"Role", "RoleBinding"}


def environment() -> Baseline:
    """Payments with everything that its admins may get, a part of it, a neighbour, and an emergency there."""
    return read_baseline(_data())


def _data() -> dict[str, Any]:
    data = sample({"kubernetes": "1.37"})
    payments, shop = data["tenants"]
    payments |= {
        "members": ["group:payments-developers"],
        "viewers": ["group:auditors"],
        "separation": True,
        "access": {"secrets": "member", "exec": "admin"},
        "delegation": True,
        "namespace_prefix": "payments-",
    }
    refunds = {
        "name": "refunds",
        "parent": "payments",
        "separation": True,
        "admins": ["group:refunds-admins"],
        "namespaces": [{"name": "refunds-web"}],
    }
    emergency = {
        "name": "outage",
        "tenant": "shop",
        "subjects": ["user:bob"],
        "reason": "The shop does not answer.",
        "owner": "platform-team",
        "expires": "2027-01-15",
    }
    return {**data, "tenants": [payments, shop, refunds], "break_glass": [emergency]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    baseline = environment()
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("tenant-rights")) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        policed = Policed(made)
        for manifest in plan_baseline(baseline).manifests:
            if kind_of(manifest) in WANTED:
                answer = made.request("POST", _path(manifest), manifest)
                assert answer.status == 201, answer.body
        policed.make_namespaces({name.name for tenant in baseline.tenants for name in tenant.namespaces})
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": "x"}}
        for namespace in ("payments-api", "shop-web", "refunds-web"):
            assert made.request("POST", f"/api/v1/namespaces/{namespace}/secrets", secret).status == 201
        policies = plan_admission_policies(policy_inputs(baseline))
        policed.apply(policies)
        assert [one for one in policies if one["metadata"]["name"].startswith("k8s-hardening-dev-tenant-delegation")]
        yield made


def _path(manifest: dict[str, Any]) -> str:
    return path_of(manifest).replace("networkpolicys", "networkpolicies")


@dataclass(frozen=True)
class Try:
    """One request of somebody."""

    who: str
    """A group, or user:<name>."""
    method: str
    path: str
    body: Any = None
    by: str = "RBAC"
    """Who refuses it: RBAC, or the control whose policy does; `or` between those of which the first one answers."""

    def send(self, world: Cluster, *, dry: bool = True) -> Answer:
        """The server's answer; nothing is kept unless asked."""
        user, group = (self.who[5:], None) if self.who.startswith("user:") else ("eve@example.com", self.who)
        form = {"Content-Type": MERGE} if self.method == "PATCH" else {}
        path = f"{self.path}?dryRun=All" if dry and self.method not in ("GET", "DELETE") else self.path
        body = {"dryRun": ["All"]} if dry and self.method == "DELETE" else self.body
        return world.impersonating(user, group, self.method, path, body, **form)


ADMINS, MEMBERS, AUDITORS, PART = "payments-admins", "payments-developers", "auditors", "refunds-admins"
DELEGATION, OWNER = "tenant-delegation", "namespace-owner"
GROUP = "rbac.authorization.k8s.io"
TENANT, LEVEL = "k8s-hardening/tenant", "pod-security.kubernetes.io/enforce"


def binding(name: str, *subjects: dict[str, str], role: str = "tenant-member", kind: str = "Role") -> dict[str, Any]:
    people = subjects or ({"kind": "User", "apiGroup": GROUP, "name": "ann@example.com"},)
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role},
        "subjects": list(people),
    }


def group(name: str) -> dict[str, str]:
    return {"kind": "Group", "apiGroup": GROUP, "name": name}


def account(namespace: str, name: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def namespace(name: str, label: str = "", value: str = "") -> dict[str, Any]:
    """A namespace as an admin of payments may make it, with one label changed."""
    labels = {TENANT: "payments", LEVEL: "restricted", f"{LEVEL}-version": "v1.37", **({label: value} if label else {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def changed(*subjects: dict[str, str]) -> dict[str, Any]:
    return {"subjects": list(subjects)}


TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
ROLE = {
    "apiVersion": f"{GROUP}/v1",
    "kind": "Role",
    "metadata": {"name": "more"},
    "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
}
CLUSTER_BINDING = {**binding("more", role="cluster-admin", kind="ClusterRole"), "kind": "ClusterRoleBinding"}
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "host"},
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/etc"}},
}
HOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingWebhookConfiguration",
    "metadata": {"name": "more"},
    "webhooks": [],
}

ALLOWED = {
    "an admin makes a member": Try(ADMINS, "POST", BINDINGS, binding("delegated-ann")),
    "an admin makes a viewer of an account": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-ci", account("payments-db", "ci"), role="tenant-viewer")
    ),
    "an admin lets an auditor view": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-audit", group("auditors"), role="tenant-viewer")
    ),
    "an admin makes a namespace of the prefix": Try(ADMINS, "POST", "/api/v1/namespaces", namespace("payments-new")),
    "an admin reads a Secret": Try(ADMINS, "GET", f"{API}/secrets/db"),
    "a member reads a Secret": Try(MEMBERS, "GET", f"{API}/secrets/db"),
    "a member makes a service account": Try(
        MEMBERS,
        "POST",
        f"{API}/serviceaccounts",
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}},
    ),
    "an auditor lists pods": Try(AUDITORS, "GET", f"{API}/pods"),
    "the whole's admin acts in the part": Try(ADMINS, "GET", "/api/v1/namespaces/refunds-web/pods"),
    "the whole's auditor looks into the part": Try(AUDITORS, "GET", "/api/v1/namespaces/refunds-web/pods"),
    "the part's admin acts in the part": Try(PART, "GET", "/api/v1/namespaces/refunds-web/configmaps"),
    "somebody in an emergency reads a Secret": Try("user:bob", "GET", "/api/v1/namespaces/shop-web/secrets/db"),
}

REFUSED = {
    # Of the bindings that an admin may make, those that give more.
    "a binding of the admins' role": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", role="tenant-admin"), DELEGATION
    ),
    "a binding of cluster-admin": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", role="cluster-admin", kind="ClusterRole")
    ),
    "a binding of the built-in edit": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", role="edit", kind="ClusterRole")
    ),
    "a binding of a name of the platform's": Try(ADMINS, "POST", BINDINGS, binding("tenant-x"), DELEGATION),
    "a binding of all accounts": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", group("system:serviceaccounts")), DELEGATION
    ),
    "a binding of system:masters": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", group("system:masters")), DELEGATION
    ),
    "a binding of everybody": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", group("system:authenticated")), DELEGATION
    ),
    "a binding of another tenant's people": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", group("shop-admins")), DELEGATION
    ),
    "a binding of another tenant's account": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", account("shop-web", "app")), DELEGATION
    ),
    "a binding of the platform's account": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", account("kube-system", "app")), DELEGATION
    ),
    "a binding of the default account": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", account("payments-api", "default")), DELEGATION
    ),
    "a binding that makes an auditor act": Try(
        ADMINS, "POST", BINDINGS, binding("delegated-x", group("auditors")), DELEGATION
    ),
    "a change of the admins' own binding": Try(
        ADMINS, "PATCH", f"{BINDINGS}/tenant-admin", {"metadata": {"labels": {"a": "b"}}}, DELEGATION
    ),
    "a change of who is viewer": Try(ADMINS, "PATCH", f"{BINDINGS}/tenant-viewer", changed(group("x")), DELEGATION),
    "the end of who is viewer": Try(ADMINS, "DELETE", f"{BINDINGS}/tenant-viewer", None, DELEGATION),
    "a binding in another tenant": Try(
        ADMINS, "POST", f"{RBAC}/namespaces/shop-web/rolebindings", binding("delegated-x")
    ),
    "a binding in the part, which delegates nothing": Try(
        ADMINS, "POST", f"{RBAC}/namespaces/refunds-web/rolebindings", binding("delegated-x")
    ),
    "a binding in default": Try(ADMINS, "POST", f"{RBAC}/namespaces/default/rolebindings", binding("delegated-x")),
    "a binding for the whole cluster": Try(ADMINS, "POST", f"{RBAC}/clusterrolebindings", CLUSTER_BINDING),
    "a binding by a member": Try(MEMBERS, "POST", BINDINGS, binding("delegated-x")),
    "a role": Try(ADMINS, "POST", f"{RBAC}/namespaces/payments-api/roles", ROLE),
    "a change of the members' role": Try(
        ADMINS, "PATCH", f"{RBAC}/namespaces/payments-api/roles/tenant-member", {"rules": ROLE["rules"]}
    ),
    # Namespaces.
    "a namespace of another name": Try(ADMINS, "POST", "/api/v1/namespaces", namespace("other"), OWNER),
    "a namespace of another tenant": Try(
        ADMINS, "POST", "/api/v1/namespaces", namespace("payments-x", TENANT, "shop"), OWNER
    ),
    "a namespace with a weaker level": Try(
        ADMINS,
        "POST",
        "/api/v1/namespaces",
        namespace("payments-x", LEVEL, "baseline"),
        OWNER,
    ),
    "a namespace with the level of an old version": Try(
        ADMINS,
        "POST",
        "/api/v1/namespaces",
        namespace("payments-x", f"{LEVEL}-version", "v1.25"),
        f"{OWNER} or namespace-pod-security",
    ),
    "a namespace that the part has": Try(ADMINS, "POST", "/api/v1/namespaces", namespace("refunds-more"), OWNER),
    "a namespace of the prefix by a member": Try(MEMBERS, "POST", "/api/v1/namespaces", namespace("payments-x")),
    "a namespace of the prefix by the part": Try(PART, "POST", "/api/v1/namespaces", namespace("payments-x")),
    "a change of the own namespace's level": Try(
        ADMINS, "PATCH", API, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
    ),
    "the end of the own namespace": Try(ADMINS, "DELETE", API),
    # Guard rails.
    "the end of the deny-all": Try(
        ADMINS, "DELETE", "/apis/networking.k8s.io/v1/namespaces/payments-api/networkpolicies/deny-all"
    ),
    "a larger quota": Try(ADMINS, "PATCH", f"{API}/resourcequotas/tenant-quota", {"spec": {"hard": {"pods": "999"}}}),
    "the end of the limits": Try(ADMINS, "DELETE", f"{API}/limitranges/tenant-limits"),
    # Becoming somebody else.
    "a token of an account": Try(ADMINS, "POST", f"{API}/serviceaccounts/default/token", TOKEN),
    "a volume of the node": Try(ADMINS, "POST", "/api/v1/persistentvolumes", VOLUME),
    "a webhook": Try(ADMINS, "POST", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", HOOK),
    "the kubelet": Try(ADMINS, "GET", "/api/v1/nodes/one/proxy/pods"),
    "the approval of a certificate": Try(
        ADMINS, "PATCH", "/apis/certificates.k8s.io/v1/certificatesigningrequests/one/approval", {}
    ),
    # Into pods and Secrets.
    "a command by a member": Try(MEMBERS, "POST", f"{API}/pods/app/exec?command=sh&stdout=true"),
    "a command by an auditor": Try(AUDITORS, "GET", f"{API}/pods/app/exec?command=sh&stdout=true"),
    "a command by a get": Try(ADMINS, "GET", f"{API}/pods/app/exec?command=sh&stdout=true"),
    "the input of a pod": Try(ADMINS, "POST", f"{API}/pods/app/attach"),
    "a port of a pod": Try(ADMINS, "POST", f"{API}/pods/app/portforward"),
    "a request to a pod": Try(ADMINS, "GET", f"{API}/pods/app/proxy/"),
    "a request to a Service": Try(ADMINS, "GET", f"{API}/services/app/proxy/"),
    "a debugging container": Try(ADMINS, "PATCH", f"{API}/pods/app/ephemeralcontainers", {"spec": {}}),
    "a Secret for an auditor": Try(AUDITORS, "GET", f"{API}/secrets/db"),
    "a Secret of another tenant": Try(ADMINS, "GET", "/api/v1/namespaces/shop-web/secrets/db"),
    "a Secret of the whole for the part": Try(PART, "GET", f"{API}/secrets/db"),
    "a Secret of kube-system": Try(ADMINS, "GET", "/api/v1/namespaces/kube-system/secrets"),
    "every Secret": Try(ADMINS, "GET", "/api/v1/secrets"),
    "a pod in default": Try(ADMINS, "POST", "/api/v1/namespaces/default/pods", pod()),
    "another tenant in an emergency": Try("user:bob", "GET", f"{API}/secrets/db"),
    "the deny-all in an emergency": Try(
        "user:bob", "DELETE", "/apis/networking.k8s.io/v1/namespaces/shop-web/networkpolicies/deny-all"
    ),
}


@pytest.mark.parametrize("case", ALLOWED.values(), ids=ALLOWED)
def test_what_people_may(world: Cluster, case: Try) -> None:
    answer = case.send(world)
    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_every_way_to_more_is_refused(world: Cluster, case: Try) -> None:
    answer = case.send(world)
    if case.by == "RBAC":
        assert answer.status == 403, answer.body
        assert "ValidatingAdmissionPolicy" not in str(answer.body)
    else:
        message = str(refusal_of(answer))
        assert any(f"[{one}] " in message for one in case.by.split(" or ")), answer.body


def test_the_tables_are_as_long_as_they_say() -> None:
    print(f"{len(ALLOWED)} allowed, {len(REFUSED)} refused")
    assert len(REFUSED) >= 50


def test_an_admin_may_take_back_what_it_gave_and_only_that(world: Cluster) -> None:
    made = Try(ADMINS, "POST", BINDINGS, binding("delegated-eve"))
    assert made.send(world, dry=False).status == 201
    here = f"{BINDINGS}/delegated-eve"
    assert Try(ADMINS, "PATCH", here, changed(group("payments-testers"))).send(world, dry=False).status == 200
    assert "[tenant-delegation] " in str(
        refusal_of(Try(ADMINS, "PATCH", here, changed(group("system:nodes"))).send(world))
    )
    assert Try("user:ann", "DELETE", here).send(world).status == 403
    assert Try(ADMINS, "DELETE", here).send(world, dry=False).status == 200


def test_without_the_policy_rbac_alone_would_let_it_pass(world: Cluster) -> None:
    """What the refusals above rest on: the same requests pass where only RBAC is asked, as below Kubernetes 1.30."""
    policed = [case for case in REFUSED.values() if case.by == DELEGATION]
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
    taken = []
    for one in world.request("GET", path).body["items"]:
        if "tenant-delegation" in one["metadata"]["name"]:
            taken.append(copy.deepcopy(one))
            assert world.request("DELETE", f"{path}/{one['metadata']['name']}").status == 200
    assert len(taken) == 3
    try:
        until(lambda: policed[0].send(world).status == 201, "the end of the policy")
        statuses = {case.send(world).status for case in policed}
        assert statuses <= {200, 201}, statuses
    finally:
        for one in taken:
            del one["metadata"]["resourceVersion"], one["metadata"]["uid"]
            assert world.request("POST", path, one).status == 201
