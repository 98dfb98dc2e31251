"""A control plane of 1.24 with PodSecurityPolicy, from the settings and objects that one baseline gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.pod_security_enforcers import control_plane_of
from tests.cluster.binaries import OLDEST, binaries
from tests.cluster.cluster import Answer, Cluster
from tests.cluster.emitted import booted

RESTRICTED, BASELINE, SYSTEM, CNI = "payments-api", "shop-web", "kube-system", "calico-system"
ACCOUNT = "app"
_IMAGE = "registry.example.com/platform/program:v0"
_DATA: dict[str, Any] = {
    "environment": "test",
    "kubernetes": OLDEST,
    "dialect": "static-pod",
    "cni": {"name": "calico"},
    "target": {"context_config": "kubeContext"},
    "images": {"registries": ["registry.example.com/platform"]},
    "control_plane": {
        "static_pods": dict.fromkeys(
            ("api_server_image", "controller_manager_image", "scheduler_image", "etcd_image"), _IMAGE
        )
    },
    "tenants": [
        {"name": "payments", "admins": ["group:admins"], "namespaces": [{"name": RESTRICTED}]},
        {"name": "shop", "admins": ["group:admins"], "namespaces": [{"name": BASELINE, "pod_security": "baseline"}]},
    ],
    "apparmor": {"profiles": [{"name": "web"}]},
    "pod_security": {
        "migration": True,
        "privileged_namespaces": {CNI: "The network plug-in of the nodes."},
        "seccomp_profiles": ["profiles/audit.json"],
    },
}
_PATHS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "LimitRange": "/api/v1/namespaces/{}/limitranges",
    "Namespace": "/api/v1/namespaces",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "PodSecurityPolicy": "/apis/policy/v1beta1/podsecuritypolicies",
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}


def baseline() -> Baseline:
    """Two tenants, one at each level, and a network plug-in of the platform, on the way to Pod Security Admission."""
    return read_baseline(_DATA)


@dataclass
class World:
    """The running servers, and what the plan says of them."""

    cluster: Cluster
    manifests: tuple[Manifest, ...]
    tokens: dict[str, str]

    def create(self, who: str, namespace: str, pod: dict[str, Any]) -> Answer:
        """What the server says to a pod of a service account `namespace/name`; the pod is not kept."""
        return self.cluster.anonymous(
            "POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", token=self.tokens[who], body=pod
        )

    def as_node(self, method: str, path: str, body: Any) -> Answer:
        """One request of the kubelet."""
        return self.cluster.request(method, path, body, kubeconfig=self.cluster.folder / "kubelet.conf")

    def may_use(self, user: str, groups: list[str], policy: str, namespace: str) -> bool:
        """Whether the authorizer lets somebody use a policy, as the plug-in asks it."""
        asked = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": user,
                "groups": groups,
                "resourceAttributes": {
                    "group": "policy",
                    "resource": "podsecuritypolicies",
                    "name": policy,
                    "verb": "use",
                    "namespace": namespace,
                },
            },
        }
        answer = self.cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", asked)
        assert answer.status == 201, answer.body
        return bool(answer.body["status"]["allowed"])

    def apply(self) -> None:
        """The objects of the plan, in its order."""
        for manifest in self.manifests:
            path = _PATHS[kind_of(manifest)].format(namespace_of(manifest))
            answer = self.cluster.request("POST", path, manifest)
            # The cluster makes the default account by itself, at a moment of its own.
            made_by_the_cluster = answer.status == 409 and kind_of(manifest) == "ServiceAccount"
            assert answer.status == 201 or made_by_the_cluster, (name_of(manifest), answer.body)

    def sign_in(self, namespace: str, account: str = ACCOUNT) -> None:
        """A service account that may create pods anywhere, so that the policies alone say which."""
        made = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        assert self.cluster.request("POST", path, made).status in (201, 409)
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        answer = self.cluster.request("POST", f"{path}/{account}/token", asked)
        assert answer.status == 201, answer.body
        self.tokens[f"{namespace}/{account}"] = answer.body["status"]["token"]


@contextmanager
def booted_world(folder: Path) -> Iterator[World]:
    """The servers from the emitted settings, the plug-in on, and not one object of the plan applied."""
    made = baseline()
    settings = control_plane_of(made).model_dump(mode="json", exclude_unset=True)
    with booted(binaries(OLDEST), folder, settings) as plane:
        yield World(plane.cluster, plan_baseline(made).manifests, {})
