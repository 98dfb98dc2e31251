"""Requests by which an audit policy is judged, as data: what an investigator must find again, and what no log may hold.

The areas are those of CIS Kubernetes Benchmark 1.12 and 2.0, item 3.2.2, with the changes of rights beside them. Each
request can be sent to a real server as it stands: the level does not depend on the answer. What would change
something names the namespace `audit-probe` and objects that need not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from k8s_hardening.kube.api_requests import ApiRequest, api_request
from k8s_hardening.kube.audit import EVERY_GROUP, Level


class Area(Enum):
    """A kind of requests with the least and the most that may be written about them."""

    SECRETS = ("Secrets", Level.METADATA, Level.METADATA)
    CONFIG_MAPS = ("ConfigMaps", Level.METADATA, Level.METADATA)
    TOKENS = ("service account tokens and token reviews", Level.METADATA, Level.METADATA)
    RIGHTS = ("changes of roles and bindings", Level.REQUEST, Level.REQUEST_RESPONSE)
    EXEC = ("exec, attach, port forwarding and proxying", Level.REQUEST, Level.REQUEST_RESPONSE)
    WORKLOADS = ("changes of pods and workloads", Level.METADATA, Level.REQUEST_RESPONSE)
    CERTIFICATES = ("certificate signing requests", Level.METADATA, Level.REQUEST_RESPONSE)
    OTHER = ("everything else that people and workloads do", Level.METADATA, Level.REQUEST_RESPONSE)

    def __init__(self, title: str, least: Level, most: Level) -> None:
        self.title = title
        self.least = least
        self.most = most


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request."""

    user: str
    groups: tuple[str, ...]
    is_system: bool = False
    """A part of the cluster, whose noise a policy may leave out; it may not write too much about it either."""


