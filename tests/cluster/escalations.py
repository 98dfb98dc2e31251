"""What a tenant's people might try in order to get more than they have, one attempt a row.

Each row says which layer of the server must refuse it. Rows of RBAC are shown to mean something by the administrator,
for whom the same request passes; rows of admission by the same object in a namespace that nothing guards.
"""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from tests.builders import container, pod
from tests.cluster.connections import Request

OWN, FOREIGN, UNGUARDED = "payments-api", "shop-web", "kube-system"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
_RBAC = "rbac.authorization.k8s.io"
_HERE = f"/api/v1/namespaces/{OWN}"
_RBAC_HERE = f"/apis/{_RBAC}/v1/namespaces/{OWN}"
_RBAC_ALL = f"/apis/{_RBAC}/v1"
_NETWORK = f"/apis/networking.k8s.io/v1/namespaces/{OWN}/networkpolicies"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_DRY = "dryRun=All"


class Layer(Enum):
    """Who refuses, with the status and the words by which that layer is known."""

    RBAC = (403, 'User "{user}" cannot ')
    POD_SECURITY = (403, "violates PodSecurity")
    POLICY = (422, "ValidatingAdmissionPolicy 'k8s-hardening-")

    @property
    def status(self) -> int:
        """HTTP status of the refusal."""
        return int(self.value[0])

    def says(self, user: str) -> str:
        """What stands in the refusal."""
        return str(self.value[1]).format(user=user)


PEOPLE = {
    "admin": {"Impersonate-User": "ann", "Impersonate-Group": "payments-admins"},
    "member": {"Impersonate-User": "mel", "Impersonate-Group": "payments-developers"},
    "viewer": {"Impersonate-User": "vic", "Impersonate-Group": "support"},
}
"""Level -> who the administrator pretends to be."""


@dataclass(frozen=True)
class Attempt:
    """One request that must not pass."""

    name: str
    level: str
    method: str
    path: str
    body: Any = None
    layer: Layer = Layer.RBAC
    content_type: str = "application/json"
    passes: tuple[int, ...] = (200, 201)
    """Statuses by which the administrator's own request is known to have passed every layer."""

    def request(self, headers: dict[str, str] | None = None, *, unguarded: bool = False) -> Request:
        """The request, which changes nothing even if it passes."""
        path, body = self.path, self.body
        if unguarded:
            path = path.replace(f"/namespaces/{OWN}/", f"/namespaces/{UNGUARDED}/")
        if self.method != "GET":
            path += f"{'&' if '?' in path else '?'}{_DRY}"
        return Request(self.method, path, body, self.content_type, headers or {})


