"""What a step gives in a world: whose rights, or which."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from k8s_hardening.kube.access.held import Chance, Names
from k8s_hardening.kube.access.identities import MASTERS, Identity, account, account_of_user, member, user
from k8s_hardening.kube.access.roles import Placed
from k8s_hardening.kube.access.rules import EVERYTHING, Match, Rule, Texts
from k8s_hardening.kube.access.steps import BY_HELD, EVERYWHERE, LEVELS_SINCE, NAMELESS, Gives
from k8s_hardening.kube.access.world import Grant, World

_NODES = "system:nodes"
_READ = Texts(frozenset({"get", "list", "watch"}))
_CLOSED_LEVELS = ("baseline", "restricted")


@dataclass(frozen=True, slots=True)
class Gain:
    """A holder that a step leads to."""

    title: str
    grants: tuple[Grant, ...]
    groups: frozenset[str]
    """Groups of the identity that it is; none when it is no identity."""
    chance: Chance | None
    sureness: Match


Given = tuple[Gives, bool, str | None, Names]
"""What a step gives, the same whoever takes whichever step on the way to it."""


def given_by(chance: Chance) -> Iterator[Given]:
    """What a step gives in a place, apart from what grows with the roles that are held."""
    is_limited = bool(chance.step.signers)
    for gives in chance.step.gives:
        if gives in NAMELESS:
            yield gives, is_limited, None, None
        elif gives not in BY_HELD:
            yield gives, is_limited, None if gives in EVERYWHERE else chance.scope, chance.names


def gains_of(given: Given, chance: Chance, world: World) -> Iterator[Gain]:
    """Every holder that a step leads to by one of the things that it gives."""
    yield from _GAINS[given[0]](chance, world)


def gains_by_held(chance: Chance, world: World, held: Sequence[Grant]) -> Iterator[Gain]:
    """Every holder that a step leads to by the roles that are held, for somebody who holds some grants."""
    for gives in chance.step.gives:
        if gives in BY_HELD:
            yield from _filled(gives, chance, world, held)


def can_be_taken(chance: Chance, world: World) -> bool:
    """Whether a step leads anywhere in its namespace, whose Pod Security level may keep pods from the node."""
    return not chance.step.in_open_namespaces or _is_open(world, chance.scope)


def node_gains(title: str, groups: frozenset[str], world: World, chance: Chance | None = None) -> Iterator[Gain]:
    """What a node has without RBAC: the Node authorizer lets it read the Secrets of its pods and act for them.

    Source: k8s.io/kubernetes v1.37.2 plugin/pkg/auth/authorizer/node/node_authorizer.go.
    """
    if _NODES in groups:
        rules = (
            Rule(_READ, Texts(frozenset({""})), Texts(frozenset({"secrets"}))),
            Rule(Texts(frozenset({"create"})), Texts(frozenset({""})), Texts(frozenset({"serviceaccounts/token"}))),
        )
        placed = tuple(Placed(rule, "what the pods of a node need") for rule in rules)
        grant = Grant("the Node authorizer", title, None, placed, Match.MAYBE)
        yield Gain(f"a node, as {title}", (grant,), frozenset(), chance, Match.MAYBE)


def _is_open(world: World, namespace: str | None) -> bool:
    """Whether a pod may get at its node in a namespace, or in any one."""
    if world.version < LEVELS_SINCE or namespace is None:
        return True
    return world.objects.namespaces.get(namespace) not in _CLOSED_LEVELS


def _accounts(chance: Chance, world: World) -> Iterator[Gain]:
    namespaces = world.accounts if chance.scope is None else (chance.scope,)
    for namespace in namespaces:
        for name in world.accounts.get(namespace, ()):
            if chance.names is None or name in chance.names:
                yield _identity(account(namespace, name), chance, world)


def _every_account(chance: Chance, world: World) -> Iterator[Gain]:
    for namespace, names in world.accounts.items():
        for name in names:
            yield _identity(account(namespace, name), chance, world)


def _users(chance: Chance, world: World) -> Iterator[Gain]:
    for name in _known(world, "user:", chance.names):
        if account_of_user(name) is None:
            yield _identity(user(name), chance, world)


def _groups(chance: Chance, world: World) -> Iterator[Gain]:
    may_be_masters = not chance.step.signers  # CertificateSubjectRestriction refuses certificates for the group
    for name in _known(world, "group:", chance.names):
        if name != MASTERS or may_be_masters:
            yield _identity(member(name), chance, world)


def _known(world: World, prefix: str, names: Names) -> Iterable[str]:
    known = world.subjects(prefix)
    if prefix == "group:":
        known |= {MASTERS, _NODES}
    return sorted(known if names is None else known & names)


def _identity(who: Identity, chance: Chance, world: World) -> Gain:
    return Gain(who.title, world.grants_of(who), who.groups, chance, chance.sureness)


def _secrets(chance: Chance, world: World) -> Iterator[Gain]:
    yield from _reading(chance, chance.scope, chance.names)


def _every_secret(chance: Chance, world: World) -> Iterator[Gain]:
    yield from _reading(chance, None, None)


def _reading(chance: Chance, scope: str | None, names: Names) -> Iterator[Gain]:
    where = "every namespace" if scope is None else scope
    what = "Secrets" if names is None else f"Secrets {', '.join(sorted(names))}"
    rule = Rule(_READ, Texts(frozenset({""})), Texts(frozenset({"secrets"})), Texts(names or frozenset()))
    yield _having(f"the {what} of {where}", chance, scope, (Placed(rule, f"step {chance.step.id}"),))


def _having(title: str, chance: Chance, scope: str | None, rules: tuple[Placed, ...]) -> Gain:
    grant = Grant(f"step {chance.step.id}", chance.by[0].holder, scope, rules)
    return Gain(title, (grant,), frozenset(), chance, chance.sureness)


def _everything(title: str, chance: Chance, scope: str | None) -> Gain:
    return _having(title, chance, scope, _every_right(f"step {chance.step.id}"))


@functools.cache
def _every_right(where: str) -> tuple[Placed, ...]:
    return tuple(Placed(rule, where) for rule in EVERYTHING)


def _roles(chance: Chance, world: World) -> Iterator[Gain]:
    for (namespace, name), rules in world.roles.items():
        is_there = namespace is not None and chance.scope in (None, namespace)
        if is_there and (chance.names is None or name in chance.names):
            yield _having(f"Role {namespace}/{name}", chance, namespace, rules)


def _cluster_roles(chance: Chance, world: World) -> Iterator[Gain]:
    # Bound by a RoleBinding it counts in the namespace only, whatever the scope of the right to bind it.
    where = "" if chance.scope is None else f" in {chance.scope}"
    if chance.names is None:
        yield _everything(f"ClusterRole cluster-admin{where}", chance, chance.scope)
        return
    for name in sorted(chance.names):
        if rules := world.roles.get((None, name)):
            yield _having(f"ClusterRole {name}{where}", chance, chance.scope, rules)


def _filled(gives: Gives, chance: Chance, world: World, held: Sequence[Grant]) -> Iterator[Gain]:
    """Every right wherever a role is held that may be filled with any rule."""
    scopes: dict[str | None, None] = {}
    for grant in held:
        if grant.role is None or grant.scope in scopes:
            continue
        if gives is Gives.GATHERING_ROLES:
            is_meant = grant.role in world.aggregated
        else:
            is_cluster_role = grant.role[0] is None
            is_within = chance.scope is None or grant.role[0] == chance.scope
            is_meant = is_cluster_role is chance.step.needs[0].in_cluster and is_within
            is_meant = is_meant and (chance.names is None or grant.role[1] in chance.names)
        if is_meant:
            scopes[grant.scope] = None
    for scope in scopes:
        where = "" if scope is None else f" in {scope}"
        yield _everything(f"every right{where}", chance, scope)


_GAINS: dict[Gives, Callable[[Chance, World], Iterator[Gain]]] = {
    Gives.ACCOUNTS: _accounts,
    Gives.SECRETS: _secrets,
    Gives.USERS: _users,
    Gives.GROUPS: _groups,
    Gives.ROLES: _roles,
    Gives.CLUSTER_ROLES: _cluster_roles,
    Gives.EVERY_ACCOUNT: _every_account,
    Gives.EVERY_SECRET: _every_secret,
}