PERSON = Caller("alice@example.com", ("payments-admins", "system:authenticated"))
ADMIN = Caller("kubernetes-admin", ("system:masters", "system:authenticated"))
WORKLOAD = Caller(
    "system:serviceaccount:audit-probe:app",
    ("system:serviceaccounts", "system:serviceaccounts:audit-probe", "system:authenticated"),
)
NODE = Caller("system:node:node-1", ("system:nodes", "system:authenticated"), is_system=True)
CONTROLLER_MANAGER = Caller("system:kube-controller-manager", ("system:authenticated",), is_system=True)


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of the catalogue."""

    name: str
    area: Area
    method: str
    url: str
    caller: Caller = PERSON

    @property
    def request(self) -> ApiRequest:
        """What the audit policy sees of it."""
        return api_request(self.method, self.url, self.caller.user, self.caller.groups)

    @property
    def least(self) -> Level:
        """The lowest level that suffices."""
        return Level.NONE if self.caller.is_system else self.area.least

    @property
    def most(self) -> Level:
        """The highest level that is allowed."""
        return self.area.most


_CORE = "/api/v1"
_NS = f"{_CORE}/namespaces/audit-probe"
_SECRETS, _CONFIG_MAPS, _ACCOUNTS = f"{_NS}/secrets", f"{_NS}/configmaps", f"{_NS}/serviceaccounts"
_POD = f"{_NS}/pods/app"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_RBAC_NS = f"{_RBAC}/namespaces/audit-probe"
_APPS_NS = "/apis/apps/v1/namespaces/audit-probe"
_CERTIFICATES = "/apis/certificates.k8s.io/v1/certificatesigningrequests"

CATALOGUE: tuple[Probe, ...] = (
    Probe("secret-get", Area.SECRETS, "GET", f"{_SECRETS}/db"),
    Probe("secret-get-by-admin", Area.SECRETS, "GET", f"{_SECRETS}/db", ADMIN),
    Probe("secret-get-by-workload", Area.SECRETS, "GET", f"{_SECRETS}/db", WORKLOAD),
    Probe("secret-get-of-the-system", Area.SECRETS, "GET", f"{_CORE}/namespaces/kube-system/secrets/db"),
    Probe("secret-list", Area.SECRETS, "GET", _SECRETS),
    Probe("secret-list-everywhere", Area.SECRETS, "GET", f"{_CORE}/secrets"),
    Probe("secret-list-everywhere-by-workload", Area.SECRETS, "GET", f"{_CORE}/secrets", WORKLOAD),
    Probe("secret-watch", Area.SECRETS, "GET", f"{_SECRETS}?watch=true&timeoutSeconds=1"),
    Probe(
        "secret-watch-one",
        Area.SECRETS,
        "GET",
        f"{_SECRETS}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Ddb",
    ),
    Probe("secret-create", Area.SECRETS, "POST", _SECRETS),
    Probe("secret-update", Area.SECRETS, "PUT", f"{_SECRETS}/db"),
    Probe("secret-patch", Area.SECRETS, "PATCH", f"{_SECRETS}/db"),
    Probe("secret-delete", Area.SECRETS, "DELETE", f"{_SECRETS}/db"),
    Probe("secret-delete-all", Area.SECRETS, "DELETE", _SECRETS),
    Probe("secret-get-by-node", Area.SECRETS, "GET", f"{_SECRETS}/db", NODE),
    Probe("secret-update-by-controller", Area.SECRETS, "PUT", f"{_SECRETS}/db", CONTROLLER_MANAGER),
    Probe("configmap-get", Area.CONFIG_MAPS, "GET", f"{_CONFIG_MAPS}/settings"),
    Probe(
        "configmap-get-of-the-system", Area.CONFIG_MAPS, "GET", f"{_CORE}/namespaces/kube-system/configmaps/settings"
    ),
    Probe("configmap-list", Area.CONFIG_MAPS, "GET", f"{_CORE}/configmaps"),
    Probe("configmap-create", Area.CONFIG_MAPS, "POST", _CONFIG_MAPS),
    Probe("configmap-update", Area.CONFIG_MAPS, "PUT", f"{_CONFIG_MAPS}/settings"),
    Probe("configmap-patch", Area.CONFIG_MAPS, "PATCH", f"{_CONFIG_MAPS}/settings", ADMIN),
    Probe("configmap-delete", Area.CONFIG_MAPS, "DELETE", f"{_CONFIG_MAPS}/settings", WORKLOAD),
    Probe("configmap-get-by-node", Area.CONFIG_MAPS, "GET", f"{_CONFIG_MAPS}/settings", NODE),
    Probe("token-create", Area.TOKENS, "POST", f"{_ACCOUNTS}/app/token"),
    Probe(
        "token-create-of-the-system", Area.TOKENS, "POST", f"{_CORE}/namespaces/kube-system/serviceaccounts/app/token"
    ),
    Probe("token-create-by-node", Area.TOKENS, "POST", f"{_ACCOUNTS}/app/token", NODE),
    Probe("token-review", Area.TOKENS, "POST", "/apis/authentication.k8s.io/v1/tokenreviews"),
    Probe("token-review-by-node", Area.TOKENS, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", NODE),
    Probe("role-create", Area.RIGHTS, "POST", f"{_RBAC_NS}/roles"),
    Probe("role-patch", Area.RIGHTS, "PATCH", f"{_RBAC_NS}/roles/probe"),
    Probe("rolebinding-create", Area.RIGHTS, "POST", f"{_RBAC_NS}/rolebindings", WORKLOAD),
    Probe("rolebinding-delete", Area.RIGHTS, "DELETE", f"{_RBAC_NS}/rolebindings/probe"),
    Probe("clusterrole-update", Area.RIGHTS, "PUT", f"{_RBAC}/clusterroles/probe"),
    Probe("clusterrolebinding-create", Area.RIGHTS, "POST", f"{_RBAC}/clusterrolebindings", ADMIN),
    Probe("clusterrolebinding-patch", Area.RIGHTS, "PATCH", f"{_RBAC}/clusterrolebindings/probe"),
    Probe("exec-post", Area.EXEC, "POST", f"{_POD}/exec?command=id&stdout=true"),
    Probe("exec-websocket", Area.EXEC, "GET", f"{_POD}/exec?command=id&stdout=true"),
    Probe("exec-by-admin", Area.EXEC, "POST", f"{_POD}/exec?command=id&stdout=true", ADMIN),
    Probe("exec-by-workload", Area.EXEC, "POST", f"{_POD}/exec?command=id&stdout=true", WORKLOAD),
    Probe("attach", Area.EXEC, "POST", f"{_POD}/attach?stdout=true"),
    Probe("port-forward", Area.EXEC, "POST", f"{_POD}/portforward?ports=5432"),
    Probe("port-forward-websocket", Area.EXEC, "GET", f"{_POD}/portforward?ports=5432"),
    Probe("pod-proxy", Area.EXEC, "GET", f"{_POD}/proxy/metrics"),
    Probe("pod-proxy-delete", Area.EXEC, "DELETE", f"{_POD}/proxy/objects/1"),
    Probe("service-proxy", Area.EXEC, "GET", f"{_NS}/services/app/proxy/"),
    Probe("service-proxy-post", Area.EXEC, "POST", f"{_NS}/services/app/proxy/orders"),
    Probe("pod-create", Area.WORKLOADS, "POST", f"{_NS}/pods"),
    Probe("pod-patch", Area.WORKLOADS, "PATCH", _POD, WORKLOAD),
    Probe("pod-debug", Area.WORKLOADS, "PATCH", f"{_POD}/ephemeralcontainers"),
    Probe("pod-delete", Area.WORKLOADS, "DELETE", _POD),
    Probe("deployment-create", Area.WORKLOADS, "POST", f"{_APPS_NS}/deployments"),
    Probe("deployment-update", Area.WORKLOADS, "PUT", f"{_APPS_NS}/deployments/app", ADMIN),
    Probe("deployment-scale", Area.WORKLOADS, "PATCH", f"{_APPS_NS}/deployments/app/scale"),
    Probe("deployment-delete", Area.WORKLOADS, "DELETE", f"{_APPS_NS}/deployments/app"),
    Probe("csr-create", Area.CERTIFICATES, "POST", _CERTIFICATES),
    Probe("csr-approve", Area.CERTIFICATES, "PUT", f"{_CERTIFICATES}/probe/approval", ADMIN),
    Probe("csr-sign", Area.CERTIFICATES, "PUT", f"{_CERTIFICATES}/probe/status"),
    Probe("csr-delete", Area.CERTIFICATES, "DELETE", f"{_CERTIFICATES}/probe"),
    Probe("node-list", Area.OTHER, "GET", f"{_CORE}/nodes"),
    Probe("namespace-patch", Area.OTHER, "PATCH", _NS),
    Probe("namespace-delete", Area.OTHER, "DELETE", _NS, ADMIN),
    Probe("serviceaccount-create", Area.OTHER, "POST", _ACCOUNTS),
    Probe(
        "network-policy-delete",
        Area.OTHER,
        "DELETE",
        "/apis/networking.k8s.io/v1/namespaces/audit-probe/networkpolicies/probe",
    ),
    Probe("webhook-create", Area.OTHER, "POST", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"),
    Probe("role-list", Area.OTHER, "GET", f"{_RBAC}/clusterroles"),
    Probe("access-review", Area.OTHER, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", WORKLOAD),
    Probe("custom-resource-create", Area.OTHER, "POST", "/apis/example.com/v1/namespaces/audit-probe/widgets"),
    Probe("pod-logs", Area.OTHER, "GET", f"{_POD}/log"),
)


def areas_beyond_metadata(group: str, resource: str) -> tuple[Area, ...]:
    """The areas that are lost when a resource with all its subresources is logged at Metadata only.

    Args:
        group: API group, or * for every one.
        resource: its name without a subresource.
    """
    lost = {
        probe.area
        for probe in CATALOGUE
        if probe.least.rank > Level.METADATA.rank
        and probe.request.resource == resource
        and group in (probe.request.group, EVERY_GROUP)
    }
    return tuple(area for area in Area if area in lost)