def _object(api_version: str, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def _binding(kind: str, role: str, user: str) -> dict[str, Any]:
    return _object(
        f"{_RBAC}/v1",
        kind,
        "mine",
        roleRef={"apiGroup": _RBAC, "kind": role.partition("/")[0], "name": role.partition("/")[2]},
        subjects=[{"apiGroup": _RBAC, "kind": "User", "name": user}],
    )


_ALL_RIGHTS = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
_OPEN = {"podSelector": {}, "ingress": [{}], "egress": [{}], "policyTypes": ["Ingress", "Egress"]}
_TOKEN = _object("authentication.k8s.io/v1", "TokenRequest", "", spec={"expirationSeconds": 3600})
_SLICE = _object(
    "discovery.k8s.io/v1", "EndpointSlice", "mine", addressType="IPv4", endpoints=[{"addresses": ["10.1.2.3"]}]
)
_WEBHOOK = {
    "name": "mine.example.com",
    "clientConfig": {"url": "https://mine.example.com"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
_HOST_VOLUME = _object(
    "v1",
    "PersistentVolume",
    "mine",
    spec={"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/"}},
)
_SERVICE = _object("v1", "Service", "mine", spec={"type": "NodePort", "ports": [{"port": 80}]})
_INGRESS = _object(
    "networking.k8s.io/v1",
    "Ingress",
    "mine",
    spec={
        "rules": [{"host": "shop.dev.example.com"}],
        "defaultBackend": {"service": {"name": "mine", "port": {"number": 80}}},
    },
)
_API_SERVICE = _object(
    "apiregistration.k8s.io/v1",
    "APIService",
    "v1.mine.example.com",
    spec={
        "group": "mine.example.com",
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 10,
        "insecureSkipTLSVerify": True,
        "service": {"namespace": OWN, "name": "mine"},
    },
)


_IMAGE = "registry.example.com/tenants/mine:1.2.3"


def _pod(name: str = "mine", **changes: Any) -> dict[str, Any]:
    return {**pod(**{"containers": [container(image=_IMAGE)], **changes}), "metadata": {"name": name}}


_PRIVILEGED = _pod(containers=[container(image=_IMAGE, securityContext={"privileged": True})])
_OF_THE_HOST = _pod(volumes=[{"name": "host", "hostPath": {"path": "/"}}])
_OF_ANYBODY = _pod(containers=[container(image="docker.io/library/miner:1.2.3")])
_CLAIM = _object(
    "v1",
    "PersistentVolumeClaim",
    "mine",
    spec={
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "somebody-elses",
    },
)

PREPARED = (
    ("/api/v1/namespaces", _object("v1", "Namespace", "delivery")),
    ("/api/v1/namespaces/delivery/serviceaccounts", _object("v1", "ServiceAccount", "deployer")),
    ("/api/v1/nodes", _object("v1", "Node", "node-1")),
    (f"/api/v1/namespaces/{FOREIGN}/secrets", _object("v1", "Secret", "theirs", stringData={"password": "x"})),
    (f"{_HERE}/secrets", _object("v1", "Secret", "ours", stringData={"password": "x"})),
    (f"{_HERE}/pods", _pod("ours")),
    (f"/api/v1/namespaces/{FOREIGN}/pods", _pod("theirs")),
)
"""What must be there, so that a request would have something to change: path and object."""


def attempts(request_for_certificate: str) -> list[Attempt]:
    """Every attempt.

    Args:
        request_for_certificate: a certificate signing request of a master, in PEM and base64.
    """
    signing = _object(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        "mine",
        spec={
            "request": request_for_certificate,
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    )
    rbac = Layer.RBAC
    return [
        # More rights by the objects that give them.
        Attempt("bind cluster-admin here", "admin", "POST", f"{_RBAC_HERE}/rolebindings",
                _binding("RoleBinding", "ClusterRole/cluster-admin", "ann")),
        Attempt("bind the built-in edit here", "admin", "POST", f"{_RBAC_HERE}/rolebindings",
                _binding("RoleBinding", "ClusterRole/edit", "ann")),
        Attempt("give an outsider the own role", "admin", "POST", f"{_RBAC_HERE}/rolebindings",
                _binding("RoleBinding", "Role/tenant-admin", "eve")),
        Attempt("join the admins", "member", "PATCH", f"{_RBAC_HERE}/rolebindings/tenant-admin",
                {"subjects": [{"apiGroup": _RBAC, "kind": "User", "name": "mel"}]}, rbac, MERGE),
        Attempt("bind cluster-admin everywhere", "admin", "POST", f"{_RBAC_ALL}/clusterrolebindings",
                _binding("ClusterRoleBinding", "ClusterRole/cluster-admin", "ann")),
        Attempt("bind in another tenant", "admin", "POST", f"{_RBAC_ALL}/namespaces/{FOREIGN}/rolebindings",
                _binding("RoleBinding", "Role/tenant-admin", "ann")),
        Attempt("make a role of all rights", "admin", "POST", f"{_RBAC_HERE}/roles",
                _object(f"{_RBAC}/v1", "Role", "mine", rules=_ALL_RIGHTS)),
        Attempt("add to the own role", "admin", "PATCH", f"{_RBAC_HERE}/roles/tenant-admin",
                {"rules": _ALL_RIGHTS}, rbac, MERGE),
        Attempt("make a cluster role", "admin", "POST", f"{_RBAC_ALL}/clusterroles",
                _object(f"{_RBAC}/v1", "ClusterRole", "mine", rules=_ALL_RIGHTS)),
        Attempt("add to what view gathers", "admin", "POST", f"{_RBAC_ALL}/clusterroles",
                {**_object(f"{_RBAC}/v1", "ClusterRole", "more", rules=_ALL_RIGHTS),
                 "metadata": {"name": "more", "labels": {f"{_RBAC}/aggregate-to-view": "true"}}}),
        # Somebody else's identity.
        Attempt("take a token of a controller", "admin", "POST",
                "/api/v1/namespaces/kube-system/serviceaccounts/clusterrole-aggregation-controller/token", _TOKEN),
        Attempt("take a token of an own account", "admin", "POST", f"{_HERE}/serviceaccounts/default/token", _TOKEN),
        Attempt("ask for a certificate of a master", "admin", "POST",
                "/apis/certificates.k8s.io/v1/certificatesigningrequests", signing),
        Attempt("ask what others may do", "admin", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                _object("authorization.k8s.io/v1", "SubjectAccessReview", "", spec={"user": "bob",
                        "resourceAttributes": {"verb": "get", "resource": "pods"}})),
        Attempt("try somebody's token", "admin", "POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                _object("authentication.k8s.io/v1", "TokenReview", "", spec={"token": "x"})),
        # What others keep secret.
        Attempt("read a secret of another tenant", "admin", "GET", f"/api/v1/namespaces/{FOREIGN}/secrets/theirs"),
        Attempt("list the secrets of another tenant", "member", "GET", f"/api/v1/namespaces/{FOREIGN}/secrets"),
        Attempt("watch the secrets of another tenant", "member", "GET",
                f"/api/v1/namespaces/{FOREIGN}/secrets?watch=1&timeoutSeconds=1"),
        Attempt("list all secrets", "admin", "GET", "/api/v1/secrets"),
        Attempt("read the own secrets as a viewer", "viewer", "GET", f"{_HERE}/secrets/ours"),
        Attempt("read configuration of the system", "admin", "GET", "/api/v1/namespaces/kube-system/configmaps"),
        # Into other pods and onto nodes.
        Attempt("a shell in another tenant", "member", "POST",
                f"/api/v1/namespaces/{FOREIGN}/pods/theirs/exec?command=sh", passes=(400,)),
        Attempt("a shell as a viewer", "viewer", "POST", f"{_HERE}/pods/ours/exec?command=sh", passes=(400,)),
        Attempt("add a debugging container", "admin", "PATCH", f"{_HERE}/pods/ours/ephemeralcontainers",
                {"spec": {"ephemeralContainers": [container("debug",
                 image="registry.example.com/tenants/debug:1.2.3", resources={}) ]}}, rbac, STRATEGIC),
        Attempt("through the kubelet", "admin", "GET", "/api/v1/nodes/node-1/proxy/pods", passes=(500, 502, 503)),
        Attempt("place a pod past the scheduler", "member", "POST", f"{_HERE}/pods/ours/binding",
                _object("v1", "Binding", "ours", target={"kind": "Node", "name": "node-1"})),
        Attempt("label a node", "admin", "PATCH", "/api/v1/nodes/node-1",
                {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}, rbac, MERGE),
        Attempt("a volume of the host", "admin", "POST", "/api/v1/persistentvolumes", _HOST_VOLUME),
        # A pod there would be refused to the administrator as well: its quota is nothing.
        Attempt("an account in default", "member", "POST", "/api/v1/namespaces/default/serviceaccounts",
                _object("v1", "ServiceAccount", "mine")),
        Attempt("a configmap in default", "admin", "POST", "/api/v1/namespaces/default/configmaps",
                _object("v1", "ConfigMap", "mine")),
        Attempt("a pod in kube-system", "admin", "POST", "/api/v1/namespaces/kube-system/pods", _pod()),
        Attempt("a pod of another tenant", "admin", "POST", f"/api/v1/namespaces/{FOREIGN}/pods", _pod()),
        # The guard rails.
        Attempt("take away the deny-all", "admin", "DELETE", f"{_NETWORK}/deny-all"),
        Attempt("open everything", "member", "POST", _NETWORK,
                _object("networking.k8s.io/v1", "NetworkPolicy", "mine", spec=_OPEN)),
        Attempt("take away all policies", "admin", "DELETE", _NETWORK),
        Attempt("raise the quota", "admin", "PATCH", f"{_HERE}/resourcequotas/tenant-quota",
                {"spec": {"hard": {"pods": "5000"}}}, rbac, MERGE),
        Attempt("take away the limits", "admin", "DELETE", f"{_HERE}/limitranges/tenant-limits"),
        Attempt("relabel the own namespace", "admin", "PATCH", f"/api/v1/namespaces/{OWN}",
                {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}, rbac, MERGE),
        Attempt("take away the own namespace", "admin", "DELETE", f"/api/v1/namespaces/{OWN}"),
        Attempt("make a namespace", "admin", "POST", "/api/v1/namespaces", _object("v1", "Namespace", "payments-more")),
        Attempt("take away a policy of the server", "admin", "DELETE",
                f"{_ADMISSION}/validatingadmissionpolicybindings/k8s-hardening-dev-image-registry-pods"),
        Attempt("put a webhook before the server", "admin", "POST", f"{_ADMISSION}/mutatingwebhookconfigurations",
                _object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mine",
                        webhooks=[_WEBHOOK])),
        Attempt("serve an API", "admin", "POST", "/apis/apiregistration.k8s.io/v1/apiservices", _API_SERVICE),
        Attempt("make a class of priority", "admin", "POST", "/apis/scheduling.k8s.io/v1/priorityclasses",
                _object("scheduling.k8s.io/v1", "PriorityClass", "mine", value=1000000)),
        Attempt("point a service anywhere", "admin", "POST",
                f"/apis/discovery.k8s.io/v1/namespaces/{OWN}/endpointslices", _SLICE),
        # What one may make, made so that it gives more.
        Attempt("a privileged pod", "member", "POST", f"{_HERE}/pods", _PRIVILEGED, Layer.POD_SECURITY),
        Attempt("a pod with the host's files", "member", "POST", f"{_HERE}/pods", _OF_THE_HOST, Layer.POD_SECURITY),
        Attempt("an image from anywhere", "member", "POST", f"{_HERE}/pods",
                _OF_ANYBODY, Layer.POLICY),
        Attempt("a port of every node", "member", "POST", f"{_HERE}/services", _SERVICE, Layer.POLICY),
        Attempt("another tenant's host", "member", "POST",
                f"/apis/networking.k8s.io/v1/namespaces/{OWN}/ingresses", _INGRESS, Layer.POLICY),
        Attempt("a storage class of others", "member", "POST", f"{_HERE}/persistentvolumeclaims", _CLAIM,
                Layer.POLICY),
    ]  # fmt: skip


def signing_request(kubeadm: Path, version: str, folder: Path) -> str:
    """A request for the certificate by which API servers show themselves to kubelets, in PEM and base64.

    Args:
        kubeadm: the program that makes it.
        version: Kubernetes version, without which it would look for one on the network, for example v1.37.2.
        folder: an empty one.
    """
    config = folder / "kubeadm.yaml"
    api = "v1beta4" if int(version.split(".")[1]) >= 31 else "v1beta3"
    settings = {"kind": "ClusterConfiguration", "kubernetesVersion": version, "certificatesDir": str(folder)}
    config.write_text(yaml.safe_dump({"apiVersion": f"kubeadm.k8s.io/{api}", **settings}))
    subprocess.run(
        [kubeadm, "certs", "generate-csr", f"--config={config}", f"--kubeconfig-dir={folder}"],
        capture_output=True,
        check=True,
    )
    return base64.b64encode((folder / "apiserver-kubelet-client.csr").read_bytes()).decode()
