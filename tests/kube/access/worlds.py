"""Random worlds of roles and bindings, and questions about them; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.oracle.rbac import Asker, Question

Object = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
NAMESPACES = ("shop", "pay", "play")
USERS = tuple(f"user-{number}" for number in range(6))
GROUPS = ("devs", "ops", "audit")
ACCOUNTS = ("app", "ci")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*", "use", "impersonate")
_GROUPS = ("", "apps", "batch", RBAC, "example.com", "*")
_RESOURCES = (
    "pods", "pods/log", "pods/exec", "pods/*", "secrets", "configmaps", "deployments", "deployments/scale", "*/scale",
    "*/log", "*", "widgets", "roles", "serviceaccounts/token", "*/*",
)  # fmt: skip
_NAMES = ("db", "cache", "shop", "")
_URLS = ("/metrics", "/metrics/*", "/healthz", "/health*", "/a/*/b", "/logs/**", "*")
_PATHS = (
    "/metrics", "/metrics/", "/metrics/x", "/healthz", "/healthz/ping", "/a/x/b", "/a/*/b", "/logs", "/logs/x", "/api",
)  # fmt: skip
_LABELS = ("view", "run")
_BUILT_IN = ("view", "edit", "admin", "system:discovery", "cluster-admin", "no-such-role")


def rbac(kind: str, name: str, namespace: str = "", **fields: Any) -> Object:
    """A role or binding."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **fields}


def rule(verbs: str, resources: str = "", *, groups: str = "", names: str = "", urls: str = "") -> Object:
    """A rule from words between blanks; without groups it is about the core group."""
    if urls:
        return {"verbs": verbs.split(), "nonResourceURLs": urls.split()}
    made: Object = {"verbs": verbs.split(), "apiGroups": groups.split() or [""], "resources": resources.split()}
    return {**made, "resourceNames": names.split()} if names else made


def bind(role: str, *subjects: str, namespace: str = "", name: str = "") -> Object:
    """A binding of `Role/name` or `ClusterRole/name` to subjects written user:x, group:x or serviceaccount:ns/name."""
    kind, _, role_name = role.partition("/")
    return rbac(
        "RoleBinding" if namespace else "ClusterRoleBinding",
        name or f"{role_name}-{len(subjects)}",
        namespace,
        roleRef={"apiGroup": RBAC, "kind": kind, "name": role_name},
        subjects=[_subject(one) for one in subjects],
    )


def _subject(text: str) -> Object:
    kind, _, name = text.partition(":")
    if kind == "serviceaccount":
        namespace, _, name = name.rpartition("/")
        return {"kind": "ServiceAccount", "name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiGroup": RBAC, "kind": kind.capitalize(), "name": name}


def random_world(seed: int, *, roles: int = 8, bindings: int = 24) -> list[Object]:
    """Roles, aggregated ones and bindings that a server takes."""
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed
    made: list[Object] = []
    for number in range(roles):
        cluster = rbac("ClusterRole", f"c{number}", rules=[_rule(dice, urls=True) for _ in range(dice.randint(0, 3))])
        if dice.random() < 0.5:
            cluster["metadata"]["labels"] = {"gather": dice.choice(_LABELS)}
        made.append(cluster)
        where = dice.choice(NAMESPACES)
        made.append(rbac("Role", f"r{number}", where, rules=[_rule(dice) for _ in range(dice.randint(1, 3))]))
    for label in _LABELS:
        selectors: list[Object] = [{"matchLabels": {"gather": label}}]
        if label == "run":
            selectors.append({"matchExpressions": [{"key": "gathered", "operator": "Exists"}]})
        one = rbac("ClusterRole", f"all-{label}", aggregationRule={"clusterRoleSelectors": selectors}, rules=[])
        one["metadata"]["labels"] = {"gathered": label}
        made.append(one)
    made += [_binding(dice, number, roles) for number in range(bindings)]
    return made


def _rule(dice: random.Random, *, urls: bool = False) -> Object:
    verbs = dice.sample(_VERBS, dice.randint(2, 6))
    if urls and dice.random() < 0.3:
        return {"verbs": verbs, "nonResourceURLs": dice.sample(_URLS, dice.randint(1, 2))}
    made: Object = {
        "verbs": verbs,
        "apiGroups": dice.sample(_GROUPS, dice.randint(2, 4)),
        "resources": dice.sample(_RESOURCES, dice.randint(3, 8)),
    }
    if dice.random() < 0.3:
        made["resourceNames"] = dice.sample(_NAMES[:3], dice.randint(1, 2))
    return made


def _binding(dice: random.Random, number: int, roles: int) -> Object:
    namespace = dice.choice((*NAMESPACES, ""))
    names = [f"ClusterRole/c{one}" for one in range(roles)] + [f"ClusterRole/all-{one}" for one in _LABELS]
    names += [f"ClusterRole/{one}" for one in _BUILT_IN]
    if namespace:
        names += [f"Role/r{one}" for one in range(roles)]
    people = [f"user:{one}" for one in USERS] + [f"group:{one}" for one in GROUPS]
    people += [f"serviceaccount:{where}/{one}" for where in NAMESPACES for one in ACCOUNTS]
    people += ["group:system:serviceaccounts", f"group:system:serviceaccounts:{NAMESPACES[0]}"]
    people += [f"user:system:serviceaccount:{NAMESPACES[1]}:{ACCOUNTS[0]}"]
    return bind(dice.choice(names), *dice.sample(people, dice.randint(1, 4)), namespace=namespace, name=f"b{number}")


def random_questions(seed: int, count: int, *, strangers: tuple[Asker, ...] = ()) -> Iterator[tuple[Asker, Question]]:
    """Who asks, and what."""
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed
    for _ in range(count):
        if strangers and dice.random() < 0.3:
            who = dice.choice(strangers)
        elif dice.random() < 0.5:
            who = Asker.person(dice.choice(USERS), *dice.sample(GROUPS, dice.randint(0, 2)))
        else:
            who = Asker.account(dice.choice(NAMESPACES), dice.choice(ACCOUNTS))
        if dice.random() < 0.2:
            yield who, Question(dice.choice(("get", "post", "*")), path=dice.choice(_PATHS))
            continue
        yield (
            who,
            Question(
                dice.choice(_VERBS),
                dice.choice(_RESOURCES),
                dice.choice(_GROUPS),
                dice.choice((*NAMESPACES, "")),
                dice.choice(_NAMES),
            ),
        )
