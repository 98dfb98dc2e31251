"""Which cluster-wide kind of a plug-in can deny egress to networks, so that no NetworkPolicy can allow it again.

Sources: kube/cnis.py names those of each kind. What they do to pods that no other policy selects:
- GlobalNetworkPolicy, in the default tier: a pod that any policy of a tier selects is dropped at the end of the tier
  where no rule decided (calico 3.28.5 felix/rules/endpoints.go, "if no policies passed packet"), so it isolates; a rule
  Allow or Pass at its end would go past the NetworkPolicies, which lie in the same tier;
- CiliumClusterwideNetworkPolicy: the same (cilium 1.20.2 Documentation/security/policy/deny.rst), unless
  enableDefaultDeny is off, a field from 1.16 (cilium PR 30572, issue 35558);
- AdminNetworkPolicy and ClusterNetworkPolicy in the tier Admin: what no rule decides goes on to the NetworkPolicies
  (sigs.k8s.io/network-policy-api v0.2.0 apis/v1alpha2/clusternetworkpolicy_types.go).
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from k8s_hardening.kube.cni_facts import Cni, PolicyKind, Version, is_at_least
from k8s_hardening.kube.cnis import ADMIN, BASELINE_ADMIN, CLUSTER, CLUSTERWIDE, GLOBAL

DEFAULT_DENY_IS_OPTIONAL_SINCE: Version = (1, 16)
"""Cilium: first version with enableDefaultDeny."""


class DenyKind(StrEnum):
    """Kinds in which a denial for the whole cluster can be written."""

    GLOBAL_NETWORK_POLICY = GLOBAL
    CILIUM_CLUSTERWIDE_NETWORK_POLICY = CLUSTERWIDE
    ADMIN_NETWORK_POLICY = ADMIN
    CLUSTER_NETWORK_POLICY = CLUSTER


def deny_kinds(cni: Cni) -> tuple[tuple[DenyKind, PolicyKind], ...]:
    """The kinds of a plug-in that are verified to deny networks, in any version, the one to prefer first."""
    return tuple(
        (DenyKind(one.kind), one)
        for one in cni.policies
        if one.denies_networks and one.kind in tuple(map(str, DenyKind))
    )


def usable_deny_kinds(cni: Cni, version: str | None, switches: Collection[str]) -> tuple[DenyKind, ...]:
    """Those of them that a declared version with declared switches has."""
    return tuple(kind for kind, facts in deny_kinds(cni) if facts.is_given(version, switches))


def has_overridable_form(cni: Cni, kind: DenyKind, version: str | None, switches: Collection[str]) -> bool:
    """Whether what NetworkPolicies may override can be written beside a kind."""
    if kind is DenyKind.CLUSTER_NETWORK_POLICY:
        return True
    return kind is DenyKind.ADMIN_NETWORK_POLICY and any(
        one.kind == BASELINE_ADMIN and one.denies_networks and one.is_given(version, switches) for one in cni.policies
    )


def isolates(kind: DenyKind, version: str | None) -> bool:
    """Whether a policy of a kind also denies, to the pods that it selects, all that no other policy allows them."""
    if kind is DenyKind.CILIUM_CLUSTERWIDE_NETWORK_POLICY:
        return not is_at_least(version or "", DEFAULT_DENY_IS_OPTIONAL_SINCE)
    return kind is DenyKind.GLOBAL_NETWORK_POLICY
