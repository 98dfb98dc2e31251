"""What the parts of a declared firewall must not be to each other, to the CNI and to the dialect."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from k8s_hardening.kube import component_ports
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.component_ports import CNI_PORTS, LOOPBACK_ONLY
from k8s_hardening.kube.networks import Network, parse_network
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.host_firewall import HostFirewallSpec
from k8s_hardening.model.parts import plain_map
from k8s_hardening.model.raw import Loc, Problem

_LISTS = ("nodes", "control_plane", "admins", "pods", "etcd", "load_balancers", "kubelet_clients")
# Names of both lists -> what it would mean if a network stood in both.
_APART = {
    ("pods", "nodes"): "pods and nodes would be one to the firewall",
    ("pods", "control_plane"): "pods would reach etcd and the kubelets as the control plane does",
    ("pods", "admins"): "every pod would be an administrator",
    ("pods", "etcd"): "pods would reach etcd as its members do",
}
_OWNERS = {"api_server_port": "the API server", "ssh_port": "SSH"}
_ROOT = "host_firewall"


def host_firewall_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems of the firewall of a baseline, in plain data of any shape."""
    raw = data.get(_ROOT)
    if raw is None:
        return
    try:
        spec = HostFirewallSpec.model_validate(raw)
    except ValidationError:
        return  # is reported field by field
    dialect = next((one for one in Dialect if one == data.get("dialect")), None)
    cni = plain_map(data.get("cni")).get("name")
    for loc, value, text in itertools.chain(
        _families(spec),
        _overlaps(spec),
        _places(spec, dialect),
        _ports(spec, dialect),
        _modes(spec, cni if isinstance(cni, str) and cni in CNIS else None),
        _names(spec),
    ):
        yield (_ROOT, *loc), value, text


def _networks(spec: HostFirewallSpec) -> Iterator[tuple[Loc, list[Network]]]:
    for name in _LISTS:
        yield (name,), [parse_network(text) for text in getattr(spec, name)]
    yield ("node_ports", "sources"), [parse_network(text) for text in spec.node_ports.sources]
    for index, opening in enumerate(spec.open):
        yield ("open", index, "sources"), [parse_network(text) for text in opening.sources]


def _families(spec: HostFirewallSpec) -> Iterator[Problem]:
    """A network of a family of addresses that no node has matches no packet; a forgotten one locks out."""
    used = {parse_network(text).version for text in (*spec.nodes, *spec.etcd)}
    for loc, networks in _networks(spec):
        for index, network in enumerate(networks):
            if network.version not in used:
                text = f"is IPv{network.version}, and no node has such an address; remove it, or name it in nodes"
                yield (*loc, index), str(network), f'{text}; for example "10.0.0.0/24"'
    if not used & {parse_network(text).version for text in spec.admins}:
        yield (
            ("admins",),
            list(spec.admins),
            'reaches no node, since none has an address of its kind; for example "10.9.0.0/24"',
        )


def _overlaps(spec: HostFirewallSpec) -> Iterator[Problem]:
    for loc, networks in _networks(spec):
        for (first, one), (second, other) in itertools.combinations(enumerate(networks), 2):
            if _meet(one, other):
                text = f"overlaps {loc[-1]}[{first}], {one}; remove the smaller one of both"
                yield (*loc, second), str(other), f'{text}, for example "{max(one, other, key=_length)}"'
    for (name, against), meaning in _APART.items():
        for index, network in enumerate(map(parse_network, getattr(spec, name))):
            for other in map(parse_network, getattr(spec, against)):
                if _meet(network, other):
                    text = f"overlaps {other} of {against}, so {meaning}; name networks that are apart"
                    yield (name, index), str(network), f'{text}; for example "10.244.0.0/16"'


