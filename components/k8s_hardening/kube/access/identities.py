"""Who asks: a user, a group's member or a service account, with the groups that come with it.

Source: k8s.io/apiserver v0.37.2 pkg/authentication/serviceaccount/util.go (MakeUsername, SplitUsername,
MakeGroupNames), pkg/authentication/user/user.go and pkg/endpoints/filters/impersonation/impersonation.go: who is
impersonated without groups is in system:authenticated, system:anonymous in system:unauthenticated.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from k8s_hardening.kube.names import is_dns1123_label, is_dns1123_subdomain
from k8s_hardening.kube.rbac import ACCOUNT_USER

MASTERS = "system:masters"
"""The group whose members may do everything before any other authorizer is asked: k8s.io/kubernetes v1.37.2
pkg/kubeapiserver/authorizer/reload.go, superuserAuthorizer."""
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
ANONYMOUS = "system:anonymous"
ACCOUNTS = "system:serviceaccounts"
_FORM = re.compile(r"(user|group|serviceaccount):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the authorizer sees."""

    title: str
    """`user:x`, `group:x` or `serviceaccount:namespace/name`."""
    user: str
    """Name of the user; empty for somebody of whom only a group is known."""
    groups: frozenset[str]

    @property
    def account(self) -> tuple[str, str] | None:
        """Namespace and name of the service account that it is, or None."""
        return account_of_user(self.user)

    def __str__(self) -> str:
        return self.title


def account_of_user(user: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that a user's name stands for, or None."""
    if not user.startswith(ACCOUNT_USER):
        return None
    namespace, colon, name = user.removeprefix(ACCOUNT_USER).partition(":")
    return (namespace, name) if colon and is_dns1123_label(namespace) and is_dns1123_subdomain(name) else None


def user_of_account(namespace: str, name: str) -> str:
    """The name that the authorizer knows a service account by."""
    return f"{ACCOUNT_USER}{namespace}:{name}"


def user(name: str, groups: Iterable[str] = ()) -> Identity:
    """A user with the groups that it is given; a service account in the guise of a user brings its own."""
    given = frozenset(groups)
    place = account_of_user(name)
    title = f"user:{name}" if place is None else f"serviceaccount:{place[0]}/{place[1]}"
    if place is not None and not given:
        given = frozenset({ACCOUNTS, f"{ACCOUNTS}:{place[0]}"})
    if name == ANONYMOUS:
        return Identity(title, name, given | {UNAUTHENTICATED})
    if given.isdisjoint({AUTHENTICATED, UNAUTHENTICATED}):
        given |= {AUTHENTICATED}
    return Identity(title, name, given)


@functools.lru_cache(maxsize=65536)
def account(namespace: str, name: str) -> Identity:
    """A service account."""
    return user(user_of_account(namespace, name))


@functools.lru_cache(maxsize=65536)
def member(group: str) -> Identity:
    """Somebody of whom only a group is known."""
    given = {group}
    if group != UNAUTHENTICATED:
        given.add(AUTHENTICATED)
    if group.startswith(f"{ACCOUNTS}:"):
        given.add(ACCOUNTS)
    return Identity(f"group:{group}", "", frozenset(given))


def identity_of(text: str, groups: Iterable[str] = ()) -> Identity:
    """The identity that people name: `user:x`, `group:x`, `serviceaccount:namespace/name`, or a user's plain name.

    Raises:
        ValueError: a service account without namespace and name; the text says what would do.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return user(text, groups)
    kind, name = match.groups()
    if kind == "user":
        return user(name, groups)
    if kind == "group":
        found = member(name)
        return Identity(found.title, "", found.groups | frozenset(groups))
    namespace, slash, rest = name.partition("/")
    if not slash or account_of_user(user_of_account(namespace, rest)) is None:
        raise ValueError(f'"{text}" is no service account; for example "serviceaccount:payments-api/default"')
    return user(user_of_account(namespace, rest), groups)
