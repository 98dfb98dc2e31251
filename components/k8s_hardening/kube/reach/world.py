"""A cluster as its NetworkPolicies see it: namespaces, pods, the outside, and who selects whom."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, as_str, expand_lists, kind_of
from k8s_hardening.kube.masks import mask_of
from k8s_hardening.kube.network_policies import is_network_policy
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE, PORT_RANGES_SINCE, Network
from k8s_hardening.kube.reach.ends import UNPLACED, End, Owner, Pods, imagined_pods, label_items, pods_in
from k8s_hardening.kube.reach.masks import NOTHING, Bounds
from k8s_hardening.kube.reach.policies import UNNAMED, Block, Grant, Peers, Policy, networks_of, read_policy
from k8s_hardening.kube.reach.policy_flaws import Flaw
from k8s_hardening.kube.reach.regions import Regions
from k8s_hardening.kube.reach.selectors import LabelIndex, Selector
from k8s_hardening.kube.version import NEWEST, KubeVersion

_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What the network plug-in makes of policies, as far as it bears on what they mean."""

    ingress: bool | None = True
    """Whether policies take effect on what enters a pod; None where that is not known, so that everything may enter."""
    egress: bool | None = True
    """The same for what leaves a pod."""
    port_ranges: bool | None = True
    """Whether it heeds endPort; otherwise a range is its first port, and with None the others may be open."""
    sctp: bool = True
    """Whether isolation holds for SCTP; otherwise every SCTP port may be open."""
    sctp_rules: bool = True
    """Whether rules are known to open SCTP ports; otherwise none is open for sure."""
    spares_hosts: bool = True
    """Whether selectors are known to pass over pods on the host's network; otherwise policies may govern them."""
    pod_networks: tuple[Network, ...] = ()
    """Where pods have their addresses. Without it, no ipBlock covers a pod whose address is not known."""

    def holds(self, *, is_ingress: bool) -> bool | None:
        """Whether policies take effect in one direction."""
        return self.ingress if is_ingress else self.egress


