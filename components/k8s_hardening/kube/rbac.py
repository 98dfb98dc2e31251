"""RBAC objects as the authorizer reads them: rules of roles, subjects of bindings.

Source: k8s.io/api v0.37.2 rbac/v1/types.go; k8s.io/kubernetes v1.37.2 pkg/apis/rbac/v1/evaluation_helpers.go and
pkg/registry/rbac/validation/rule.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, as_str, kind_of

GROUP = "rbac.authorization.k8s.io"
ALL = "*"
ACCOUNT_USER = "system:serviceaccount:"
"""How the name begins by which the authorizer knows a service account."""
CLUSTER_ADMIN = "cluster-admin"
"""The built-in ClusterRole with every right."""
_ACCOUNTS_GROUP = "system:serviceaccounts:"


def account_home(identity: str) -> str | None:
    """Namespace of a service account (serviceaccount:<namespace>/<name>); None for other identities."""
    kind, _, rest = identity.partition(":")
    return rest.partition("/")[0] if kind == "serviceaccount" else None


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of a Role or ClusterRole."""

    path: str
    """JSON path, for example rules[0]."""
    spec: dict[str, Any]

    def values(self, field: str) -> list[Any]:
        """The items of apiGroups, resources, verbs or nonResourceURLs; one UNKNOWN item when nothing is known."""
        return as_list(self.spec.get(field))

    def located(self, field: str) -> Iterator[tuple[str, Any]]:
        """The same items, each with its path."""
        for index, value in enumerate(self.values(field)):
            yield f"{self.path}.{field}[{index}]", value


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject of a binding."""

    path: str
    """JSON path, for example subjects[0]."""
    spec: dict[str, Any]
    binding_namespace: Any
    """Namespace of the binding, where a service account without one is looked for; None for a ClusterRoleBinding."""

    @property
    def is_account(self) -> bool:
        """Whether it is written as a ServiceAccount."""
        return self.spec.get("kind") == "ServiceAccount"

    @property
    def identity(self) -> str | None:
        """Who it is: user:<name>, group:<name>, serviceaccount:<namespace>/<name>; empty: nobody, None: unknown.

        Service accounts in the guise of a user are seen through, and the group of all accounts of a namespace reads as
        serviceaccount:<namespace>/*. An account of a known namespace counts as known: its namespace is its tenant.
        """
        kind, name = self.spec.get("kind"), self.spec.get("name")
        if kind is UNKNOWN:
            return None
        if kind == "ServiceAccount":
            namespace = self.spec.get("namespace")
            if namespace in (None, ""):
                namespace = self.binding_namespace
            return None if namespace is UNKNOWN else f"serviceaccount:{as_str(namespace)}/{as_str(name)}"
        if kind not in ("User", "Group"):
            return ""
        if name is UNKNOWN:
            return None
        text = as_str(name)
        if kind == "Group":
            is_accounts = text.startswith(_ACCOUNTS_GROUP)
            return f"serviceaccount:{text.removeprefix(_ACCOUNTS_GROUP)}/*" if is_accounts else f"group:{text}"
        namespace, _, account = text.removeprefix(ACCOUNT_USER).partition(":")
        return f"serviceaccount:{namespace}/{account}" if text.startswith(ACCOUNT_USER) else f"user:{text}"

    @property
    def culprit(self) -> tuple[str, Any]:
        """Path and value of the field that says whose subject it is."""
        field = "namespace" if self.is_account and self.spec.get("namespace") is not None else "name"
        return f"{self.path}.{field}", self.spec.get(field)


@dataclass(frozen=True, slots=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding."""

    manifest: Manifest
    is_cluster_wide: bool

    @property
    def namespace(self) -> Any:
        """metadata.namespace as it stands, UNKNOWN included; None for a ClusterRoleBinding."""
        return None if self.is_cluster_wide else as_map(self.manifest.get("metadata")).get("namespace")

    @property
    def cluster_role(self) -> Any:
        """Name of the ClusterRole that is bound, UNKNOWN included; None when it is a Role."""
        role = as_map(self.manifest.get("roleRef"))
        return None if role.get("kind") == "Role" and not self.is_cluster_wide else role.get("name")

    def subjects(self) -> Iterator[Subject]:
        """Every subject."""
        namespace = self.namespace
        for index, subject in enumerate(as_list(self.manifest.get("subjects"))):
            yield Subject(f"subjects[{index}]", as_map(subject), namespace)


def grants_rights(manifest: Manifest) -> bool:
    """Whether an object is a role or a binding."""
    return api_group_of(manifest) == GROUP


def policy_rules_of(manifest: Manifest) -> Iterator[PolicyRule]:
    """Every rule of a Role or ClusterRole; nothing for other objects."""
    if kind_of(manifest) in ("Role", "ClusterRole") and api_group_of(manifest) == GROUP:
        for index, rule in enumerate(as_list(manifest.get("rules"))):
            yield PolicyRule(f"rules[{index}]", as_map(rule))


def aggregations_of(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    """Path and value of each selector by which a ClusterRole gathers the rules of others."""
    if kind_of(manifest) == "ClusterRole" and api_group_of(manifest) == GROUP:
        selectors = as_map(manifest.get("aggregationRule")).get("clusterRoleSelectors")
        for index, selector in enumerate(as_list(selectors)):
            yield f"aggregationRule.clusterRoleSelectors[{index}]", selector


def binding_of(manifest: Manifest) -> Binding | None:
    """The object as a binding, or None."""
    kind = kind_of(manifest)
    if kind not in ("RoleBinding", "ClusterRoleBinding") or api_group_of(manifest) != GROUP:
        return None
    return Binding(manifest, kind == "ClusterRoleBinding")
