"""What no pod of the cluster may reach, whatever the NetworkPolicies of its namespace allow."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from k8s_hardening.kube.cluster_denial import (
    DenyKind,
    deny_kinds,
    has_overridable_form,
    isolates,
    usable_deny_kinds,
)
from k8s_hardening.kube.cni_facts import PolicyKind, version_text
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.manifest import as_list, as_map, as_str
from k8s_hardening.kube.network_sets import without
from k8s_hardening.kube.networks import METADATA_NETWORKS, NAMESPACES_NAMED_SINCE, Network, parse_network
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import Name, Reason, not_empty, wrong
from k8s_hardening.model.cni import CniSpec
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.ends import DnsSpec
from k8s_hardening.model.raw import Problem

# Wider ones hold the networks of most clusters, and with them what pods cannot do without.
_WIDEST = {4: 8, 6: 16}
_LINK_LOCAL = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
# 25 networks of a peer, 25 peers of a rule: sigs.k8s.io/network-policy-api v0.2.0 config/crd, the narrowest.
MOST_NETWORKS = 25 * 25
_METADATA = str(METADATA_NETWORKS[0])


def _network(text: str) -> Network:
    try:
        return parse_network(text)
    except ValueError as error:
        raise wrong("is not a network in its plain CIDR form", f'"{_METADATA}"') from error


def _denied(text: str) -> str:
    network = _network(text)
    if network.prefixlen < _WIDEST[network.version]:
        raise wrong(
            f"is wider than /{_WIDEST[network.version]} and would cut pods from each other and from DNS",
            '"10.20.0.0/16"',
        )
    return text


def _kept(text: str) -> str:
    _network(text)
    return text


class CalicoApi(StrEnum):
    """Where Calico's own kinds are written to."""

    SERVED = "projectcalico.org/v3"
    """Calico's API server, or from 3.32 its native definitions; both check what they are given."""
    STORED = "crd.projectcalico.org/v1"
    """The objects that it stores, for clusters without either; nothing checks them."""


class ClusterDenySpec(Model):
    """What no pod of the cluster may reach; tenants cannot allow it again."""

    networks: Annotated[tuple[Annotated[str, AfterValidator(_denied)], ...], not_empty(f'["{_METADATA}"]')] = Field(
        examples=[[_METADATA, "10.10.0.0/24"]]
    )
    """Networks that no pod may reach: where clouds serve credentials, nodes, management networks."""
    keep: tuple[Annotated[str, AfterValidator(_kept)], ...] = Field(
        default=(), examples=[["10.10.0.10/32", "10.96.0.0/12", "10.244.0.0/16"]]
    )
    """Networks that stay as they are although others hold them: the API server, Services, pods; NodeLocal DNS does."""
    by_default: tuple[Annotated[str, AfterValidator(_denied)], ...] = Field(default=(), examples=[["10.30.0.0/16"]])
    """Networks that only pods reach whose namespace has NetworkPolicies for them; those decide."""
    except_namespaces: dict[Name, Reason] = Field(
        default={}, examples=[{"cloud-controllers": "They read the instance's own metadata."}]
    )
    """Weaker: namespaces whose pods may reach the networks, each with the reason."""
    kind: DenyKind | None = Field(default=None, examples=[DenyKind.CLUSTER_NETWORK_POLICY.value])
    """Kind to write, where the CNI has several; left out, the one that docs/cnis.md names first for its version."""
    priority: Annotated[Count, between(0, 1000)] = 10
    """Priority among policies of its kind (in Calico the order); the lowest decides first."""
    calico_api: CalicoApi = CalicoApi.SERVED
    """API in which Calico's own kind is written."""


