"""A cluster as its RBAC authorizer sees it: who is bound to which rules, and where.

Source: k8s.io/kubernetes v1.37.2 pkg/registry/rbac/validation/rule.go (VisitRulesFor, GetRoleReferenceRules,
appliesToUser). RoleBindings count only for requests in their namespace; a Role that a ClusterRoleBinding names, and a
role that does not exist, give nothing.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.access.bootstrap import SYSTEM_NAMESPACES, bootstrap_objects
from k8s_hardening.kube.access.by_rules import ByRules
from k8s_hardening.kube.access.identities import MASTERS, Identity, account_of_user, user_of_account
from k8s_hardening.kube.access.objects import Objects, Place, objects_of
from k8s_hardening.kube.access.roles import ANYWHERE, Placed, RoleKey, Roles, doubted, vague_role
from k8s_hardening.kube.access.rules import EVERYTHING, Match, Rule, rules_in
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, kind_of, name_of, namespace_of
from k8s_hardening.kube.version import NEWEST, KubeVersion


@dataclass(frozen=True, slots=True)
class Grant:
    """The rules of one role, held by one subject of one binding."""

    binding: str
    """For people, for example RoleBinding shop/members."""
    subject: str
    """The subject that it holds by: user:x, group:x or serviceaccount:namespace/name."""
    scope: str | None
    """Namespace; None for the whole cluster, ANYWHERE where it is not known."""
    rules: tuple[Placed, ...]
    sureness: Match = Match.YES
    role: RoleKey | None = None
    is_built_in: bool = False
    """The API server makes the binding by itself."""

    def holds_in(self, namespace: str) -> Match:
        """Whether it counts for requests in a namespace; empty for requests in none."""
        if self.scope is None or (self.scope == namespace and namespace):
            return self.sureness
        return Match.MAYBE if self.scope == ANYWHERE and namespace else Match.NO


_MASTERS = Grant(
    "the API server, before RBAC", f"group:{MASTERS}", None, tuple(Placed(rule, "every right") for rule in EVERYTHING)
)


@dataclass(frozen=True)
class World:
    """Everything that decides who may do what; make one with `World.of`."""

    version: KubeVersion
    grants: Mapping[str, tuple[Grant, ...]]
    """Name of a user, or group: and a group's name -> what is bound to it."""
    vague: tuple[Grant, ...]
    """What is bound to subjects that are known only at apply, and so may be anybody's."""
    objects: Objects
    flaws: tuple[str, ...]
    """What does not count, or not for sure, and why."""
    aggregated: frozenset[RoleKey]
    """ClusterRoles that gather the rules of others."""
    roles: Mapping[RoleKey, tuple[Placed, ...]]

    @classmethod
    def of(cls, manifests: Iterable[Manifest], version: KubeVersion = NEWEST, *, built_in: bool = True) -> World:
        """The world of some objects, lists included; those that bear on nothing are passed over.

        Args:
            manifests: any objects.
            version: version of the cluster.
            built_in: add the roles and bindings that the API server makes by itself.
        """
        objects = objects_of(manifests)
        flaws = list(objects.flaws)
        own = bootstrap_objects(version) if built_in else ()
        roles = _roles(objects, version if built_in else None)
        resolved = roles.resolved()
        looked_up = _LookedUp(resolved)
        by_subject: dict[str, list[Grant]] = defaultdict(list)
        vague: list[Grant] = []
        bindings = [(one, objects.sureness(one), False) for one in objects.bindings]
        named = {_key(one) for one in objects.bindings}
        # The server adds again at its start what a built-in binding lacks, but leaves another role there alone.
        bindings += [(one, Match.MAYBE if _key(one) in named else Match.YES, True) for one in own if "roleRef" in one]
        for binding, sureness, is_built_in in bindings:
            for key, grant in _grants(binding, sureness, is_built_in, looked_up):
                if key is None:
                    vague.append(grant)
                else:
                    by_subject[key].append(grant)
        flaws += sorted(looked_up.missing)
        grants = {key: tuple(found) for key, found in by_subject.items()}
        return cls(version, grants, tuple(vague), objects, tuple(flaws), frozenset(roles.aggregated), resolved)

    def _grants_of(self, identity: Identity) -> Iterator[Grant]:
        if MASTERS in identity.groups:
            yield _MASTERS
        if identity.user:
            yield from self.grants.get(f"user:{identity.user}", ())
        for group in sorted(identity.groups):
            yield from self.grants.get(f"group:{group}", ())
        yield from self.vague

    @functools.cached_property
    def _kept(self) -> dict[Identity, tuple[Grant, ...]]:
        return {}

    def grants_of(self, identity: Identity) -> tuple[Grant, ...]:
        """What somebody holds, by name or by group."""
        found = self._kept.get(identity)
        if found is None:
            found = self._kept[identity] = tuple(self._grants_of(identity))
        return found

    @functools.cached_property
    def by_rules(self) -> ByRules:
        """What follows from the rules of roles."""
        return ByRules()

    @functools.cached_property
    def _subjects(self) -> dict[str, frozenset[str]]:
        return {}

    def subjects(self, kind: str) -> frozenset[str]:
        """The names of all users, or groups, that bindings name; the kind is user: or group:."""
        if kind not in self._subjects:
            named = (key.removeprefix(kind) for key in self.grants if key.startswith(kind))
            self._subjects[kind] = frozenset(named)
        return self._subjects[kind]

    @functools.cached_property
    def namespaces(self) -> frozenset[str]:
        """Every namespace that is spoken of, and those that every cluster has."""
        scopes = {grant.scope for grants in self.grants.values() for grant in grants}
        return frozenset({
            *SYSTEM_NAMESPACES,
            *self.objects.namespaces,
            *(one for one in scopes if one is not None and one != ANYWHERE),
            *(namespace for namespace, _ in self._bound_accounts),
        })  # fmt: skip

    @functools.cached_property
    def accounts(self) -> Mapping[str, tuple[str, ...]]:
        """Namespace -> its service accounts: those that are written, that are bound, and `default`."""
        found: dict[str, set[str]] = {namespace: {"default"} for namespace in self.namespaces}
        for namespace, name in (*self.objects.accounts, *self._bound_accounts):
            found.setdefault(namespace, {"default"}).add(name)
        return {namespace: tuple(sorted(names)) for namespace, names in sorted(found.items())}

    @functools.cached_property
    def _bound_accounts(self) -> frozenset[Place]:
        return frozenset(place for one in self.subjects("user:") if (place := account_of_user(one)) is not None)


