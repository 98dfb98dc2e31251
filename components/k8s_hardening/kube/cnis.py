"""What the network plug-ins make of NetworkPolicies.

A NetworkPolicy on a cluster whose CNI does not enforce it is accepted and does nothing. Evidence is named per entry:
the project's documentation or the issue in which its maintainers said so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cni:
    """One network plug-in."""

    enforces: bool
    """Whether NetworkPolicies take effect, for ingress and egress."""
    evidence: str
    first_version: tuple[int, int] | None = None
    """First version that enforces; None when all living ones do."""
    note: str = ""
    """What a user must know or switch on."""
    port_ranges_since: tuple[int, int] | None = None
    """First version that reads endPort; older ones open the first port of a range only. None: no evidence of any."""

    @staticmethod
    def is_at_least(version: str, first: tuple[int, int]) -> bool:
        """Whether a version (`3.32`, `v1.16.2`) is not older than another; a text that is no version is older."""
        parts = version.removeprefix("v").split(".")
        return len(parts) > 1 and all(map(str.isdecimal, parts)) and tuple(map(int, parts[:2])) >= first


CNIS: dict[str, Cni] = {
    "antrea": Cni(True, "Antrea documentation"),
    "aws-vpc-cni": Cni(
        True,
        "AWS documentation; aws-network-policy-agent issues 271, 83",
        first_version=(1, 14),
        note="policies are opt-in, and new pods may talk until they land unless NETWORK_POLICY_ENFORCING_MODE=strict",
    ),
    "azure-cni-cilium": Cni(True, "AKS documentation", note="an ipBlock cannot select node or pod addresses"),
    "azure-npm": Cni(True, "AKS documentation", note="support ends 2028-09-30 on Linux"),
    "calico": Cni(True, "Calico documentation"),
    "canal": Cni(True, "RKE2 documentation"),
    "cilium": Cni(True, "Cilium documentation; issue 28684", port_ranges_since=(1, 16)),
    "contiv": Cni(False, "project ended"),
    "flannel": Cni(False, "flannel issue 2183"),
    "gke-dataplane-v2": Cni(True, "GKE documentation"),
    "k3s": Cni(True, "k3s documentation", note="off with disable-network-policy: true"),
    "kindnet": Cni(True, "kind release notes v0.24.0", first_version=(0, 24)),
    "kube-ovn": Cni(True, "Kube-OVN documentation"),
    "kube-router": Cni(True, "kube-router documentation"),
    "ovn-kubernetes": Cni(True, "OVN-Kubernetes documentation"),
    "romana": Cni(False, "project ended"),
    "weave": Cni(True, "Weave documentation", note="archived in 2024; plan its replacement"),
}
