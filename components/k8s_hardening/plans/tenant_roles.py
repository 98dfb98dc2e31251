"""What a tenant's people may do in its namespaces.

Own roles instead of the built-in view, edit and admin: in every Kubernetes version edit and admin may delete
NetworkPolicies, and so the namespace's deny-all (k8s.io/kubernetes v1.18.20 to v1.37.2, bootstrappolicy testdata).
Nobody of a tenant may change quotas, limits, network policies, roles or the namespace itself.
"""

from __future__ import annotations

from typing import Any

_READ = ["get", "list", "watch"]
_WRITE = ["create", "update", "patch", "delete"]
_WORKLOADS = {
    "": ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "serviceaccounts", "services"],
    "apps": ["daemonsets", "deployments", "deployments/scale", "replicasets", "statefulsets", "statefulsets/scale"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "networking.k8s.io": ["ingresses"],
    "policy": ["poddisruptionbudgets"],
}
_GUARD_RAILS = {
    "": ["endpoints", "events", "limitranges", "pods/log", "pods/status", "resourcequotas"],
    "networking.k8s.io": ["networkpolicies"],
}
_ACCESS = {"rbac.authorization.k8s.io": ["rolebindings", "roles"]}


def _rules(resources: dict[str, list[str]], verbs: list[str]) -> list[dict[str, Any]]:
    return [
        {"apiGroups": [group], "resources": list(names), "verbs": list(verbs)} for group, names in resources.items()
    ]


def rules_of(role: str) -> list[dict[str, Any]]:
    """RBAC rules of one of the three roles: admin, member or viewer.

    Raises:
        KeyError: no such role.
    """
    viewer = [*_rules(_WORKLOADS, _READ), *_rules(_GUARD_RAILS, _READ)]
    member = [
        *_rules(_WORKLOADS, [*_READ, *_WRITE]),
        *_rules(_GUARD_RAILS, _READ),
        *_rules({"": ["secrets"]}, [*_READ, *_WRITE]),
        *_rules({"": ["pods/exec", "pods/portforward"]}, ["create"]),
    ]
    admin = [*member, *_rules(_ACCESS, _READ)]
    return {"admin": admin, "member": member, "viewer": viewer}[role]
