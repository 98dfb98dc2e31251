"""What a tenant's people may do, and above all what nobody of a tenant may."""

from __future__ import annotations

import pytest

from k8s_hardening.plans.tenant_roles import rules_of

ROLES = ("viewer", "member", "admin")
READ = {"get", "list", "watch"}
GUARD_RAILS = {
    ("", "namespaces"),
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("networking.k8s.io", "networkpolicies"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
}


def granted(role: str) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules_of(role)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("role", ROLES)
def test_nobody_changes_the_guard_rails(role: str) -> None:
    changed = {(group, resource) for group, resource, verb in granted(role) if verb not in READ}
    assert not changed & GUARD_RAILS


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gets_a_wildcard(role: str) -> None:
    assert not {part for grant in granted(role) for part in grant if "*" in part}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_escalates(role: str) -> None:
    verbs = {verb for _, _, verb in granted(role)}
    assert verbs <= READ | {"create", "update", "patch", "delete"}
    resources = {resource for _, resource, _ in granted(role)}
    assert not resources & {
        "serviceaccounts/token",
        "pods/proxy",
        "services/proxy",
        "nodes",
        "nodes/proxy",
        "endpointslices",
    }
    assert ("", "endpoints", "create") not in granted(role)


def test_each_role_holds_the_smaller_one() -> None:
    viewer, member, admin = map(granted, ROLES)
    assert viewer < member < admin


def test_viewers_read_and_see_no_secret() -> None:
    assert {verb for _, _, verb in granted("viewer")} == READ
    assert not {resource for _, resource, _ in granted("viewer")} & {"secrets", "pods/exec", "pods/portforward"}


def test_members_deploy_and_debug() -> None:
    member = granted("member")
    assert {("apps", "deployments", "create"), ("", "secrets", "update"), ("", "pods/exec", "create")} <= member
    # Before 1.35 a get on pods/exec opens a shell as well: k8s.io/kubernetes CHANGELOG-1.35.
    assert ("", "pods/exec", "get") not in member


def test_admins_see_who_may_do_what() -> None:
    assert granted("admin") - granted("member") == {
        ("rbac.authorization.k8s.io", resource, verb) for resource in ("roles", "rolebindings") for verb in READ
    }


def test_there_is_no_other_role() -> None:
    with pytest.raises(KeyError):
        rules_of("owner")