class _LookedUp:
    """The rules that references to roles lead to, and which references lead nowhere."""

    def __init__(self, roles: Mapping[RoleKey, tuple[Placed, ...]]) -> None:
        self._roles = roles
        self.missing: set[str] = set()
        self._by_name: dict[str, list[Placed]] = defaultdict(list)
        for (namespace, name), rules in roles.items():
            if namespace is not None:
                self._by_name[name] += rules
        self._nameless = any(not name for _, name in roles)

    def rules(self, key: RoleKey, text: str) -> tuple[Placed, ...]:
        """The rules of a role that a binding refers to."""
        namespace, name = key
        if namespace == ANYWHERE:
            found = doubted(self._by_name.get(name, ()))
        elif namespace is None:
            found = self._roles.get(key, ())
        else:
            # A role whose namespace is not known yet may be the one that is meant.
            found = (*self._roles.get(key, ()), *doubted(self._roles.get((ANYWHERE, name), ())))
        if found or key in self._roles:
            return found
        if self._nameless:
            return vague_role(f"the role of {text}")
        kind = "ClusterRole" if namespace is None else "Role"
        self.missing.add(f"{text}: there is no {kind} {name} among the objects, so it gives nothing")
        return ()


def _roles(objects: Objects, own: KubeVersion | None) -> Roles:
    roles = Roles()
    for one in objects.roles:
        roles.add(_role_key(one), one, rules_in(one.get("rules")), objects.sureness(one))
    for key, one, rules in () if own is None else _own_roles(own):
        # What a built-in role lacks is added again only when the server starts the next time.
        roles.add(key, one, rules, Match.MAYBE if key in roles else Match.YES)
    return roles


