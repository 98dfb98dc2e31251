"""RBAC once more, as its API documentation says it, for tests: one question at a time, slow and plain.

Each step quotes k8s.io/api v0.37.2 rbac/v1/types.go, or names the file that says what the documentation leaves out.
Nothing here is shared with what the product says of rights, so that a mistake there does not repeat itself here.
Values are all known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracle.network_policies import matches

Object = dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """Who asks, after authentication."""

    user: str
    groups: frozenset[str]

    @classmethod
    def person(cls, name: str, *groups: str) -> Asker:
        """A user, and the group that everybody known is in (k8s.io/apiserver v0.37.2 authentication/user/user.go)."""
        return cls(name, frozenset({*groups, "system:authenticated"}))

    @classmethod
    def account(cls, namespace: str, name: str) -> Asker:
        """A service account with its groups (k8s.io/apiserver v0.37.2 pkg/authentication/serviceaccount/util.go)."""
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        return cls.person(f"system:serviceaccount:{namespace}:{name}", *groups)


@dataclass(frozen=True)
class Question:
    """One request, as a SubjectAccessReview states it."""

    verb: str
    resource: str = ""
    """With its subresource, for example pods/log; empty for a path."""
    group: str = ""
    namespace: str = ""
    """Empty: all namespaces, or none."""
    name: str = ""
    """Empty: any object."""
    path: str = ""
    """A path that is no resource, for example /metrics."""


class Rights:
    """Roles and bindings as the server keeps them."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._roles: dict[tuple[str, str], Object] = {}
        self._bindings: dict[str, list[Object]] = {}
        for one in objects:
            if one.get("apiVersion") != "rbac.authorization.k8s.io/v1":
                continue
            namespace = "" if one["kind"].startswith("Cluster") else one["metadata"]["namespace"]
            if one["kind"].endswith("Binding"):
                self._bindings.setdefault(namespace, []).append(one)
            else:
                self._roles[namespace, one["metadata"]["name"]] = one

    def permits(self, asker: Asker, question: Question) -> bool:
        """Whether the server lets it be."""
        # Before any authorizer that is configured: k8s.io/kubernetes v1.37.2 pkg/kubeapiserver/authorizer/reload.go.
        if "system:masters" in asker.groups:
            return True
        return any(self.reasons(asker, question))

    def reasons(self, asker: Asker, question: Question) -> Iterator[Object]:
        """Each binding that permits it."""
        # "Authorization is calculated against 1. evaluation of ClusterRoleBindings - short circuit on match
        # 2. evaluation of RoleBindings in the namespace requested - short circuit on match 3. deny by default"
        for namespace in dict.fromkeys(("", question.namespace)):
            for binding in self._bindings.get(namespace, []):
                if any(_is(asker, one, namespace) for one in binding.get("subjects") or []) and any(
                    _covers(rule, question) for rule in self._rules(binding, namespace)
                ):
                    yield binding

    def _rules(self, binding: Object, namespace: str) -> list[Object]:
        # "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the
        # RoleRef cannot be resolved, the Authorizer must return an error": nothing is granted.
        reference = binding["roleRef"]
        if reference["kind"] == "ClusterRole":
            return self._cluster_rules(reference["name"], frozenset())
        role = self._roles.get((namespace, reference["name"])) if namespace else None
        return [] if role is None else role.get("rules") or []

    def _cluster_rules(self, name: str, gathering: frozenset[str]) -> list[Object]:
        role = self._roles.get(("", name))
        if role is None or name in gathering:
            return []
        if not role.get("aggregationRule"):
            return role.get("rules") or []
        # "If AggregationRule is set, then the Rules are controller managed", "If any of the selectors match, then the
        # ClusterRole's permissions will be added".
        return [
            rule
            for (namespace, other), one in self._roles.items()
            if not namespace
            and any(
                matches(selector, one["metadata"].get("labels") or {})
                for selector in role["aggregationRule"].get("clusterRoleSelectors") or []
            )
            for rule in self._cluster_rules(other, gathering | {name})
        ]


def _is(asker: Asker, subject: Object, namespace: str) -> bool:
    if subject["kind"] == "User":
        return bool(subject["name"] == asker.user)
    if subject["kind"] == "Group":
        return subject["name"] in asker.groups
    # A service account without a namespace is one of the binding's own:
    # k8s.io/kubernetes v1.37.2 pkg/registry/rbac/validation/rule.go (appliesToUser).
    home = subject.get("namespace") or namespace
    return bool(home) and asker.user == f"system:serviceaccount:{home}:{subject['name']}"


def _covers(rule: Object, question: Question) -> bool:
    # "verbs is a list of Verbs that apply to ALL the ResourceKinds contained in this rule. '*' represents all verbs."
    if not {"*", question.verb} & set(rule.get("verbs") or []):
        return False
    # "Rules can either apply to API resources (such as "pods" or "secrets") or non-resource URL paths (such as "/api"),
    # but not both."
    if question.path:
        return any(_is_under(question.path, one) for one in rule.get("nonResourceURLs") or [])
    # ""*" represents all API groups", "'*' represents all resources".
    if not {"*", question.group} & set(rule.get("apiGroups") or []):
        return False
    # And */scale is that subresource of all resources: pkg/apis/rbac/v1/evaluation_helpers.go (ResourceMatches).
    _, slash, subresource = question.resource.partition("/")
    wanted = {"*", question.resource} | ({f"*/{subresource}"} if slash else set())
    if not wanted & set(rule.get("resources") or []):
        return False
    # "resourceNames is an optional white list of names that the rule applies to. An empty set means that everything is
    # allowed."
    names = rule.get("resourceNames") or []
    return not names or question.name in names


def _is_under(path: str, url: str) -> bool:
    # "*s are allowed, but only as the full, final step in the path".
    return path == url or (url.endswith("*") and path.startswith(url.rstrip("*")))
