"""The resources by which policies of network plug-ins open what a deny-all or a denial of the whole cluster closes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from k8s_hardening.controls.cni_policy_open import POLICIES

# Sets of addresses that policies name, the order in which they are asked, and the denials that come last.
# docs.tigera.io reference/resources (globalnetworkset, tier), network-policy/policy-tiers/rbac-tiered-policies (rights
# for the policies of a tier have names of their own); antrea.io docs/antrea-network-policy (Tier, ClusterGroup, Group);
# docs.cilium.io network/kubernetes/ciliumcidrgroup; sigs.k8s.io/network-policy-api v0.1.7 apis/v1alpha1.
_CALICO = ("globalnetworksets", "networksets", "tiers")
_BESIDE: dict[str, tuple[str, ...]] = {
    "cilium.io": ("ciliumcidrgroups",),
    "crd.antrea.io": ("clustergroups", "groups", "tiers"),
    "crd.projectcalico.org": _CALICO,
    "policy.networking.k8s.io": ("baselineadminnetworkpolicies",),
    "projectcalico.org": (*_CALICO, "tier.globalnetworkpolicies", "tier.networkpolicies"),
}


def _resources() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for group, kinds in POLICIES.items():
        policies = (f"{kind.lower().removesuffix('y')}ies" for kind in kinds)
        for resource in (*policies, *_BESIDE[group]):
            found[resource] += (group,)
    return dict(sorted(found.items()))


OPENING = _resources()
"""Resource, as rules name it -> the API groups that have it."""
