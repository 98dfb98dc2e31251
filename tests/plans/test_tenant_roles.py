"""What a tenant's people may do, and above all what nobody of a tenant may."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from k8s_hardening.model.people import AccessSpec, Holder
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.tenant import plan_tenant
from k8s_hardening.plans.tenant_roles import rules_of

ROLES = ("viewer", "member", "admin")
READ = {"get", "list", "watch"}
WRITE = {"create", "update", "patch", "delete"}
GUARD_RAILS = {
    ("", "namespaces"),
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("networking.k8s.io", "networkpolicies"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
}
NOTHING = AccessSpec()
EVERYTHING = AccessSpec.model_validate(dict.fromkeys(AccessSpec.model_fields, Holder.MEMBER))
INTO_PODS = {"pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}


def granted(role: str, access: AccessSpec = NOTHING, *, delegation: bool = False) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules_of(role, access, delegation=delegation)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("access", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
@pytest.mark.parametrize("role", ROLES)
def test_nobody_changes_the_guard_rails(role: str, access: AccessSpec) -> None:
    changed = {(group, resource) for group, resource, verb in granted(role, access) if verb not in READ}
    assert not changed & GUARD_RAILS


@pytest.mark.parametrize("access", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
@pytest.mark.parametrize("role", ROLES)
def test_nobody_gets_a_wildcard(role: str, access: AccessSpec) -> None:
    assert not {part for grant in granted(role, access, delegation=True) for part in grant if "*" in part}


@pytest.mark.parametrize("access", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
@pytest.mark.parametrize("role", ROLES)
def test_nobody_escalates(role: str, access: AccessSpec) -> None:
    verbs = {verb for _, _, verb in granted(role, access)}
    assert verbs <= READ | WRITE
    resources = {resource for _, resource, _ in granted(role, access)}
    assert not resources & {
        "certificatesigningrequests/approval",
        "endpointslices",
        "nodes",
        "nodes/proxy",
        "persistentvolumes",
        "pods/proxy",
        "serviceaccounts/token",
        "services/proxy",
        "validatingwebhookconfigurations",
    }
    assert ("", "endpoints", "create") not in granted(role, access)


def test_each_role_holds_the_smaller_one() -> None:
    viewer, member, admin = map(granted, ROLES)
    assert viewer < member < admin


@pytest.mark.parametrize("access", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
def test_viewers_read_and_reach_into_nothing(access: AccessSpec) -> None:
    assert {verb for _, _, verb in granted("viewer", access)} == READ
    assert not {resource for _, resource, _ in granted("viewer", access)} & {"secrets", *INTO_PODS}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_left_out_reaches_neither_into_pods_nor_into_secrets(role: str) -> None:
    assert not {resource for _, resource, _ in granted(role)} & {"secrets", *INTO_PODS}


@pytest.mark.parametrize(("right", "holder"), [*itertools.product(AccessSpec.model_fields, Holder)])
def test_a_right_goes_to_whom_it_is_given_and_adds_nothing_else(right: str, holder: Holder) -> None:
    expected = {
        "secrets": {("", "secrets", verb) for verb in READ | WRITE},
        # Before 1.35 a get opens a connection as well, by websocket.
        "exec": {("", "pods/exec", "create")},
        "attach": {("", "pods/attach", "create")},
        "port_forward": {("", "pods/portforward", "create")},
        "ephemeral_containers": {("", "pods/ephemeralcontainers", verb) for verb in ("update", "patch")},
    }[right]
    access = AccessSpec.model_validate({right: holder})
    holds = {"nobody": (), "admin": ("admin",), "member": ("admin", "member")}[holder.value]
    for role in ROLES:
        assert granted(role, access) - granted(role) == (expected if role in holds else set())


def test_members_deploy() -> None:
    assert {("apps", "deployments", "create"), ("", "services", "update")} <= granted("member")


def test_admins_see_who_may_do_what() -> None:
    assert granted("admin") - granted("member") == {
        ("rbac.authorization.k8s.io", resource, verb) for resource in ("roles", "rolebindings") for verb in READ
    }


def test_admins_who_delegate_write_bindings_and_get_no_further_verb() -> None:
    more = granted("admin", delegation=True) - granted("admin")
    assert more == {("rbac.authorization.k8s.io", "rolebindings", verb) for verb in WRITE}
    for role in ("member", "viewer"):
        assert rules_of(role, NOTHING, delegation=True) == rules_of(role, NOTHING)


@pytest.mark.parametrize("right", AccessSpec.model_fields)
@pytest.mark.parametrize("holder", Holder)
def test_admins_hold_all_that_they_may_give_on(right: str, holder: Holder) -> None:
    """The server refuses a binding of a role with rights that its author has not, since nobody has the verb bind."""
    access = AccessSpec.model_validate({right: holder})
    assert granted("viewer", access) <= granted("member", access) <= granted("admin", access)


def test_there_is_no_other_role() -> None:
    with pytest.raises(KeyError):
        rules_of("owner", NOTHING)


def planned(**changes: Any) -> dict[str, dict[str, Any]]:
    data = {
        "name": "payments",
        "kubernetes": "1.36",
        "admins": ["group:payments-admins"],
        "namespaces": [{"name": "payments-api"}],
        **changes,
    }
    found = plan_tenant(TenantInputs.model_validate(data))
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def subjects(manifest: dict[str, Any]) -> set[str]:
    return {one["name"] for one in manifest["subjects"]}


def test_roles_that_an_admin_may_give_exist_before_anybody_has_them() -> None:
    assert "Role/tenant-viewer" not in planned()
    found = planned(delegation=True)
    assert {"Role/tenant-member", "Role/tenant-viewer"} <= found.keys()
    assert not {"RoleBinding/tenant-member", "RoleBinding/tenant-viewer"} & found.keys()


def test_the_people_of_the_whole_have_bindings_of_their_own() -> None:
    found = planned(parent="retail", parent_admins=["group:retail-admins"], parent_viewers=["group:auditors"])
    assert subjects(found["RoleBinding/tenant-admin"]) == {"payments-admins"}
    assert subjects(found["RoleBinding/tenant-admin-of-whole"]) == {"retail-admins"}
    assert subjects(found["RoleBinding/tenant-viewer-of-whole"]) == {"auditors"}
    assert found["RoleBinding/tenant-viewer-of-whole"]["roleRef"]["name"] == "tenant-viewer"
    assert "RoleBinding/tenant-member-of-whole" not in found
    assert found["Namespace/payments-api"]["metadata"]["labels"]["k8s-hardening/parent"] == "retail"


def test_a_part_without_admins_of_its_own_is_the_wholes() -> None:
    found = planned(admins=[], parent="retail", parent_admins=["group:retail-admins"])
    assert "RoleBinding/tenant-admin" not in found
    assert subjects(found["RoleBinding/tenant-admin-of-whole"]) == {"retail-admins"}


def test_admins_make_namespaces_of_their_prefix_and_nothing_else_in_the_cluster() -> None:
    found = planned(namespace_prefix="payments-", parent="retail", parent_admins=["user:root@example.com"])
    role = found["ClusterRole/tenant-payments-namespaces"]
    assert role["rules"] == [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}]
    assert subjects(found["ClusterRoleBinding/tenant-payments-namespaces"]) == {
        "payments-admins",
        "root@example.com",
    }
    assert not [one for one in planned() if one.startswith("Cluster")]
