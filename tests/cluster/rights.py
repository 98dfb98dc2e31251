"""Rights on a running cluster."""

from __future__ import annotations

from typing import Any

from tests.cluster.cluster import Cluster

RBAC_API = "rbac.authorization.k8s.io"


def grant(cluster: Cluster, name: str, rule: dict[str, Any], /, **subject: str) -> None:
    """A cluster role of one rule, bound to one user or group."""
    role = {"apiVersion": f"{RBAC_API}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}
    binding = {
        "apiVersion": f"{RBAC_API}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC_API, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": RBAC_API, **subject}],
    }
    for resource, made in (("clusterroles", role), ("clusterrolebindings", binding)):
        answer = cluster.request("POST", f"/apis/{RBAC_API}/v1/{resource}", made)
        assert answer.status == 201, answer.body
