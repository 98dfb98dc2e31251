"""Flows that lead nowhere, that somebody did not agree to, or that the cluster cannot express."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.names import SYSTEM_NAMESPACES, is_dns1123_label, suggest_dns1123_label
from k8s_hardening.kube.network_policies import is_port_name
from k8s_hardening.kube.networks import (
    METADATA_NETWORKS,
    NAME_LABEL,
    NAMESPACES_NAMED_SINCE,
    PORT_RANGES_SINCE,
    SCTP_SINCE,
    Network,
    metadata_within,
    parse_network,
)
from k8s_hardening.kube.pod_security import PREFIX
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.labels import TENANT_LABEL
from k8s_hardening.model.parts import Party, beside, ends_of, named_ends_in, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem

Flow = tuple[Loc, dict[str, Any]]
_RANGE = re.compile(r"([A-Z]+/[0-9]+)-[0-9]+")


@dataclass(frozen=True, slots=True)
class Known:
    """What flows may name."""

    version: KubeVersion | None
    named: Mapping[str, dict[str, Any]]
    """Named ends."""
    tenants: Mapping[str, set[str]]
    """Namespaces of each tenant."""
    labels: Sequence[str] = ()
    """Keys of labels of namespaces that only the platform can set, beside those that it always keeps."""
    owners: Mapping[str, Party] = field(default_factory=dict)
    """Who answers for each namespace that is closed."""
    others: frozenset[str] | None = None
    """Namespaces beside those; None where any may exist."""

    @classmethod
    def of_environment(cls, data: dict[str, Any], parties: Sequence[Party], owners: Mapping[str, Party]) -> Known:
        """What flows of an environment may name."""
        network = plain_map(data.get("network"))
        named = named_ends_in(network.get("ends"))
        others = {plain_text(end.get("namespace")) for end in named.values()}
        others |= {plain_text(plain_map(data.get("dns")).get("namespace")) or "kube-system"}
        return cls(
            version=supported(data.get("kubernetes")),
            named=named,
            tenants={
                party.name: {name for _, name in party.namespaces()}
                for party in parties
                if party.is_tenant and party.name
            },
            labels=[key for key in plain_list(network.get("namespace_labels")) if isinstance(key, str)],
            owners=owners,
            others=frozenset(others | SYSTEM_NAMESPACES) - {""},
        )

    @classmethod
    def of_component(cls, data: dict[str, Any], tenant: Party | None = None) -> Known:
        """What flows of a component that stands alone may name."""
        tenants = {
            name: {one for one in plain_list(found) if plain_text(one)}
            for name, found in plain_map(data.get("tenants")).items()
            if plain_text(name)
        }
        own = {tenant.name: {name for _, name in tenant.namespaces()}} if tenant and tenant.name else {}
        return cls(
            version=supported(data.get("kubernetes")),
            named=named_ends_in(data.get("ends")),
            tenants={**tenants, **own},
            labels=[key for key in plain_list(data.get("namespace_labels")) if isinstance(key, str)],
        )

    def meant(self, end: dict[str, Any]) -> dict[str, Any]:
        """The end itself, or what its name stands for."""
        return self.named.get(plain_text(end.get("end")), {}) if end.get("end") is not None else end

    def namespaces_of(self, end: dict[str, Any]) -> set[str]:
        """The namespaces that an end names one by one."""
        meant = self.meant(end)
        named = self.tenants.get(plain_text(meant.get("tenant")), set())
        return named | ({plain_text(meant.get("namespace"))} - {""})


def flow_problems(flows: Sequence[Flow], known: Known) -> Iterator[Problem]:
    """Problems of each flow by itself, whoever declares it."""
    for loc, flow in flows:
        yield from _ports(loc, flow, known)
        for key, end in ends_of(flow):
            yield from _end((*loc, key), end, known)


def named_end_problems(loc: Loc, known: Known) -> Iterator[Problem]:
    """Networks of named ends that hold what they must not, and their ports."""
    for name, end in known.named.items():
        for index, text in enumerate(plain_list(end.get("cidrs"))):
            yield from _metadata((*loc, name, "cidrs", index), text, end)
        yield from _port_list((*loc, name, "ports"), end.get("ports"), known.version, has_pods=not end.get("cidrs"))


def called_problems(systems: Sequence[Party], known: Known) -> Iterator[Problem]:
    """Ports at which the API server calls pods of system namespaces."""
    for loc, ports in _called(systems):
        yield from _port_list(loc, ports, known.version, has_pods=True)


def port_lists(flows: Sequence[Flow], systems: Sequence[Party], known: Known) -> Iterator[tuple[Loc, Any]]:
    """Every list of ports of an environment, with its place."""
    for loc, flow in flows:
        yield (*loc, "ports"), flow.get("ports")
    for name, end in known.named.items():
        yield ("network", "ends", name, "ports"), end.get("ports")
    yield from _called(systems)


def _called(systems: Sequence[Party]) -> Iterator[tuple[Loc, Any]]:
    for system in systems:
        for index, called in enumerate(plain_list(system.fields.get("called_by_api_server"))):
            yield (*system.loc, "called_by_api_server", index, "ports"), plain_map(called).get("ports")


def unique_flows(flows: Sequence[Flow]) -> Iterator[Problem]:
    """Names that two flows share."""
    seen: set[str] = set()
    for loc, flow in flows:
        name = plain_text(flow.get("name"))
        if name in seen:
            yield (*loc, "name"), name, f'is already the name of another flow; for example "{beside(name, 2)}"'
        elif name:
            seen.add(name)


def undotted_flows(flows: Sequence[Flow]) -> Iterator[Problem]:
    """Names with a dot, which stand for flows of others."""
    for loc, flow in flows:
        if "." in (name := plain_text(flow.get("name"))):
            yield (*loc, "name"), name, f'is not a DNS-1123 label; for example "{suggest_dns1123_label(name)}"'


def flows_elsewhere(
    flows: Sequence[Flow], own: set[str], what: str, known: Known, *, is_tenant: bool = True
) -> Iterator[Problem]:
    """Flows with no end where they are declared."""
    for loc, flow in flows:
        ends = ends_of(flow)
        # Whoever declares a flow says which of its own pods are meant; flows of others may lead everywhere.
        is_foreign = not is_tenant or "." in plain_text(flow.get("name"))
        is_here = any(known.namespaces_of(end) & own or (is_foreign and is_wide(end)) for _, end in ends)
        if own and len(ends) == 2 and not is_here:
            example = f"for example destination: {{namespace: {min(own)}}}"
            yield loc, flow.get("name"), f"has no end in {what}; {example}"


def is_wide(end: dict[str, Any]) -> bool:
    """Whether an end names no namespaces one by one."""
    return end.get("all_namespaces") is True or bool(plain_map(end.get("namespaces_labelled")))


def _end(loc: Loc, end: dict[str, Any], known: Known) -> Iterator[Problem]:
    yield from _unknown_names(loc, end, known)
    yield from _free_labels(loc, end, known)
    yield from _network(loc, end)


def _unknown_names(loc: Loc, end: dict[str, Any], known: Known) -> Iterator[Problem]:
    if (name := plain_text(end.get("end"))) and name not in known.named:
        near = _nearest(name, known.named)
        example = f'"{near}"' if near else 'network.ends: {monitoring: {namespace: "monitoring"}}'
        yield (*loc, "end"), name, f"is none of the named ends; for example {example}"
    if (name := plain_text(end.get("tenant"))) and name not in known.tenants:
        near = _nearest(name, known.tenants)
        yield (*loc, "tenant"), name, f'is no tenant that is known here; for example "{near or "payments"}"'
    name = plain_text(end.get("namespace"))
    if name and known.others is not None and name not in known.owners and name not in known.others:
        close = difflib.get_close_matches(name, sorted(filter(is_dns1123_label, known.owners)), n=1)
        example = f'"{close[0]}"' if close else f'network.ends: {{{_end_name(name)}: {{namespace: "{name}"}}}}'
        yield (
            (*loc, "namespace"),
            name,
            f"belongs to no tenant and is not declared as an end of the network; for example {example}",
        )


def _end_name(namespace: str) -> str:
    return suggest_dns1123_label(namespace).replace("-", "_").lstrip("0123456789_") or "monitoring"


def _nearest(name: str, names: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, sorted(names), n=1, cutoff=0)), "")


def _free_labels(loc: Loc, end: dict[str, Any], known: Known) -> Iterator[Problem]:
    if known.version is None:
        return
    for key, value in plain_map(end.get("namespaces_labelled")).items():
        if key == NAME_LABEL and known.version < NAMESPACES_NAMED_SINCE:
            yield (
                (*loc, "namespaces_labelled", key),
                value,
                f'is a label that Kubernetes {known.version} does not give; for example {{{TENANT_LABEL}: "payments"}}',
            )
        elif isinstance(key, str) and not _is_protected(key, known.labels):
            yield (
                (*loc, "namespaces_labelled", key),
                value,
                (
                    "is a label that whoever makes a namespace may give it, and so get in; use a label that only the "
                    f"platform sets, or name this one in network.namespace_labels; for example "
                    f'{{{TENANT_LABEL}: "payments"}}'
                ),
            )


def _is_protected(key: str, declared: Sequence[str]) -> bool:
    return key in (NAME_LABEL, TENANT_LABEL) or key in declared or key.startswith(f"{PREFIX}/")


def _parsed(text: Any) -> Network | None:
    try:
        return parse_network(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _network(loc: Loc, end: dict[str, Any]) -> Iterator[Problem]:
    yield from _metadata((*loc, "cidr"), end.get("cidr"), end)
    whole = _parsed(end.get("cidr"))
    seen: list[Network] = []
    for index, text in enumerate(plain_list(end.get("except_for"))):
        part = _parsed(text)
        if part is None or whole is None:
            continue
        inner = str(next(iter(whole.subnets(1)))) if whole.prefixlen < whole.max_prefixlen else "10.20.0.0/16"
        where: Loc = (*loc, "except_for", index)
        if part.version != whole.version:
            yield where, text, f'is IPv{part.version} and {whole} is IPv{whole.version}; for example "{inner}"'
        elif part.prefixlen <= whole.prefixlen or not part.overlaps(whole):
            yield where, text, f'is not a smaller part of {whole}; for example "{inner}"'
        elif (
            other := next((one for one in seen if one.version == part.version and one.overlaps(part)), None)
        ) is not None:
            yield (
                where,
                text,
                f'overlaps {other}, which is left out already; for example only "{max(part, other, key=_size)}"',
            )
        seen.append(part)


def _size(network: Network) -> int:
    return network.num_addresses


def _metadata(loc: Loc, text: Any, end: dict[str, Any]) -> Iterator[Problem]:
    network = _parsed(text)
    is_meant = end.get("node_credentials") is True
    held = metadata_within(network) if network is not None else None
    if is_meant and held is not None and network != held:
        # Else the address would come along without anybody having named it, nor answered for it.
        yield (
            loc,
            text,
            (
                "is more than where clouds serve the credentials of a node; name that address by itself with "
                f'node_credentials: true, and this network in another flow; for example "{held}"'
            ),
        )
    if network in METADATA_NETWORKS and not is_meant:
        yield (
            loc,
            text,
            (
                "is where clouds serve the credentials of a node; if a flow must reach them, "
                'say so with node_credentials: true; for example "10.20.0.0/16"'
            ),
        )


def _ports(loc: Loc, flow: dict[str, Any], known: Known) -> Iterator[Problem]:
    ports, all_ports = flow.get("ports"), flow.get("all_ports") is True
    to = plain_map(flow.get("destination"))
    meant = known.meant(to)
    if ports and all_ports:
        yield (*loc, "ports"), ports, 'names ports beside all_ports: true; for example only ["TCP/5432"]'
    # An end that is not known has a problem of its own, and might have had ports.
    is_known = to.get("end") is None or plain_text(to.get("end")) in known.named
    if ports in (None, []) and not all_ports and to and is_known and not plain_list(meant.get("ports")):
        yield (*loc, "ports"), ports, 'names no port; for example ["TCP/5432"]'
    has_pods = not meant.get("cidr") and not meant.get("cidrs")
    yield from _port_list((*loc, "ports"), ports, known.version, has_pods=has_pods)


def _port_list(loc: Loc, ports: Any, version: KubeVersion | None, *, has_pods: bool) -> Iterator[Problem]:
    for index, port in enumerate(plain_list(ports)):
        protocol, _, rest = plain_text(port).partition("/")
        if protocol == "SCTP" and version is not None and version < SCTP_SINCE:
            yield (
                (*loc, index),
                port,
                (
                    f"is SCTP, and Kubernetes {version} takes no policy for it; use Kubernetes {SCTP_SINCE}, or "
                    f'another protocol; for example "TCP/{rest}"'
                ),
            )
        if not has_pods and is_port_name(rest):
            yield (
                (*loc, index),
                port,
                f'is a port by its name, and only pods have names for ports; for example "{protocol}/443"',
            )
        if (first := _first_of_range(port)) and version is not None and version < PORT_RANGES_SINCE:
            yield (
                (*loc, index),
                port,
                (
                    f"is a range, and Kubernetes {version} opens only its first port; name each port, or use "
                    f'Kubernetes {PORT_RANGES_SINCE}; for example "{first}"'
                ),
            )


def _first_of_range(port: Any) -> str:
    match = _RANGE.fullmatch(plain_text(port))
    return match[1] if match else ""


def beyond_cni(lists: Iterable[tuple[Loc, Any]], cni: dict[str, Any]) -> Iterator[Problem]:
    """Ports that the network plug-in does not heed, in lists of ports with their places; what is unverified may be."""
    known = CNIS.get(plain_text(cni.get("name")))
    if known is None:
        return
    since = known.port_ranges_since
    reads_ranges = since is None or known.is_at_least(plain_text(cni.get("version")), since)
    sctp = known.sctp_ports
    switches = [one for one in plain_list(cni.get("switches")) if isinstance(one, str)]
    lacks_sctp = sctp.holds is False or (sctp.switch is not None and sctp.switch not in switches)
    for loc, ports in lists:
        for index, port in enumerate(plain_list(ports)):
            protocol, _, rest = plain_text(port).partition("/")
            if (first := _first_of_range(port)) and since is not None and not reads_ranges:
                yield (
                    (*loc, index),
                    port,
                    (
                        f"is a range, and {cni['name']} opens only its first port before {since[0]}.{since[1]}; name "
                        f'each port, or say cni.version; for example "{first}"'
                    ),
                )
            if protocol == "SCTP" and lacks_sctp:
                yield (*loc, index), port, _without_sctp(cni["name"], sctp.switch, rest)


def _without_sctp(name: str, switch: str | None, rest: str) -> str:
    if switch is None:
        return f'is SCTP, and {name} does not heed rules about it; use another protocol; for example "TCP/{rest}"'
    return (
        f"is SCTP, and {name} heeds rules about it only where that is switched on; do so and say "
        f'cni.switches: ["{switch}"], or use another protocol; for example "TCP/{rest}"'
    )


def namespaces_without_name(flows: Sequence[Flow], known: Known) -> Iterator[Problem]:
    """Namespaces that no policy can select, since neither the server nor we give them a label with their name."""
    if known.version is None or known.version >= NAMESPACES_NAMED_SINCE:
        return
    for loc, flow in flows:
        for key, end in ends_of(flow):
            name = plain_text(known.meant(end).get("namespace"))
            owner = known.owners.get(name)
            is_foreign = name in (known.others or ()) if owner is None else not owner.is_tenant
            if name and is_foreign:
                yield (
                    (*loc, key, "namespace" if end.get("end") is None else "end"),
                    end.get("namespace", end.get("end")),
                    (
                        f"belongs to no tenant, and Kubernetes {known.version} does not label it with its name, so no "
                        'policy can select it; for example {cidr: "10.20.0.0/16"}'
                    ),
                )
