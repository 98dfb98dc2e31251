"""Networks as NetworkPolicies name them, and since when the API server reads which part of a policy."""

from __future__ import annotations

import ipaddress

from k8s_hardening.kube.version import KubeVersion

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME_LABEL = "kubernetes.io/metadata.name"
"""Label of a namespace with its own name, which nobody can change."""
# The server gives each namespace that label: k8s.io/kubernetes v1.21.14, pkg/features.
NAMESPACES_NAMED_SINCE = KubeVersion(1, 21)
# Before, the field endPort is dropped and a range covers its first port only: v1.22.17, pkg/features.
PORT_RANGES_SINCE = KubeVersion(1, 22)
# Before, the server refuses policies for SCTP: v1.18.20, pkg/features and pkg/apis/networking/validation.
SCTP_SINCE = KubeVersion(1, 19)
# From then on it refuses networks in any but their plain form in new objects (StrictIPCIDRValidation): v1.37.2,
# pkg/features/kube_features.go.
STRICT_CIDRS_SINCE = KubeVersion(1, 36)

BLIND_TO_NODES = {
    "azure-cni-cilium": "an ipBlock cannot select node addresses (AKS documentation)",
    "cilium": "an ipBlock selects no node by default (cilium v1.20.2 Documentation/security/policy/layer3.rst)",
    "gke-dataplane-v2": "it is built on Cilium, whose ipBlocks select no node by default",
}
"""Network plug-ins for which the address of a node is no address of an ipBlock, with the reason."""
NODES_SELECTABLE = "cilium"
"""The one of them that can be told otherwise, by policyCIDRMatchMode: nodes."""

METADATA_NETWORKS: tuple[Network, ...] = (
    ipaddress.IPv4Network("169.254.169.254/32"),
    ipaddress.IPv6Network("fd00:ec2::254/128"),
)
"""Where clouds serve the credentials of a node. IPv6: AWS documentation, Retrieve instance metadata."""


def parse_network(text: str) -> Network:
    """A network in the one form that every Kubernetes version takes.

    Raises:
        ValueError: host bits, a netmask in place of a length, no length, leading zeros, capital letters, a scope, or
            an IPv4 address dressed as IPv6 (k8s.io/apimachinery v0.37.2 pkg/util/validation/ip.go refuses the
            ambiguous ones of these from Kubernetes 1.36).
    """
    network = ipaddress.ip_network(text, strict=True)
    mapped = network.version == 6 and network.network_address.ipv4_mapped is not None
    if str(network) != text or mapped or "%" in text:
        raise ValueError(f"{text!r} is not a network in its plain form")
    return network


def metadata_within(network: Network) -> Network | None:
    """The metadata address that a network holds, or None."""
    return next(
        (one for one in METADATA_NETWORKS if one.version == network.version and one.overlaps(network)),
        None,
    )
