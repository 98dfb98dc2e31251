"""What a tenant's people may do in its namespaces.

Own roles instead of the built-in view, edit and admin: in every Kubernetes version edit and admin may delete
NetworkPolicies, and so the namespace's deny-all (k8s.io/kubernetes v1.18.20 to v1.37.2, bootstrappolicy testdata).
Nobody of a tenant may change quotas, limits, network policies, roles or the namespace itself.

The rights of `access` are given to those alone whom the tenant names. Of pods/exec, attach and portforward only
`create` is given: up to 1.34 a `get` opens the same connection by websocket; from 1.35 the server asks for `create` as
well (k8s.io/kubernetes v1.37.2 pkg/registry/core/pod/rest/subresources.go, where the gate
AuthorizePodWebsocketUpgradeCreatePermission can still switch that off; v1.34.4 has it not). Nobody gets pods/proxy or
services/proxy, where `get` is enough in every version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.rbac import GROUP
from k8s_hardening.model.people import DELEGABLE, ROLES, AccessSpec, namespaces_role, role_name
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.objects import object_in, object_of_cluster

_API = f"{GROUP}/v1"
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
_ACCESS: dict[str, list[str]] = {GROUP: ["rolebindings", "roles"]}
# Right of model/people.py -> resource and verbs. A patch of pods/ephemeralcontainers is what `kubectl debug` sends.
_RIGHTS: dict[str, tuple[str, list[str]]] = {
    "secrets": ("secrets", [*_READ, *_WRITE]),
    "exec": ("pods/exec", ["create"]),
    "attach": ("pods/attach", ["create"]),
    "port_forward": ("pods/portforward", ["create"]),
    "ephemeral_containers": ("pods/ephemeralcontainers", ["update", "patch"]),
}


def _rules(resources: dict[str, list[str]], verbs: list[str]) -> list[dict[str, Any]]:
    return [
        {"apiGroups": [group], "resources": list(names), "verbs": list(verbs)} for group, names in resources.items()
    ]


def rules_of(role: str, access: AccessSpec, *, delegation: bool = False) -> list[dict[str, Any]]:
    """RBAC rules of one of the three roles: admin, member or viewer.

    Args:
        role: the role.
        access: who of the tenant reaches into running pods and Secrets.
        delegation: whether admins may give the other two roles to others; admission policies hold the bindings to that.

    Raises:
        KeyError: no such role.
    """
    viewer = [*_rules(_WORKLOADS, _READ), *_rules(_GUARD_RAILS, _READ)]
    member = [*_rules(_WORKLOADS, [*_READ, *_WRITE]), *_rules(_GUARD_RAILS, _READ)]
    admin = [*member, *_rules(_ACCESS, _READ)]
    if delegation:
        # No verb bind: the server lets whoever holds all rights of a role give it on, and admins hold those of members.
        admin += _rules({GROUP: ["rolebindings"]}, _WRITE)
    rules = {"admin": admin, "member": member, "viewer": viewer}[role]
    reached = (_RIGHTS[right] for right in access.held_by(role))
    return [*rules, *(rule for resource, verbs in reached for rule in _rules({"": [resource]}, verbs))]


def role_objects(inputs: TenantInputs, namespace: str) -> Iterator[Manifest]:
    """The roles of one namespace and who has them; a role that nobody has and nobody may give is left out."""
    people = {"admin": inputs.admins, "member": inputs.members, "viewer": inputs.viewers}
    from_whole = {"admin": inputs.parent_admins, "viewer": inputs.parent_viewers}
    for role in ROLES:
        own, whole = people[role], from_whole.get(role, ())
        if not own and not whole and not (inputs.delegation and role in DELEGABLE):
            continue
        rules = rules_of(role, inputs.access, delegation=inputs.delegation)
        yield role_object(namespace, role_name(role), rules)
        if own:
            yield binding(namespace, role_name(role), role_name(role), own)
        if whole:
            yield binding(namespace, f"{role_name(role)}-of-whole", role_name(role), whole)


def cluster_objects(inputs: TenantInputs) -> Iterator[Manifest]:
    """The right of a tenant's admins to make namespaces; an admission policy holds the names to the prefix."""
    if inputs.namespace_prefix is None:
        return
    name = namespaces_role(inputs.name)
    rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}
    yield object_of_cluster(_API, "ClusterRole", name, rules=[rule])
    yield object_of_cluster(
        _API,
        "ClusterRoleBinding",
        name,
        roleRef={"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
        subjects=[subject_of(one) for one in (*inputs.admins, *inputs.parent_admins)],
    )


def role_object(namespace: str, name: str, rules: list[dict[str, Any]]) -> Manifest:
    """A Role."""
    return object_in(namespace, _API, "Role", name, rules=rules)


def binding(namespace: str, name: str, role: str, subjects: Iterable[str]) -> Manifest:
    """A RoleBinding of a Role of its namespace."""
    return object_in(
        namespace,
        _API,
        "RoleBinding",
        name,
        roleRef={"apiGroup": GROUP, "kind": "Role", "name": role},
        subjects=[subject_of(one) for one in subjects],
    )


def subject_of(text: str) -> dict[str, str]:
    """A subject as bindings write it: from user:<name>, group:<name> or serviceaccount:<namespace>/<name>."""
    kind, _, name = text.partition(":")
    if kind == "serviceaccount":
        namespace, _, account = name.partition("/")
        return {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    return {"apiGroup": GROUP, "kind": kind.capitalize(), "name": name}