@dataclass(frozen=True)
class World:
    """Everything that decides what is reachable; make one with `World.of`."""

    pods: tuple[Pods, ...]
    """Classes of pods that no policy can tell apart."""
    owners: Mapping[Pods, tuple[Owner, ...]]
    """The objects that carry each class; none for imagined ones."""
    namespaces: Mapping[str, Any]
    """Labels of each namespace, those that the server writes included; UNKNOWN where objects disagree."""
    policies: tuple[Policy, ...]
    """Those that the server takes."""
    flaws: tuple[Flaw, ...]
    """What does not count, or not for sure, and why."""
    version: KubeVersion
    enforcement: Enforcement
    regions: Regions

    @classmethod
    def of(
        cls,
        manifests: Iterable[Manifest],
        version: KubeVersion = NEWEST,
        enforcement: Enforcement = Enforcement(),
        *,
        imagine: bool = False,
    ) -> World:
        """The world of some objects; those that bear on nothing are passed over.

        Args:
            manifests: any objects, lists included.
            version: version of the cluster.
            enforcement: what its network plug-in makes of policies.
            imagine: add the pods that could run in namespaces without workloads, see `imagined_pods`.
        """
        objects = [one for manifest in manifests for _, one in expand_lists(manifest)]
        reads_ranges = enforcement.port_ranges if version >= PORT_RANGES_SINCE else False
        policies, flaws = _policies(objects, version, reads_ranges=reads_ranges)
        owners = {pods: tuple(found) for pods, found in pods_in(objects).items()}
        namespaces, disagreeing = _namespaces(
            objects, (*(one.namespace for one in owners), *_places(policies)), version
        )
        if imagine:
            used = {one.namespace for one in owners}
            for one in imagined_pods(policies, (name for name in namespaces if name != UNPLACED)):
                if one.namespace not in used:
                    owners[one] = ()
                    namespaces.setdefault(one.namespace, _with_name({}, one.namespace, version))
        return cls(
            tuple(owners),
            owners,
            namespaces,
            policies,
            (*flaws, *disagreeing),
            version,
            enforcement,
            Regions((*enforcement.pod_networks, *(one for policy in policies for one in networks_of(policy)))),
        )

    def with_ends(self, pods: Iterable[Pods] = (), networks: Iterable[Network] = ()) -> World:
        """The same world with further classes of pods, or with the outside cut along further networks."""
        more: dict[Pods, tuple[Owner, ...]] = {one: () for one in pods if one not in self.owners}
        known = {one.namespace: _with_name({}, one.namespace, self.version) for one in more}
        return dataclasses.replace(
            self,
            pods=(*self.pods, *more),
            owners={**self.owners, **more},
            namespaces={**known, **self.namespaces},
            regions=Regions((*self.regions.networks, *networks)),
        )

    @cached_property
    def ends(self) -> tuple[End, ...]:
        """All ends; a set of ends is a number whose bits are their places here."""
        return (*self.pods, *self.regions.all)

    @cached_property
    def place_of(self) -> Mapping[End, int]:
        """Where each end stands."""
        return {end: place for place, end in enumerate(self.ends)}

    @cached_property
    def everyone(self) -> int:
        """The set of all ends."""
        return (1 << len(self.ends)) - 1

    @cached_property
    def all_pods(self) -> int:
        """The set of all pods."""
        return (1 << len(self.pods)) - 1

    @cached_property
    def on_host(self) -> Bounds:
        """Pods that have their node's address."""
        sure = mask_of(place for place, one in enumerate(self.pods) if one.host_network is True)
        return Bounds(sure, sure | mask_of(place for place, one in enumerate(self.pods) if one.host_network is UNKNOWN))

    @cached_property
    def governed(self) -> Bounds:
        """Pods whose traffic policies can govern: those that are not on the host's network."""
        spared = self.on_host.sure if self.enforcement.spares_hosts else 0
        return Bounds(self.all_pods & ~self.on_host.may, self.all_pods & ~spared)

    @cached_property
    def _labels(self) -> LabelIndex:
        return LabelIndex([UNKNOWN if one.labels is None else dict(one.labels) for one in self.pods])

    @cached_property
    def _namespace_labels(self) -> LabelIndex:
        return LabelIndex([self.namespaces.get(one.namespace, UNKNOWN) for one in self.pods])

    @cached_property
    def _by_namespace(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for place, one in enumerate(self.pods):
            found[one.namespace] = found.get(one.namespace, 0) | 1 << place
        return found

    def inside(self, namespace: str | None) -> Bounds:
        """The pods of a namespace; None for one that is not known yet, which may be any."""
        if namespace is None:
            return Bounds(0, self.all_pods)
        sure = self._by_namespace.get(namespace, 0)
        return Bounds(sure, sure | self._by_namespace.get(UNPLACED, 0))

    def selected(self, policy: Policy) -> Bounds:
        """The pods that a policy selects."""
        found = self.inside(policy.namespace) & self._labels.matches(policy.pods) & self.governed
        return found if policy.is_certain else Bounds(0, found.may)

    def peers(self, policy: Policy, grant: Grant) -> Bounds:
        """The ends that a rule names."""
        if grant.peers is None:
            return Bounds(self.everyone, self.everyone)
        found = NOTHING
        for one in grant.peers:
            found |= self.named_by(policy, one)
        return found

    def named_by(self, policy: Policy, peers: Peers) -> Bounds:
        """The ends that one item of `from` or `to` names."""
        if peers.is_vague:
            return Bounds(0, self.everyone)
        if peers.block is not None:
            return self._covered[peers.block]
        if peers.namespaces is None:
            found = self.inside(policy.namespace)
        else:
            found = self._namespace_labels.matches(peers.namespaces)
        return found & self._labels.matches(peers.pods or Selector()) & self.governed

    @cached_property
    def _covered(self) -> Mapping[Block, Bounds]:
        blocks = {
            peers.block
            for policy in self.policies
            for side in (policy.ingress, policy.egress)
            for grant in side.grants
            for peers in grant.peers or ()
            if peers.block is not None
        }
        return {block: self._cover(block) for block in blocks}

    def _cover(self, block: Block) -> Bounds:
        regions = self.regions.within(block.network)
        for network in block.excepted:
            regions &= ~self.regions.within(network)
        outside = regions << len(self.pods)
        hosts = self.on_host.may  # whatever their node's address is
        pods = may = 0
        for place, in_regions in self._addressed:
            if in_regions & regions:
                may |= 1 << place
                pods |= 1 << place if not in_regions & ~regions else 0
        sure = outside | pods & ~hosts
        return Bounds(0 if block.is_open else sure, sure | may | hosts)

    @cached_property
    def _addressed(self) -> tuple[tuple[int, int], ...]:
        """Each pod of which something is known of its address, with the regions it may lie in."""
        anywhere = 0
        for network in self.enforcement.pod_networks:
            anywhere |= self.regions.within(network)
        return tuple(
            (place, mask_of(map(self.regions.place_of, one.addresses)) if one.addresses else anywhere)
            for place, one in enumerate(self.pods)
            if one.addresses or anywhere
        )

    @cached_property
    def with_port(self) -> Mapping[tuple[str, str], Mapping[int, int]]:
        """Protocol and name of a port -> its number -> the pods whose port of that name has it."""
        found: dict[tuple[str, str], dict[int, int]] = {}
        for place, one in enumerate(self.pods):
            for port in one.ports:
                numbers = found.setdefault((port.protocol, port.name), {})
                numbers[port.number] = numbers.get(port.number, 0) | 1 << place
        return found

    @cached_property
    def with_vague_ports(self) -> int:
        """Pods of which not all names of ports are known."""
        return mask_of(place for place, one in enumerate(self.pods) if one.is_vague)

    def isolated(self, *, is_ingress: bool) -> Bounds:
        """Pods that some policy isolates in one direction; the others of `governed` are open there."""
        found = NOTHING
        for policy in self.policies:
            side = policy.side(is_ingress=is_ingress)
            selected = self.selected(policy)
            found |= Bounds(selected.sure if side.isolates else 0, selected.may if side.isolates_may else 0)
        return found


def _places(policies: Iterable[Policy]) -> list[str]:
    return [one.namespace for one in policies if one.namespace is not None]


def _policies(
    objects: Iterable[Manifest], version: KubeVersion, *, reads_ranges: bool | None
) -> tuple[tuple[Policy, ...], list[Flaw]]:
    found: list[Policy] = []
    flaws: list[Flaw] = []
    for one in objects:
        if is_network_policy(one):
            read = read_policy(one, version, reads_ranges=reads_ranges)
            if isinstance(read, Policy):
                found.append(read)
            else:
                flaws += read
    # Of several objects with one name only one will be there, and which one is up to whoever applies them.
    different = tuple(dict.fromkeys(found))
    times = Counter((one.namespace, one.name) for one in different if one.namespace and one.name != UNNAMED)
    twice = {key for key, count in times.items() if count > 1}
    flaws += [
        Flaw(
            f"NetworkPolicy {namespace}/{name}", "metadata.name", "is that of several objects, so none counts for sure"
        )
        for namespace, name in sorted(twice, key=str)
    ]
    return tuple(
        dataclasses.replace(one, is_certain=False) if (one.namespace, one.name) in twice else one for one in different
    ), flaws


def _namespaces(
    objects: Iterable[Manifest], mentioned: Iterable[str], version: KubeVersion
) -> tuple[dict[str, Any], list[Flaw]]:
    """Labels of each namespace as the server keeps them, and what speaks against itself."""
    found: dict[str, Any] = {UNPLACED: UNKNOWN}
    flaws: list[Flaw] = []
    for one in objects:
        if kind_of(one) != "Namespace" or api_group_of(one):
            continue
        metadata = as_map(one.get("metadata"))
        name = as_str(metadata.get("name"))
        items = label_items(metadata.get("labels"))
        labels = UNKNOWN if items is None else _with_name(dict(items), name, version)
        if not name:
            continue
        if name in found and found[name] != labels and found[name] is not UNKNOWN:
            flaws.append(Flaw(f"Namespace {name}", "metadata.labels", "differ between objects, so none count for sure"))
            labels = UNKNOWN
        if found.get(name) is not UNKNOWN:
            found[name] = labels
    for name in mentioned:
        if name not in found:
            found[name] = _with_name({}, name, version)
    return found, flaws


def _with_name(labels: dict[str, Any], name: str, version: KubeVersion) -> dict[str, Any]:
    # k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/defaults.go, SetDefaults_Namespace: whatever else stood there.
    return {**labels, _NAME_LABEL: name} if version >= NAMESPACES_NAMED_SINCE else labels
