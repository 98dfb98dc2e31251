"""No other policy may undo what is denied for the whole cluster.

Asked only where the environment declares such a denial (cluster_deny). Restricted: egress rules that allow (Allow,
Accept, Pass; in Calico all that neither deny nor log, in any case of letters) networks
which the denial holds, in policies that the network plug-in reads before it:
- Calico: an order that is not above the denial's, or a tier of its own;
- AdminNetworkPolicy, ClusterNetworkPolicy in the tier Admin: a priority that is not above the denial's, and any
  where the denial is of a kind of Calico's or Cilium's own, which come after them;
- Antrea's own kinds in any tier but baseline, which come before those of the Kubernetes project.
Cilium's own kinds are not asked: there a denial wins over every allowance. Rules that admit everybody belong to
cni-policy-open.
Sources: calico 3.28.5 libcalico-go/config/crd (order); network-policy-api v0.2.0 apis/v1alpha2 (priority, tiers);
antrea docs/admin-network-policy.md; cilium 1.20.2 Documentation: security/policy/deny.rst, kubernetes/policy.rst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.calico_peers import is_allowing as is_calico_allowing
from k8s_hardening.kube.cnis import ADMIN, CLUSTER, CLUSTERWIDE, GLOBAL
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, as_str, kind_of
from k8s_hardening.kube.network_policies import network_of, network_or_address_of
from k8s_hardening.kube.network_sets import without
from k8s_hardening.kube.networks import Network
from k8s_hardening.model.knowledge import DenialFacts, Knowledge

_FIX = "let it come after the denial, or take the network out of its rules"

Place = Callable[[Mapping[str, Any], DenialFacts], str | None]
"""The field of a policy that lets it decide before the denial; None when it comes later."""
Peers = Callable[[dict[str, Any]], Iterator[tuple[Any, Any]]]
"""Networks that a rule allows, each with what it leaves out."""


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The order of a policy that allows a denied network."""
    denial = knowledge.cluster_deny
    judged = _KINDS.get((api_group_of(manifest), kind_of(manifest)))
    if denial is None or judged is None:
        return
    place, peers = judged
    allows = is_calico_allowing if place is _calico else _is_allowing
    spec = as_map(manifest.get("spec"))
    field = place(spec, denial)
    if field is None:
        return
    denied = [network for text in denial.networks if (network := network_of(text)) is not None]
    for rule in as_list(spec.get("egress")):
        if allows(as_map(rule)):
            for network, left_out in peers(as_map(rule)):
                if network is UNKNOWN:
                    yield finding(f"spec.{field}", UNKNOWN, "give the networks of its rules as plain values")
                    return
                if (hit := _denied_in(as_str(network), as_list(left_out), denied)) is not None:
                    found = f"early enough to allow {hit}, which is denied for the whole cluster"
                    yield Finding(f"spec.{field}", found, _FIX)
                    return


def _is_allowing(rule: Mapping[str, Any]) -> bool:
    return rule.get("action") in ("Allow", "Accept", "Pass", UNKNOWN)


def _denied_in(text: str, left_out: list[Any], denied: list[Network]) -> Network | None:
    allowed = network_or_address_of(text)
    if allowed is None:
        return None
    exceptions = [one for item in left_out if (one := network_or_address_of(as_str(item))) is not None]
    rest = without([allowed], exceptions)
    return next(
        (one for one in denied if any(part.version == one.version and part.overlaps(one) for part in rest)), None
    )


def _calico(spec: Mapping[str, Any], denial: DenialFacts) -> str | None:
    if spec.get("tier") not in (None, "", "default"):
        return "tier"
    return "order" if denial.kind == GLOBAL and _precedes(spec.get("order"), denial) else None


def _admin(spec: Mapping[str, Any], denial: DenialFacts) -> str | None:
    if denial.kind in (CLUSTERWIDE, GLOBAL):
        return "priority"
    return "priority" if denial.kind in (ADMIN, CLUSTER) and _precedes(spec.get("priority"), denial) else None


def _admin_tier(spec: Mapping[str, Any], denial: DenialFacts) -> str | None:
    return None if spec.get("tier") == "Baseline" else _admin(spec, denial)


def _antrea(spec: Mapping[str, Any], denial: DenialFacts) -> str | None:
    return None if as_str(spec.get("tier")).lower() == "baseline" else "tier"


def _precedes(order: Any, denial: DenialFacts) -> bool:
    if order is UNKNOWN:
        return True
    return isinstance(order, int | float) and not isinstance(order, bool) and order <= denial.priority


def _calico_peers(rule: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    destination = as_map(rule.get("destination"))
    for network in as_list(destination.get("nets")):
        yield network, destination.get("notNets")


def _api_peers(rule: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for peer in as_list(rule.get("to")):
        for network in as_list(as_map(peer).get("networks")):
            yield network, None


def _antrea_peers(rule: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for peer in as_list(rule.get("to")):
        block = as_map(as_map(peer).get("ipBlock"))
        if "cidr" in block:
            yield block.get("cidr"), block.get("except")


_KINDS: dict[tuple[str, str], tuple[Place, Peers]] = {
    ("crd.antrea.io", "ClusterNetworkPolicy"): (_antrea, _antrea_peers),
    ("crd.antrea.io", "NetworkPolicy"): (_antrea, _antrea_peers),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): (_calico, _calico_peers),
    ("crd.projectcalico.org", "NetworkPolicy"): (_calico, _calico_peers),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): (_admin, _api_peers),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): (_admin_tier, _api_peers),
    ("projectcalico.org", "GlobalNetworkPolicy"): (_calico, _calico_peers),
    ("projectcalico.org", "NetworkPolicy"): (_calico, _calico_peers),
}

CONTROL = Control(
    id="cluster-deny-kept",
    requirement="No policy may undo what is denied for the whole cluster.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check=check,
)
