"""Who may reach which port of a node, by its role: the meaning of a declared firewall, in no firewall's words.

etcd, the controllers and the scheduler of a hardened control plane serve their metrics on the loopback interface
(kube/component_ports.py), so no rule opens those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from k8s_hardening.kube import component_ports as known
from k8s_hardening.kube.network_sets import without
from k8s_hardening.kube.networks import Network, parse_network
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.host_firewall import HostFirewallSpec, NodeRole

_TRANSPORTS = ("tcp", "udp", "sctp")


@dataclass(frozen=True, slots=True)
class Rule:
    """Some networks may reach something on a node."""

    title: str
    protocol: str
    """tcp, udp or sctp, or the number of an IP protocol without ports."""
    ports: str
    """A port, or the first and the last of a range with a dash between; empty where the protocol has none."""
    sources: tuple[Network, ...]
    """Each once, sorted, none within another; never empty."""
    destination: Network | None = None
    """Only this address of the node; None for each."""


def roles_of(baseline: Baseline) -> tuple[NodeRole, ...]:
    """The roles for which an environment has nodes of its own."""
    spec = _spec(baseline)
    if baseline.dialect is Dialect.MANAGED:
        return (NodeRole.WORKER,)
    return (NodeRole.CONTROL_PLANE, NodeRole.WORKER, *((NodeRole.ETCD,) if spec.etcd else ()))


def rules_of(baseline: Baseline, role: NodeRole) -> tuple[Rule, ...]:
    """Every rule for the nodes of a role, in a fixed order."""
    made = [*_way_in(baseline), *_of_role(baseline, role), *_declared(_spec(baseline), role)]
    return tuple(one for one in made if one.sources)


def node_port_sources(spec: HostFirewallSpec) -> tuple[Network, ...]:
    """Networks that may reach node ports."""
    return networks(spec.node_ports.sources, spec.load_balancers)


def networks(*lists: Iterable[str]) -> tuple[Network, ...]:
    """Networks of several lists as one: each once, sorted, none within another."""
    return without([parse_network(text) for texts in lists for text in texts], ())


def _spec(baseline: Baseline) -> HostFirewallSpec:
    if baseline.host_firewall is None:
        raise ValueError("the baseline declares no firewall")
    return baseline.host_firewall


def _way_in(baseline: Baseline) -> Iterator[Rule]:
    """How people reach the node itself; the first rule, since without it nobody gets in again."""
    spec = _spec(baseline)
    if baseline.dialect is Dialect.TALOS:
        peers = networks(spec.admins, spec.nodes)
        yield Rule("Talos API", "tcp", str(known.TALOS_API), peers)
    else:
        yield Rule("SSH", "tcp", str(spec.ssh_port), networks(spec.admins))


def _of_role(baseline: Baseline, role: NodeRole) -> Iterator[Rule]:
    spec = _spec(baseline)
    if role is NodeRole.ETCD:
        yield from _etcd(networks(spec.control_plane, spec.etcd), networks(spec.etcd))
        return
    if role is NodeRole.CONTROL_PLANE:
        clients = networks(spec.admins, spec.nodes, spec.pods, spec.load_balancers)
        yield Rule("API server", "tcp", str(spec.api_server_port), clients)
        if baseline.dialect is Dialect.RKE2:
            yield Rule("RKE2 supervisor", "tcp", str(known.RKE2_SUPERVISOR), networks(spec.nodes, spec.load_balancers))
        if baseline.dialect is Dialect.TALOS:
            yield Rule("Talos trustd", "tcp", str(known.TALOS_TRUST), networks(spec.nodes))
        if not spec.etcd:
            members = networks(spec.control_plane)
            yield from _etcd(members, members)
    yield Rule("kubelet", "tcp", str(known.KUBELET), networks(spec.control_plane, spec.kubelet_clients))
    yield Rule("kube-proxy health", "tcp", str(known.KUBE_PROXY_HEALTH), networks(spec.load_balancers))
    for protocol in _TRANSPORTS:
        yield Rule("node ports", protocol, spec.node_ports.ports, node_port_sources(spec))
    yield from _cni(baseline)
    if baseline.dns.node_local_cidr is not None:
        for protocol in ("udp", "tcp"):
            address = parse_network(baseline.dns.node_local_cidr)
            pods = tuple(one for one in networks(spec.pods) if one.version == address.version)
            yield Rule("NodeLocal DNSCache", protocol, "53", pods, address)


def _etcd(clients: tuple[Network, ...], peers: tuple[Network, ...]) -> Iterator[Rule]:
    yield Rule("etcd clients", "tcp", str(known.ETCD_CLIENT), clients)
    yield Rule("etcd peers", "tcp", str(known.ETCD_PEER), peers)


def _cni(baseline: Baseline) -> Iterator[Rule]:
    spec = _spec(baseline)
    facts = known.CNI_PORTS.get(baseline.cni.name)
    if facts is None:
        return
    for mode in sorted(spec.cni_modes or ()):
        carrier = facts.modes[mode]
        for port in map(str, carrier.ports) if carrier.ports else ("",):
            yield Rule(f"{baseline.cni.name} {mode}", carrier.protocol, port, networks(spec.nodes))


def _declared(spec: HostFirewallSpec, role: NodeRole) -> Iterator[Rule]:
    for opening in spec.open:
        if not opening.roles or role in opening.roles:
            for text in opening.ports:
                protocol, _, ports = text.partition("/")
                yield Rule(opening.name, protocol.lower(), ports, networks(opening.sources))
