"""Rules as one nftables table of our own, which takes nothing away from the tables of others.

A packet that any table drops is dropped, and one that ours accepts may still be dropped by another: kube-proxy's and
the network plug-in's tables decide as before about what we let through. Node ports are guarded before kube-proxy turns
their packets towards pods, after which they are forwarded and never come in.
Source: nft(8) of nftables 1.0.6 (priorities, fib expression); k8s.io/kubernetes v1.37.2 pkg/proxy/iptables/proxier.go
and pkg/proxy/nftables/proxier.go (node ports are turned in prerouting, at the priority dstnat).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from k8s_hardening.kube.component_ports import CNI_PORTS
from k8s_hardening.kube.networks import Network
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.host_firewall import HostFirewallSpec, NodeRole
from k8s_hardening.plans.host_firewall.rules import Rule, node_port_sources, rules_of

TABLE: Final = "k8s_hardening"
_TRANSPORTS = "{ tcp, udp, sctp }"
_ERRORS = "destination-unreachable, time-exceeded, parameter-problem, echo-request"
_ALWAYS = (
    'iifname "lo" accept comment "the node itself"',
    'ct state established,related accept comment "answers"',
    'ct state invalid drop comment "belongs to nothing"',
    f'icmp type {{ {_ERRORS} }} accept comment "errors, path MTU and ping"',
    f'icmpv6 type {{ {_ERRORS}, packet-too-big }} accept comment "errors, path MTU and ping"',
    # Neighbours are found by ICMPv6; what comes from farther away has passed a router, which lowers the hop limit
    # (RFC 4861, 6.1 and 7.1). Listeners of groups are asked by a link-local address with the limit 1 (RFC 2710, 3).
    (
        "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } "
        'ip6 hoplimit 255 accept comment "neighbours"'
    ),
    (
        "ip6 saddr fe80::/10 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, "
        'mld2-listener-report } accept comment "groups"'
    ),
    # Without its lease renewed, a node loses its address (RFC 2131, 4.1; RFC 8415, 7.2).
    'udp sport 67 udp dport 68 accept comment "DHCP"',
    'ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept comment "DHCPv6"',
)


def table_text(baseline: Baseline, role: NodeRole) -> str:
    """The file for the nodes of a role: loading it replaces the table as a whole, in one step of the kernel.

    Raises:
        ValueError: the baseline declares no firewall.
    """
    spec = baseline.host_firewall
    if spec is None:
        raise ValueError("the baseline declares no firewall")
    head = (
        "#!/usr/sbin/nft -f",
        f"# Firewall of the nodes of role {role} in {baseline.environment}; generated.",
        "# The first line makes the table where there is none, so that the second can always remove it.",
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
    )
    chains = [_chain("input", "type filter hook input priority filter; policy drop;", _input(baseline, role))]
    if role is not NodeRole.ETCD:
        hook = "type filter hook prerouting priority mangle; policy accept;"
        chains.append(_chain("node_ports", hook, _node_ports(spec)))
    return "\n".join([*head, "\n\n".join(chains), "}", ""])


def _chain(name: str, hook: str, rules: Iterable[str]) -> str:
    return "\n".join([f"\tchain {name} {{", *(f"\t\t{line}" for line in (hook, *rules)), "\t}"])


def _input(baseline: Baseline, role: NodeRole) -> Iterator[str]:
    yield from _ALWAYS
    facts = CNI_PORTS.get(baseline.cni.name)
    if facts is not None and facts.proxy_mark is not None and role is not NodeRole.ETCD:
        mask, value = facts.proxy_mark
        yield f'meta mark and {mask:#06x} == {value:#06x} accept comment "pods, by the proxy of {baseline.cni.name}"'
    for rule in rules_of(baseline, role):
        yield from _accepting(rule)
    yield 'limit rate 10/minute burst 5 packets log prefix "k8s_hardening drop: "'
    yield "counter drop"


def _accepting(rule: Rule) -> Iterator[str]:
    what = f"{rule.protocol} dport {rule.ports}" if rule.ports else f"meta l4proto {rule.protocol}"
    for family, sources in _by_family(rule.sources):
        where = f" {family} daddr {rule.destination.network_address}" if rule.destination is not None else ""
        yield f'{family} saddr {_set(sources)}{where} {what} accept comment "{rule.title}"'


def _node_ports(spec: HostFirewallSpec) -> Iterator[str]:
    """New connections to node ports of this node's own addresses; those of pods and of others pass untouched."""
    yield 'iifname "lo" accept'
    yield "ct state established,related accept"
    yield f"meta l4proto != {_TRANSPORTS} accept"
    yield "fib daddr type != local accept"
    yield f"th dport != {spec.node_ports.ports} accept"
    for family, sources in _by_family(node_port_sources(spec)):
        yield f"{family} saddr {_set(sources)} accept"
    yield "counter drop"


def _by_family(networks: Iterable[Network]) -> Iterator[tuple[str, list[Network]]]:
    every = list(networks)
    for version, family in ((4, "ip"), (6, "ip6")):
        if found := [one for one in every if one.version == version]:
            yield family, found


def _set(networks: Iterable[Network]) -> str:
    return f"{{ {', '.join(map(str, networks))} }}"
