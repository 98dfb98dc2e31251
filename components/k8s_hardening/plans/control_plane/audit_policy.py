"""The audit policy: which requests are logged, and how much of them. The first rule that matches decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.audit import API_VERSION, KIND, OMIT_MANAGED_FIELDS_SINCE, Level, Stage
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.audit import AuditSpec

_WRITES = ["create", "update", "patch", "delete", "deletecollection"]
_Resources = list[dict[str, Any]]

# A body of these holds a credential, or may hold one.
_METADATA_ONLY: _Resources = [
    {"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]},
    {"group": "authentication.k8s.io", "resources": ["tokenreviews"]},
]
# Who reaches into a container or through the API server. What is sent there is no object and is never logged.
_EXEC: _Resources = [
    {
        "group": "",
        "resources": [
            "pods/exec",
            "pods/attach",
            "pods/portforward",
            "pods/proxy",
            "pods/ephemeralcontainers",
            "services/proxy",
            "nodes/proxy",
        ],
    }
]
# What decides who may do what, what is admitted, and who is believed: the log has to show the change itself.
_GUARDS: _Resources = [
    {"group": "rbac.authorization.k8s.io"},
    {"group": "certificates.k8s.io"},
    {"group": "admissionregistration.k8s.io"},
    {"group": "apiregistration.k8s.io"},
    {"group": "networking.k8s.io", "resources": ["networkpolicies"]},
    {"group": "policy", "resources": ["podsecuritypolicies"]},
    {"group": "", "resources": ["namespaces", "serviceaccounts", "resourcequotas", "limitranges"]},
]


def audit_policy(spec: AuditSpec, kubernetes: KubeVersion) -> Manifest:
    """The policy for API servers of a version."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        # The event at the end of a request tells everything that the one at its start does, and the outcome.
        "omitStages": [Stage.REQUEST_RECEIVED.value],
        **({"omitManagedFields": True} if kubernetes >= OMIT_MANAGED_FIELDS_SINCE else {}),
        "rules": list(_rules(spec)),
    }


def _rules(spec: AuditSpec) -> Iterator[dict[str, Any]]:
    # These come first, so that no rule below can write a body of theirs or leave a request for them out.
    yield _rule(Level.METADATA, resources=[*_METADATA_ONLY, *_of_user(spec.metadata_only)])
    yield _rule(Level.REQUEST, resources=_EXEC)
    yield _rule(Level.REQUEST, verbs=_WRITES, resources=_GUARDS)
    yield from _noise()
    yield _rule(Level.METADATA)


def _rule(level: Level, **fields: Any) -> dict[str, Any]:
    return {"level": level.value, **fields}


def _of_user(names: Iterable[str]) -> _Resources:
    grouped: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        resource, _, group = name.partition(".")
        # With the subresources: a status, or a sealed value, shows what the object does.
        grouped.setdefault(group, []).append(f"{resource}/*")
    return [{"group": group, "resources": resources} for group, resources in sorted(grouped.items())]


def _noise() -> Iterator[dict[str, Any]]:
    """Reads by which parts of the cluster live, and the sign of life of nodes: nobody else's, and nothing secret."""
    proxies = ["system:kube-proxy", "system:serviceaccount:kube-system:kube-proxy"]
    services = [
        {"group": "", "resources": ["endpoints", "services", "services/status"]},
        {"group": "discovery.k8s.io", "resources": ["endpointslices"]},
    ]
    yield _rule(Level.NONE, users=proxies, verbs=["watch"], resources=services)
    nodes = {"group": "", "resources": ["nodes", "nodes/status"]}
    yield _rule(Level.NONE, userGroups=["system:nodes"], verbs=["get"], resources=[nodes])
    lease = {"group": "coordination.k8s.io", "resources": ["leases"]}
    heartbeat = {"verbs": ["get", "update"], "namespaces": ["kube-node-lease"], "resources": [lease]}
    yield _rule(Level.NONE, userGroups=["system:nodes"], **heartbeat)
    namespaces = {"group": "", "resources": ["namespaces", "namespaces/status", "namespaces/finalize"]}
    yield _rule(Level.NONE, users=["system:apiserver"], verbs=["get"], resources=[namespaces])
    elected = {**lease, "resourceNames": ["kube-controller-manager", "kube-scheduler"]}
    yield _rule(
        Level.NONE,
        users=["system:kube-controller-manager", "system:kube-scheduler"],
        verbs=["get", "update"],
        namespaces=["kube-system"],
        resources=[elected],
    )
    yield _rule(
        Level.NONE,
        verbs=["get"],
        nonResourceURLs=["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version"],
    )