class ClusterDenyInputs(ClusterDenySpec, Whole):
    """Inputs of the component `ClusterDeny`: what is denied, and what it must know of its cluster."""

    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    cni: CniSpec = Field(examples=[{"name": "calico", "version": "3.32"}])
    """The network plug-in that enforces it."""
    dns: DnsSpec = DnsSpec()
    """Where pods resolve names; its NodeLocal address stays reachable."""
    closed_namespaces: tuple[Name, ...] = Field(default=(), examples=[["payments-api"]])
    """Namespaces with a deny-all for egress; a kind that isolates what it selects reaches no others."""
    environment: Name | None = Field(default=None, examples=["prod"])
    """Stands in the names of the policies, so that those of several stacks of one cluster stay apart."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """What the CNI or the versions cannot do, and networks of which nothing is left."""
        own = {name: value for name, value in data.items() if name in ClusterDenySpec.model_fields}
        yield from _problems(own, data, [as_str(one) for one in as_list(data.get("closed_namespaces"))])

    def chosen_kind(self) -> DenyKind:
        """The kind to write.

        Raises:
            ValueError: the CNI has none; the inputs were not checked then.
        """
        if self.kind is not None:
            return self.kind
        usable = usable_deny_kinds(self.cni.facts, self.cni.version, self.cni.switches)
        if not usable:
            raise ValueError(f"{self.cni.name} has no kind for a denial for the whole cluster")
        return usable[0]

    def left(self, networks: Sequence[str]) -> tuple[Network, ...]:
        """What is denied of some of its networks: all but what stays reachable."""
        kept = (*self.keep, *filter(None, (self.dns.node_local_cidr,)))
        return without(map(parse_network, networks), map(parse_network, kept))

    def isolates(self) -> bool:
        """Whether the kind also denies everything else that no policy allows, so that it must not select all pods."""
        return isolates(self.chosen_kind(), self.cni.version)

    def reached_namespaces(self) -> tuple[str, ...]:
        """Of a kind that isolates: the namespaces that it selects."""
        return tuple(sorted(set(self.closed_namespaces) - set(self.except_namespaces)))


def cluster_deny_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of a baseline's part `cluster_deny` with the rest, in plain data of any shape."""
    raw = data.get("cluster_deny")
    if isinstance(raw, dict):
        names = [
            as_str(as_map(namespace).get("name"))
            for tenant in as_list(data.get("tenants"))
            for namespace in as_list(as_map(tenant).get("namespaces"))
        ]
        for loc, value, text in _problems(raw, data, names):
            yield ("cluster_deny", *loc), value, text


@dataclass(frozen=True, slots=True)
class _World:
    """What a denial must know, read from plain data."""

    spec: ClusterDenySpec
    cni: CniSpec
    version: KubeVersion | None
    closed: frozenset[str]

    @property
    def usable(self) -> tuple[DenyKind, ...]:
        return usable_deny_kinds(self.cni.facts, self.cni.version, self.cni.switches)


def _problems(raw: Mapping[str, Any], data: Mapping[str, Any], closed: Iterable[str]) -> Iterator[Problem]:
    try:
        spec = ClusterDenySpec.model_validate(raw)
    except ValueError:
        return  # is reported field by field
    yield from _network_problems(spec, _declared(data))
    try:
        cni = CniSpec.model_validate(data.get("cni"))
    except ValueError:
        return
    world = _World(spec, cni, supported(data.get("kubernetes")), frozenset(filter(None, closed)))
    kind = spec.kind or next(iter(world.usable), None)
    if kind is None or kind not in world.usable:
        yield ("kind",), spec.kind, _no_kind(world)
    else:
        yield from _kind_problems(world, kind)


def _declared(data: Mapping[str, Any]) -> list[str]:
    """Addresses that other parts of an environment need, and that stay reachable unasked."""
    loader = as_map(as_map(data.get("apparmor")).get("loader"))
    return [as_str(one) for one in (as_map(data.get("dns")).get("node_local_cidr"), *as_list(loader.get("api_server")))]


def _network_problems(spec: ClusterDenySpec, declared: Sequence[str]) -> Iterator[Problem]:
    kept = [network for text in (*spec.keep, *declared) if (network := _parsed(text)) is not None]
    free = next((str(one) for one in METADATA_NETWORKS if without([one], kept)), None)
    for field in ("networks", "by_default"):
        texts: tuple[str, ...] = getattr(spec, field)
        for index, text in enumerate(texts):
            if not without([parse_network(text)], kept):
                advice = f'for example "{free}"' if free else "remove it"
                yield (field, index), text, f"stays reachable as a whole (keep, or NodeLocal DNS); {advice}"
        if len(without(map(parse_network, texts), kept)) > MOST_NETWORKS:
            advice = f'for example ["{free}"]' if free else "name fewer, or larger ones"
            yield (field,), list(texts), f"comes to more than {MOST_NETWORKS} networks; {advice}"
    if not spec.keep and any(not _is_outside(parse_network(text)) for text in (*spec.networks, *spec.by_default)):
        yield (
            ("keep",),
            None,
            (
                "is needed with networks that may hold addresses of the cluster: name those of the API server, of "
                'Services and of pods; for example ["10.10.0.10/32", "10.96.0.0/12", "10.244.0.0/16"]'
            ),
        )


