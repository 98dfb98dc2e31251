"""When a peer of a network policy is everybody, for the controls of the several kinds of policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_str
from k8s_hardening.kube.network_policies import network_of, network_or_address_of
from k8s_hardening.kube.networks import Network, metadata_within

STRANGER = {"kubernetes.io/metadata.name": "-"}
"""The labels of a namespace that nobody has named in a policy: the server gives each its own name as a label."""
NAME_THEM = "name whom it admits; it goes past the deny-all of the namespaces that the policy selects"
"""What is to be done with a rule of a network plug-in that admits everybody."""

# Prefix lengths by IP version. No owner's network is wider, so anything wider holds strangers; two halves of
# everything are everything.
_WIDEST_CLIENT = {4: 8, 6: 7}
# An except smaller than this leaves out no cluster.
_SMALLEST_CLUSTER = {4: 24, 6: 112}
# Below example.com names are one owner's; below com, or as an end of a label, anybody registers one.
_OWN_LABELS = 2


def open_selector(peer: Mapping[str, Any], *, is_lone: bool, is_global: bool) -> str | None:
    """The selector of a peer by which any pod of any namespace is meant, or may be once its values are known.

    `is_lone`: a selector of namespaces may stand without one of pods; `is_global`: one of pods alone is about all
    namespaces.
    """
    namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    is_any_pod = selects(pods, {}) or (is_lone and pods is None)
    if namespaces is not None and is_any_pod and selects(namespaces, STRANGER):
        return "namespaceSelector"
    is_everywhere = is_global and namespaces is None and peer.get("namespaces") is None
    return "podSelector" if is_everywhere and selects(pods, {}) else None


def wide_network(path: str, cidr: Any, exceptions: Any, is_ingress: bool) -> Iterator[Finding]:
    """The network, when it holds strangers, or for egress the address where clouds serve credentials."""
    if cidr is UNKNOWN:
        yield finding(path, cidr, "give the network as a plain value")
        return
    network = network_of(as_str(cidr))
    if network is None:
        return
    left_out = [network_of(as_str(item)) for item in as_list(exceptions)]
    if is_ingress:
        is_narrowed = any(item is not None and item.prefixlen <= _SMALLEST_CLUSTER[item.version] for item in left_out)
        if network.prefixlen < _WIDEST_CLIENT[network.version] and not is_narrowed:
            yield finding(path, cidr, "name the clients' networks, or take the cluster's own out with except")
        return
    address = metadata_within(network)
    if address is not None and not any(_holds(item, address) for item in left_out):
        fix = "remove it" if address == network else f"add {address} to except"
        yield finding(path, cidr, f"{fix}: there clouds serve the node's credentials")


def _holds(network: Network | None, address: Network) -> bool:
    return network is not None and metadata_within(network) == address


def wide_peer(path: str, text: Any, exceptions: Any, is_ingress: bool) -> Iterator[Finding]:
    """The same for plug-ins, which read a lone address as well, and may leave out of a rule what they cannot read."""
    network = network_or_address_of(as_str(text))
    if text is UNKNOWN or network is None:
        yield finding(path, text, "write it as a network, as in 10.20.0.0/16")
    else:
        yield from wide_network(path, str(network), exceptions, is_ingress)


def wide_domain(path: str, pattern: Any) -> Iterator[Finding]:
    """The pattern of names, when anybody can register one that it meets, and let it lead anywhere."""
    labels = as_str(pattern).strip().rstrip(".").split(".")[-_OWN_LABELS:]
    if pattern is UNKNOWN or "*" in "".join(labels):
        yield finding(path, pattern, 'name domains, or names below a domain of two labels, as in "*.example.com"')
