"""Audit policies and requests at random, most of them good, all of them odd; the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.audit import Level, Stage

_USERS = ["alice", "system:node:one", "system:kube-proxy", ""]
_GROUPS = ["team", "system:nodes", "system:masters"]
_VERBS = ["get", "list", "watch", "create", "update", "delete", "*", ""]
_NAMESPACES = ["", "shop", "kube-system"]
_API_GROUPS = ["", "apps", "rbac.authorization.k8s.io"]
_RULE_RESOURCES = ["pods", "secrets", "pods/exec", "pods/*", "*/exec", "*", "*/*", "/", "secrets/", "/*", ""]
_URLS = ["*", "/*", "/healthz", "/healthz*", "/metrics", "/healthz/*"]
_BAD_URLS = ["/a*b", "healthz", "/healthz**", ""]
_NONSENSE = ["text", 1, {"a": 1}, [1], [None], None, [[]]]


class Samples:
    """Policies and requests of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing is kept secret by it

    def policy(self) -> dict[str, Any]:
        """A policy with up to five rules."""
        made: dict[str, Any] = {
            "apiVersion": "audit.k8s.io/v1" if self._random.random() < 0.95 else "audit.k8s.io/v1beta1",
            "kind": "Policy",
            "rules": [self._rule() for _ in range(self._random.choices(range(6), [1, 9, 9, 9, 9, 9])[0])],
        }
        if self._random.random() < 0.01:
            made["rules"] = self._random.choice([None, {}, "text", 3])
        self._maybe(made, "omitStages", 0.2, lambda: self._some(list(Stage)))
        return made

    def request(self) -> ApiRequest:
        """A request by somebody, mostly for a resource."""
        user, groups = self._random.choice(_USERS), tuple(self._some(_GROUPS))
        if self._random.random() < 0.25:
            path = self._random.choice(["/healthz", "/healthz/etcd", "/metrics", "/", "/a*b"])
            return ApiRequest("get", path, user=user, groups=groups)
        pick = self._random.choice
        return ApiRequest(
            pick(_VERBS),
            "/api",
            is_resource=True,
            group=pick(_API_GROUPS),
            resource=pick(["pods", "secrets", "roles"]),
            subresource=pick(["", "exec", "log"]),
            namespace=pick(_NAMESPACES),
            name=pick(["", "a", "b"]),
            user=user,
            groups=groups,
        )

    def _rule(self) -> Any:
        made: dict[str, Any] = {}
        self._maybe(made, "level", 0.99, lambda: self._random.choice([*Level] * 40 + ["metadata", "", None]))
        self._maybe(made, "users", 0.3, lambda: self._some(_USERS))
        self._maybe(made, "userGroups", 0.3, lambda: self._some(_GROUPS))
        self._maybe(made, "verbs", 0.3, lambda: self._some(_VERBS))
        if self._random.random() < 0.6:
            self._maybe(made, "namespaces", 0.3, lambda: self._some(_NAMESPACES))
            self._maybe(made, "resources", 0.7, lambda: [self._resources() for _ in range(self._random.randint(0, 3))])
        else:
            self._maybe(made, "nonResourceURLs", 0.4, lambda: self._some(_URLS * 9 + _BAD_URLS))
        self._maybe(made, "omitStages", 0.2, lambda: self._some([*Stage] * 9 + ["Sent"]))
        self._maybe(made, "omitManagedFields", 0.1, lambda: True)
        if self._random.random() < 0.01:
            made[self._random.choice(["users", "verbs", "resources", "omitStages"])] = self._random.choice(_NONSENSE)
        return made if self._random.random() < 0.998 else self._random.choice(_NONSENSE)

    def _resources(self) -> Any:
        made: dict[str, Any] = {}
        groups = _API_GROUPS * 15 + ["*", "apps/v1", "Apps"]
        self._maybe(made, "group", 0.9, lambda: self._random.choice(groups))
        self._maybe(made, "resources", 0.8, lambda: self._some(_RULE_RESOURCES))
        self._maybe(made, "resourceNames", 0.1, lambda: self._some(["a", "b"]))
        return made

    def _maybe(self, made: dict[str, Any], key: str, chance: float, value: Callable[[], Any]) -> None:
        if self._random.random() < chance:
            made[key] = value()

    def _some(self, values: list[Any]) -> list[Any]:
        return [self._random.choice(values) for _ in range(self._random.randint(0, 3))]