def _parsed(text: str) -> Network | None:
    try:
        return parse_network(text)
    except ValueError:
        return None  # is reported where it stands


def _is_outside(network: Network) -> bool:
    """Whether no API server, Service or pod lives in a network: link-local addresses, and those of metadata."""
    return network in METADATA_NETWORKS or any(
        one.version == network.version and network.overlaps(one) and network.prefixlen >= one.prefixlen
        for one in _LINK_LOCAL
    )


def _no_kind(world: _World) -> str:
    cni, wanted = world.cni, world.spec.kind
    known = deny_kinds(cni.facts)
    ways = [kind_and_facts for kind_and_facts in known if wanted in (None, kind_and_facts[0])]
    if not ways and not known:
        others = ", ".join(sorted(name for name, facts in CNIS.items() if deny_kinds(facts)))
        return (
            f"cannot be chosen: {cni.name} is not known to have a policy for the whole cluster that denies networks; "
            f"these have one: {others}; for example cni: {{name: calico}}"
        )
    if not ways:
        return f"is no kind of {cni.name} that is known to deny networks; for example {_quoted(known[0][0])}"
    needs = [
        f"{kind} needs {facts.versions() or 'any version'}" + (f" with {facts.switch}" if facts.switch else "")
        for kind, facts in ways
    ]
    said = f"is {cni.version}" if cni.version else "is not said"
    return f"cannot be written: cni.version {said}; {'; '.join(needs)}; for example {_enough(cni, ways[0][1])}"


def _enough(cni: CniSpec, facts: PolicyKind) -> str:
    """The declaration of a plug-in that has a kind."""
    parts = [f'name: "{cni.name}"']
    if (version := facts.since or facts.until) is not None:
        parts.append(f'version: "{version_text(version)}"')
    switches = [*cni.switches, *filter(None, (facts.switch,))]
    if switches:
        parts.append(f"switches: {json.dumps(switches)}")
    return f"cni: {{{', '.join(parts)}}}"


def _quoted(kind: DenyKind) -> str:
    return f'"{kind}"'


def _kind_problems(world: _World, kind: DenyKind) -> Iterator[Problem]:
    spec, cni = world.spec, world.cni
    if isolates(kind, cni.version) and not world.closed - set(spec.except_namespaces):
        others = [one for one in world.usable if not isolates(one, cni.version)]
        yield (
            ("kind",),
            spec.kind,
            (
                f"would be {kind}, which reaches only namespaces with a deny-all, since it isolates what it selects, "
                f"and there is none; for example {_quoted(others[0]) if others else 'a tenant with a namespace'}"
            ),
        )
    if spec.by_default and not has_overridable_form(cni.facts, kind, cni.version, cni.switches):
        yield (
            ("by_default",),
            list(spec.by_default),
            (
                f"has no form in {cni.name} as {kind}: only {DenyKind.CLUSTER_NETWORK_POLICY} and "
                "BaselineAdminNetworkPolicy let NetworkPolicies decide; remove it"
            ),
        )
    selects_by_label = kind in (DenyKind.ADMIN_NETWORK_POLICY, DenyKind.CLUSTER_NETWORK_POLICY)
    if selects_by_label and world.version is not None and world.version < NAMESPACES_NAMED_SINCE:
        yield (
            ("kind",),
            spec.kind,
            (
                f"would be {kind}, and Kubernetes {world.version} does not label namespaces with their name; "
                f"for example Kubernetes {NAMESPACES_NAMED_SINCE}"
            ),
        )
    if "calico_api" in spec.model_fields_set and kind is not DenyKind.GLOBAL_NETWORK_POLICY:
        yield ("calico_api",), str(spec.calico_api), f"is about {DenyKind.GLOBAL_NETWORK_POLICY}, not {kind}; remove it"
    if "priority" in spec.model_fields_set and kind is DenyKind.CILIUM_CLUSTERWIDE_NETWORK_POLICY:
        yield ("priority",), spec.priority, "has no meaning in Cilium, where a denial always wins; remove it"