@functools.cache
def _own_roles(version: KubeVersion) -> tuple[tuple[RoleKey, Manifest, tuple[tuple[str, Rule], ...]], ...]:
    """The roles that the API server makes by itself, with their rules."""
    roles = (one for one in bootstrap_objects(version) if "roleRef" not in one)
    return tuple((_role_key(one), one, rules_in(one.get("rules"))) for one in roles)


def _key(manifest: Manifest) -> tuple[str, str, str]:
    return kind_of(manifest), namespace_of(manifest), name_of(manifest)


def _role_key(manifest: Manifest) -> RoleKey:
    return _scope(manifest), name_of(manifest)


def _scope(manifest: Manifest) -> str | None:
    """Namespace of a role or binding, None when it is for the whole cluster."""
    if kind_of(manifest).startswith("Cluster"):
        return None
    return namespace_of(manifest) or ANYWHERE


def _grants(
    binding: Manifest, sureness: Match, is_built_in: bool, roles: _LookedUp
) -> Iterator[tuple[str | None, Grant]]:
    """Each subject of a binding, None for one that may be anybody, with what it holds by it."""
    scope, name = _scope(binding), name_of(binding)
    place = f"{scope}/" if scope and scope != ANYWHERE else ""
    text = f"{kind_of(binding)} {place}{name or '(without a known name)'}"
    role, rules = _bound(binding, text, scope, roles)
    for subject in as_list(binding.get("subjects")):
        key = _subject(subject, scope)
        if key == "":
            continue
        title = "anybody, as known at apply" if key is None else _title(key)
        yield key, Grant(text, title, scope, rules, Match.MAYBE if key is None else sureness, role, is_built_in)


def _bound(
    binding: Manifest, text: str, scope: str | None, roles: _LookedUp
) -> tuple[RoleKey | None, tuple[Placed, ...]]:
    reference = as_map(binding.get("roleRef"))
    kind, name = reference.get("kind"), reference.get("name")
    if kind is UNKNOWN or name is UNKNOWN:
        return None, vague_role(f"the role of {text}")
    if kind not in ("Role", "ClusterRole") or (kind == "Role" and scope is None) or not as_str(name):
        roles.missing.add(f"{text}: roleRef is no role that it could give, so it gives nothing")
        return None, ()
    key = (scope if kind == "Role" else None, as_str(name))
    return key, roles.rules(key, text)


def _subject(subject: Any, scope: str | None) -> str | None:
    """user: or group: and a name; empty for nobody, None for what may be anybody."""
    if subject is UNKNOWN:
        return None
    told = as_map(subject)
    kind, name = told.get("kind"), told.get("name")
    if kind is UNKNOWN:
        return None
    if kind in ("User", "Group"):
        return None if name is UNKNOWN else f"{kind.lower()}:{as_str(name)}" if as_str(name) else ""
    if kind != "ServiceAccount":
        return ""
    namespace = told.get("namespace")
    if namespace in (None, ""):
        namespace = scope
    if name is UNKNOWN or namespace is UNKNOWN or namespace == ANYWHERE:
        return None
    return f"user:{user_of_account(as_str(namespace), as_str(name))}" if as_str(namespace) and as_str(name) else ""


def _title(key: str) -> str:
    place = account_of_user(key.removeprefix("user:")) if key.startswith("user:") else None
    return key if place is None else f"serviceaccount:{place[0]}/{place[1]}"
