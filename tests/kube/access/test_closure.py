"""The steps: each is a way to a Secret that a SubjectAccessReview does not show."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.access import STEPS, Closure, Match, Path, Reach, World, user
from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.version import NEWEST, KubeVersion
from tests.kube.access.worlds import RBAC, Object, bind, rbac, rule

NS: Object = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
}
READER = [
    rbac("Role", "reader", "shop", rules=[rule("get", "secrets")]),
    bind("Role/reader", "serviceaccount:shop/app", "user:dave", "group:readers", namespace="shop"),
]
_ADMISSION, _CERTIFICATES, _AUTHENTICATION = (
    "admissionregistration.k8s.io",
    "certificates.k8s.io",
    "authentication.k8s.io",
)
_CSR = [
    rule("create", "certificatesigningrequests", groups=_CERTIFICATES),
    rule("patch", "certificatesigningrequests/approval", groups=_CERTIFICATES),
]
_READ_CSR = rule("get", "certificatesigningrequests", groups=_CERTIFICATES)


def path_to(
    rules: list[Object], *, cluster: bool = False, version: KubeVersion = NEWEST, namespace: str = "shop"
) -> Path | None:
    """The way of mallory, who has some rules, to a Secret of the namespace shop."""
    kind, where = ("ClusterRole", "") if cluster else ("Role", namespace)
    objects = [NS, *READER, rbac(kind, "way", where, rules=rules), bind(f"{kind}/way", "user:mallory", namespace=where)]
    closure = Closure(World.of(objects, version), user("mallory"))
    return next(closure.paths(ApiRequest("get", "", True, "", "secrets", "", "shop", "db")), None)


@pytest.mark.parametrize(
    ("step", "rules", "cluster", "sureness"),
    [
        ("create-pods", [rule("create", "pods")], False, Match.YES),
        ("create-workloads", [rule("create", "deployments", groups="apps")], False, Match.YES),
        ("create-workloads", [rule("create", "cronjobs", groups="batch")], False, Match.YES),
        ("create-workloads", [rule("create", "replicationcontrollers")], False, Match.YES),
        ("change-pods", [rule("patch", "pods/ephemeralcontainers", names="web")], False, Match.MAYBE),
        ("change-workloads", [rule("update", "statefulsets", groups="apps")], False, Match.MAYBE),
        ("enter-pods", [rule("create", "pods/exec")], False, Match.MAYBE),
        ("enter-pods", [rule("create", "pods/attach")], False, Match.MAYBE),
        ("mint-tokens", [rule("create", "serviceaccounts/token", names="app")], False, Match.YES),
        ("patch-secrets", [rule("patch", "secrets", names="db")], False, Match.YES),
        ("delete-secrets", [rule("deletecollection", "secrets")], False, Match.YES),
        ("delete-secret", [rule("delete", "secrets")], False, Match.YES),
        ("delete-secret", [rule("delete", "secrets", names="db")], False, Match.YES),
        ("list-secrets", [rule("list", "secrets", names="db")], False, Match.YES),
        ("list-secrets", [rule("watch", "secrets")], False, Match.YES),
        ("named-token-secrets", [rule("create", "secrets"), rule("get", "secrets", names="mine")], False, Match.MAYBE),
        ("create-workloads", [rule("create patch", "jobs", groups="batch", names="web")], False, Match.MAYBE),
        ("impersonate-users", [rule("impersonate", "users", names="dave")], True, Match.YES),
        ("impersonate-accounts", [rule("impersonate", "serviceaccounts", names="app")], False, Match.YES),
        (
            "impersonate-groups",
            [rule("impersonate", "groups", names="readers"), rule("impersonate", "users", names="nobody")],
            True,
            Match.YES,
        ),
        ("constrained-users", [rule("impersonate:user-info", "users", groups=_AUTHENTICATION)], True, Match.MAYBE),
        (
            "bind-roles",
            [rule("bind", "roles", groups=RBAC, names="reader"), rule("create", "rolebindings", groups=RBAC)],
            False,
            Match.YES,
        ),
        (
            "bind-cluster-roles",
            [rule("bind", "clusterroles", groups=RBAC), rule("create", "rolebindings", groups=RBAC)],
            False,
            Match.YES,
        ),
        (
            "bind-everywhere",
            [
                rule("bind", "clusterroles", groups=RBAC, names="edit"),
                rule("create", "clusterrolebindings", groups=RBAC),
            ],
            True,
            Match.YES,
        ),
        (
            "join-roles",
            [rule("bind", "roles", groups=RBAC), rule("patch", "rolebindings", groups=RBAC)],
            False,
            Match.MAYBE,
        ),
        ("escalate-roles", [rule("escalate update", "roles", groups=RBAC, names="way")], False, Match.YES),
        ("escalate-cluster-roles", [rule("escalate patch", "clusterroles", groups=RBAC)], True, Match.YES),
        ("node-proxy", [rule("get", "nodes/proxy")], True, Match.MAYBE),
        (
            "approve-certificates",
            [*_CSR, rule("approve", "signers", groups=_CERTIFICATES, names="kubernetes.io/kube-apiserver-client")],
            True,
            Match.MAYBE,
        ),
        (
            "approve-node-certificates",
            [
                *_CSR,
                rule("approve", "signers", groups=_CERTIFICATES, names="kubernetes.io/kube-apiserver-client-kubelet"),
            ],
            True,
            Match.MAYBE,
        ),
        (
            "node-certificates",
            [_CSR[0], rule("create", "certificatesigningrequests/nodeclient", groups=_CERTIFICATES), _READ_CSR],
            True,
            Match.MAYBE,
        ),
        ("mutating-webhooks", [rule("create", "mutatingwebhookconfigurations", groups=_ADMISSION)], True, Match.MAYBE),
        (
            "validating-webhooks",
            [rule("patch", "validatingwebhookconfigurations", groups=_ADMISSION)],
            True,
            Match.MAYBE,
        ),
        (
            "mutating-policies",
            [rule("create", "mutatingadmissionpolicies mutatingadmissionpolicybindings", groups=_ADMISSION)],
            True,
            Match.MAYBE,
        ),
    ],
)
def test_a_step_leads_to_a_secret(step: str, rules: list[Object], cluster: bool, sureness: Match) -> None:
    path = path_to(rules, cluster=cluster)
    assert path is not None
    assert [one.step.id for one in path.steps] == [step]
    assert path.sureness is sureness
    assert not path.is_direct


@pytest.mark.parametrize(
    ("rules", "cluster"),
    [
        ([rule("get list watch", "pods pods/log configmaps")], False),
        ([rule("create", "pods/portforward pods/eviction")], False),
        ([rule("create", "pods", names="web")], False),
        ([rule("create", "podtemplates")], False),
        ([rule("create", "secrets")], False),
        ([rule("update", "secrets")], False),
        ([rule("delete list watch get", "secrets", names="other")], False),
        ([rule("deletecollection", "secrets", names="db")], False),
        ([rule("create get", "secrets", names="mine")], False),
        ([_CSR[0], rule("create", "certificatesigningrequests/nodeclient", groups=_CERTIFICATES)], True),
        ([rule("create", "certificatesigningrequests/nodeclient", groups=_CERTIFICATES), _READ_CSR], True),
        (
            [
                _CSR[0],
                _READ_CSR,
                rule("create", "certificatesigningrequests/nodeclient", groups=_CERTIFICATES, names="any"),
            ],
            True,
        ),
        ([_CSR[0], _READ_CSR, rule("create", "certificatesigningrequests/selfnodeclient", groups=_CERTIFICATES)], True),
        ([rule("create", "serviceaccounts/token", names="other")], False),
        ([rule("impersonate", "users", names="erin")], True),
        ([rule("impersonate", "groups", names="readers")], True),
        ([rule("impersonate", "users", names="dave")], False),
        ([rule("bind", "roles", groups=RBAC)], False),
        ([rule("create", "rolebindings", groups=RBAC)], False),
        ([rule("bind", "roles", groups=RBAC, names="other"), rule("create", "rolebindings", groups=RBAC)], False),
        ([rule("escalate update", "roles", groups=RBAC, names="other")], False),
        ([rule("escalate", "roles", groups=RBAC)], False),
        ([*_CSR, rule("approve", "signers", groups=_CERTIFICATES, names="example.com/mine")], True),
        ([rule("update", "namespaces")], False),
        ([rule("create", "persistentvolumes")], True),
    ],
)
def test_what_is_no_step(rules: list[Object], cluster: bool) -> None:
    assert path_to(rules, cluster=cluster) is None


@pytest.mark.parametrize(("version", "expected"), [("1.34", True), ("1.35", False)])
def test_get_on_exec_is_exec_until_1_34(version: str, expected: bool) -> None:
    found = path_to([rule("get", "pods/exec")], version=KubeVersion.parse(version))
    assert (found is not None) is expected


@pytest.mark.parametrize(("version", "expected"), [("1.23", True), ("1.24", False)])
def test_reading_secrets_is_being_any_account_until_1_23(version: str, expected: bool) -> None:
    objects = [
        rbac("Role", "r", "shop", rules=[rule("list", "secrets")]),
        bind("Role/r", "user:mallory", namespace="shop", name="r"),
        rbac("Role", "deploy", "pay", rules=[rule("get", "configmaps")]),
        bind("Role/deploy", "serviceaccount:shop/ci", namespace="pay", name="deploy"),
    ]
    closure = Closure(World.of(objects, KubeVersion.parse(version)), user("mallory"))
    found = next(closure.paths(ApiRequest("get", "", True, "", "configmaps", "", "pay")), None)
    assert (found is not None) is expected


def test_a_pod_in_a_namespace_without_a_level_may_be_the_node() -> None:
    way = path_to([rule("create", "pods")], namespace="loose")
    assert way is not None
    assert [one.step.id for one in way.steps] == ["open-namespace"]
    assert way.sureness is Match.MAYBE


def test_a_way_may_be_long_and_is_told_from_its_start() -> None:
    objects = [
        NS,
        *READER,
        rbac("Role", "run", "pay", rules=[rule("create", "pods")]),
        bind("Role/run", "user:mallory", namespace="pay", name="run"),
        rbac("Role", "mint", "shop", rules=[rule("create", "serviceaccounts/token", names="app")]),
        bind("Role/mint", "serviceaccount:pay/ci", namespace="shop", name="mint"),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay", "labels": NS["metadata"]["labels"]}},
    ]
    reach = Reach(World.of(objects))
    found = {
        one.principal.identity.title: [holder.title for holder in one.path.holders]
        for one in reach.who_can(ApiRequest("get", "", True, "", "secrets", "", "shop"))
    }
    assert found == {
        "group:readers": ["group:readers"],
        "serviceaccount:pay/ci": ["serviceaccount:pay/ci", "serviceaccount:shop/app"],
        "serviceaccount:shop/app": ["serviceaccount:shop/app"],
        "user:dave": ["user:dave"],
        "user:mallory": ["user:mallory", "serviceaccount:pay/ci", "serviceaccount:shop/app"],
    }


def test_rights_of_several_holders_count_together() -> None:
    objects = [
        NS,
        *READER,
        rbac("Role", "run", "shop", rules=[rule("create", "serviceaccounts/token", names="binder")]),
        bind("Role/run", "user:mallory", namespace="shop", name="run"),
        rbac("Role", "binds", "shop", rules=[rule("bind", "roles", groups=RBAC)]),
        bind("Role/binds", "user:mallory", namespace="shop", name="binds"),
        rbac("Role", "binder", "shop", rules=[rule("create", "rolebindings", groups=RBAC)]),
        bind("Role/binder", "serviceaccount:shop/binder", namespace="shop", name="binder"),
    ]
    path = next(
        Closure(World.of(objects), user("mallory")).paths(ApiRequest("get", "", True, "", "secrets", "", "shop"))
    )
    assert [one.step.id for one in path.steps] == ["bind-roles"]
    assert [one.holder for one in path.steps[0].by] == ["user:mallory", "serviceaccount:shop/binder"]


def test_every_step_has_an_own_id_and_a_source() -> None:
    assert len({one.id for one in STEPS}) == len(STEPS)
    assert all(one.source and one.needs and one.gives for one in STEPS)
