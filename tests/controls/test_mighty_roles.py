"""The table of mighty built-in roles against what kube/access finds that each leads to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from k8s_hardening.controls.shared.mighty_roles import MIGHTY
from k8s_hardening.kube.access import Match, Reach, Rule, World, offers_of, secrets_rule, user
from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.access.needs import APPROVE_SIGNER, CREATE_VOLUME
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.kube.rbac import CLUSTER_ADMIN
from k8s_hardening.kube.version import KubeVersion
from tests.kube.access.worlds import bind

STRANGER = user("stranger")
MINORS = range(18, 38)


def leads_on(role: str, version: KubeVersion) -> bool:
    """Whether somebody with the role for the whole cluster gets at every Secret, or holds one half of a way there."""
    world = World.of([bind(f"ClusterRole/{role}", "user:stranger")], version)
    if None in Reach(world).of(STRANGER).scopes(secrets_rule):
        return True
    own = (grant for grant in world.grants_of(STRANGER) if grant.subject == "user:stranger")
    return any(
        (has_group(rule) and rule.has_resource("certificatesigningrequests", "nodeclient") is Match.YES)
        or any(offer.need in (APPROVE_SIGNER, CREATE_VOLUME) for offer in offers_of(rule))
        for rule in (placed.rule for grant in own for placed in grant.rules)
    )


def has_group(rule: Rule) -> bool:
    return bool(rule.groups.has_any("*", "certificates.k8s.io"))


def mighty(version: KubeVersion) -> Iterator[str]:
    for one in bootstrap_objects(version):
        if kind_of(one) == "ClusterRole" and leads_on(name_of(one), version):
            yield name_of(one)


@pytest.mark.parametrize("minor", MINORS)
def test_the_table_lacks_no_role_of_a_version(minor: int) -> None:
    assert set(mighty(KubeVersion(1, minor))) <= {CLUSTER_ADMIN, *MIGHTY}


def test_each_role_of_the_table_leads_on_in_some_version() -> None:
    found = {role for minor in MINORS for role in mighty(KubeVersion(1, minor))}
    assert found == {CLUSTER_ADMIN, *MIGHTY}