def _meet(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _length(network: Network) -> int:
    return network.prefixlen


def _places(spec: HostFirewallSpec, dialect: Dialect | None) -> Iterator[Problem]:
    if dialect is Dialect.MANAGED:
        if spec.etcd:
            yield (
                ("etcd",),
                list(spec.etcd),
                "is the provider's with a managed control plane; remove it; for example []",
            )
        return
    nodes = [parse_network(text) for text in spec.nodes]
    for index, network in enumerate(map(parse_network, spec.control_plane)):
        if not any(_holds(one, network) for one in nodes):
            text = f"lies in none of nodes ({', '.join(map(str, nodes))}), so the others would not know it"
            yield ("control_plane", index), str(network), f'{text}; for example "{nodes[0]}"'
    for index, network in enumerate(map(parse_network, spec.etcd)):
        if any(_meet(network, one) for one in map(parse_network, spec.control_plane)):
            text = "overlaps control_plane: an etcd that runs there is not outside of it; leave etcd out"
            yield ("etcd", index), str(network), f'{text}; for example "10.0.1.0/29"'


def _holds(wide: Network, narrow: Network) -> bool:
    return wide.version == narrow.version and wide.overlaps(narrow) and wide.prefixlen <= narrow.prefixlen


def _ports(spec: HostFirewallSpec, dialect: Dialect | None) -> Iterator[Problem]:
    """Ports that two parts would listen on, and ranges of node ports that open one of the system's."""
    taken = {
        component_ports.ETCD_CLIENT: "etcd",
        component_ports.ETCD_PEER: "etcd",
        component_ports.KUBELET: "the kubelet",
        component_ports.KUBE_PROXY_HEALTH: "kube-proxy",
        **({component_ports.RKE2_SUPERVISOR: "RKE2"} if dialect is Dialect.RKE2 else {}),
        **LOOPBACK_ONLY,
    }
    for name, port, usual in (("api_server_port", spec.api_server_port, 6443), ("ssh_port", spec.ssh_port, 22)):
        if port in taken:
            yield (name,), port, f"is the port of {taken[port]}; for example {usual}"
        taken.setdefault(port, _OWNERS[name])
    first, last = map(int, spec.node_ports.ports.split("-"))
    if held := [f"{port} of {owner}" for port, owner in sorted(taken.items()) if first <= port <= last]:
        text = f'holds ports that a Service must not take: {", ".join(held)}; for example "30000-32767"'
        yield ("node_ports", "ports"), spec.node_ports.ports, text
    for index, opening in enumerate(spec.open):
        for position, name in enumerate(opening.ports):
            low, _, high = name.partition("/")[2].partition("-")
            if int(low) <= last and first <= int(high or low):
                text = f"is a node port ({spec.node_ports.ports}), which any Service could take"
                yield ("open", index, "ports", position), name, f'{text}; for example "TCP/9100"'


def _modes(spec: HostFirewallSpec, cni: str | None) -> Iterator[Problem]:
    if cni is None:
        return  # has a problem of its own
    known = CNI_PORTS.get(cni)
    if known is None:
        if spec.cni_modes:
            text = f"cannot be opened, since no source for the ports of {cni} was read; name them in open"
            yield ("cni_modes",), list(spec.cni_modes), f'{text}; for example {{name: "overlay", ports: ["UDP/6081"]}}'
        return
    names = ", ".join(f'"{name}"' for name in sorted(known.modes))
    if spec.cni_modes is None:
        text = f"is missing, and without it the nodes' pods may not reach each other; some of {names}"
        yield ("cni_modes",), None, f"{text}, or [] where routes alone carry them; for example [{names.split(', ')[0]}]"
        return
    for index, mode in enumerate(spec.cni_modes):
        if mode not in known.modes:
            yield ("cni_modes", index), mode, f"is nothing that {cni} does; for example {names}"
        elif mode in spec.cni_modes[:index]:
            yield ("cni_modes", index), mode, f"is named twice; for example [{names.split(', ')[0]}]"


def _names(spec: HostFirewallSpec) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, opening in enumerate(spec.open):
        if opening.name in seen:
            text = f'is already the name of open[{seen[opening.name]}]; for example "{opening.name[:50]}-{index}"'
            yield ("open", index, "name"), opening.name, text
        seen.setdefault(opening.name, index)
