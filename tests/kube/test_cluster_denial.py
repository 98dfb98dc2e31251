"""Which cluster-wide kind a plug-in has for denials, by its version and switches."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.cluster_denial import DenyKind, deny_kinds, has_overridable_form, isolates, usable_deny_kinds
from k8s_hardening.kube.cnis import CNIS

GLOBAL, CILIUM = DenyKind.GLOBAL_NETWORK_POLICY, DenyKind.CILIUM_CLUSTERWIDE_NETWORK_POLICY
ADMIN, CLUSTER = DenyKind.ADMIN_NETWORK_POLICY, DenyKind.CLUSTER_NETWORK_POLICY
ON = ["k8sClusterNetworkPolicy.enabled"]


def test_only_these_plug_ins_are_known_to_have_one() -> None:
    assert {name for name, cni in CNIS.items() if deny_kinds(cni)} == {
        "antrea", "calico", "canal", "cilium", "ovn-kubernetes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "version", "switches", "kinds"),
    [
        ("calico", None, [], (GLOBAL,)),
        ("calico", "3.28.5", [], (GLOBAL,)),
        ("calico", "3.29", [], (ADMIN, GLOBAL)),
        ("calico", "v3.31.7", [], (ADMIN, GLOBAL)),
        ("calico", "3.32.0", [], (CLUSTER, GLOBAL)),
        ("canal", "3.32", [], (GLOBAL,)),
        ("cilium", None, ON, ()),
        ("cilium", "1.8", [], ()),
        ("cilium", "1.9", [], (CILIUM,)),
        ("cilium", "1.20.2", [], (CILIUM,)),
        ("cilium", "1.20.2", ON, (CILIUM, CLUSTER)),
        ("cilium", "1.19", ON, (CILIUM,)),
        ("antrea", "2.6", ["AdminNetworkPolicy"], ()),
        ("antrea", "2.7", [], (CLUSTER,)),
        ("ovn-kubernetes", None, [], (ADMIN,)),
        ("aws-vpc-cni", "1.21", ["enable-network-policy"], ()),
        ("flannel", "0.28", [], ()),
        ("kube-ovn", "1.14", [], ()),
    ],
)
def test_the_kinds_by_version_and_switch(
    name: str, version: str | None, switches: list[str], kinds: tuple[DenyKind, ...]
) -> None:
    assert usable_deny_kinds(CNIS[name], version, switches) == kinds


def test_what_isolates_the_pods_that_it_selects() -> None:
    assert isolates(GLOBAL, "3.32")
    assert isolates(CILIUM, "1.15.19")
    assert isolates(CILIUM, None)
    assert not isolates(CILIUM, "1.16")
    assert not isolates(ADMIN, None)
    assert not isolates(CLUSTER, None)


def test_what_has_a_form_that_network_policies_override() -> None:
    assert has_overridable_form(CNIS["ovn-kubernetes"], ADMIN, None, [])
    assert not has_overridable_form(CNIS["calico"], ADMIN, "3.30", [])  # whether it was enforced then is not said
    assert has_overridable_form(CNIS["calico"], CLUSTER, "3.32", [])
    assert not has_overridable_form(CNIS["calico"], GLOBAL, "3.32", [])
    assert not has_overridable_form(CNIS["cilium"], CILIUM, "1.20", ON)
