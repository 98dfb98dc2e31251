"""What the declared flows of an environment open in a closed namespace, and what of a policy goes beyond that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from k8s_hardening.controls.shared.protected_labels import namespaces_of
from k8s_hardening.kube.manifest import Manifest, as_map, namespace_of
from k8s_hardening.kube.network_policies import Rule
from k8s_hardening.kube.networks import PORT_RANGES_SINCE, Network
from k8s_hardening.kube.reach.policies import Block, Grant, Peers, Policy, read_policy
from k8s_hardening.kube.reach.ports import NO_PORTS, PortSet, met, of_protocol, port_set
from k8s_hardening.kube.reach.selectors import Selector
from k8s_hardening.kube.reach.within import Axis, Box, Spans, Values, axes_of, left_of
from k8s_hardening.model.knowledge import Knowledge, OpeningFacts

_EVERYWHERE: PortSet = (("IPv4", 0, 2**32 - 1), ("IPv6", 0, 2**128 - 1))
_Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Beyond:
    """A peer of a rule that opens more than any declared flow."""

    rule: str
    """JSON path of the rule."""
    peer: int | None
    """Place of the peer in the rule's list; None for a rule without peers."""
    is_ingress: bool
    left: Box
    """A part of what it opens that is not declared."""
    port: str | None
    """Protocol and name, where what is left is a port that has a name."""

    @property
    def peers(self) -> str:
        """JSON path of the list of peers."""
        return f"{self.rule}.{'from' if self.is_ingress else 'to'}"

    @property
    def path(self) -> str:
        """JSON path of the peer, or of the rule where it has none."""
        return self.rule if self.peer is None else f"{self.peers}[{self.peer}]"


def is_declared(rule: Rule, manifest: Manifest, openings: Sequence[OpeningFacts]) -> bool:
    """Whether a rule of a policy stands among the declared ones just so, as all that a plan makes does."""
    direction = "ingress" if rule.is_ingress else "egress"
    pods = as_map(manifest.get("spec")).get("podSelector")
    pods = {} if pods is None else pods
    return any(one.direction == direction and one.pods == pods and one.rule == rule.spec for one in openings)


def openings_in(namespace: str, knowledge: Knowledge) -> tuple[OpeningFacts, ...] | None:
    """What is declared for a namespace; None when nobody closed it, or nothing is declared at all."""
    return None if knowledge.network is None else knowledge.network.of_namespace.get(namespace or "default")


def beyond(manifest: Manifest, openings: Sequence[OpeningFacts], knowledge: Knowledge) -> Iterator[Beyond]:
    """Each peer of a policy that may open what is not declared; none where the server refuses the policy."""
    policy = _read(manifest, knowledge)
    if policy is None:
        return
    for is_ingress in (True, False):
        declared = _Declared(openings, namespace_of(manifest), knowledge, is_ingress=is_ingress)
        for grant in policy.side(is_ingress=is_ingress).grants:
            names = (None, *declared.telling(grant.named))
            for index, peer in enumerate(grant.peers or (None,)):
                boxes = ((name, box) for name in names for box in _boxes(policy, grant, peer, name, knowledge))
                for name, box in boxes:
                    if (left := left_of(box, declared.boxes(name))) is not None:
                        place = None if grant.peers is None else index
                        yield Beyond(grant.path, place, is_ingress, left, None if name is None else "/".join(name))
                        break  # one part of a peer says enough


class _Declared:
    """What is declared for one direction of one namespace, worked out once for all rules of a policy."""

    def __init__(
        self, openings: Sequence[OpeningFacts], namespace: str, knowledge: Knowledge, *, is_ingress: bool
    ) -> None:
        self._knowledge = knowledge
        policies = [
            _read(_policy_of(one, namespace), knowledge)
            for one in openings
            if (one.direction == "ingress") == is_ingress
        ]
        self._grants = [(one, grant) for one in policies if one for grant in one.side(is_ingress=is_ingress).grants]
        self._boxes: dict[_Named | None, list[Box]] = {}

    def telling(self, names: Sequence[_Named]) -> tuple[_Named, ...]:
        """Names of ports without those about which nothing else is declared than about another one."""
        known = {name for _, grant in self._grants for name in grant.named}
        others = {name[0]: name for name in names if name not in known}
        return (*(name for name in names if name in known), *others.values())

    def boxes(self, name: _Named | None) -> list[Box]:
        """Everything that is declared, on the ports that have numbers or on one that has a name."""
        if name not in self._boxes:
            self._boxes[name] = [
                box
                for policy, grant in self._grants
                for peer in grant.peers or (None,)
                for box in _boxes(policy, grant, peer, name, self._knowledge)
                if box
            ]
        return self._boxes[name]


def _read(manifest: Manifest, knowledge: Knowledge) -> Policy | None:
    read = read_policy(manifest, knowledge.kubernetes, reads_ranges=knowledge.kubernetes >= PORT_RANGES_SINCE)
    return read if isinstance(read, Policy) else None


def _policy_of(opening: OpeningFacts, namespace: str) -> Manifest:
    kind = opening.direction.capitalize()
    spec = {"podSelector": opening.pods, "policyTypes": [kind], opening.direction: [opening.rule]}
    return {"metadata": {"name": "declared", "namespace": namespace}, "spec": spec, "kind": "NetworkPolicy",
            "apiVersion": "networking.k8s.io/v1"}  # fmt: skip


def _boxes(
    policy: Policy, grant: Grant, peer: Peers | None, name: _Named | None, knowledge: Knowledge
) -> Iterator[Box]:
    """What a rule lets through between its pods and one of its peers: on ports with numbers, or on one with a name."""
    ports = Spans(grant.ports_may if name is None else _of_name(grant, name))
    pods = axes_of(policy.pods, "pods")
    if peer is None or peer.is_vague:
        yield Box(ports, pods)
        yield Box(ports, pods, Spans(_EVERYWHERE))
    elif peer.block is not None:
        yield Box(ports, pods, Spans(_addresses(peer.block)))
    else:
        namespaces: dict[Axis, Values]
        if peer.namespaces is None:
            own = policy.namespace
            namespaces = {} if own is None else {("namespace", ""): Values(frozenset({own}))}
        else:
            namespaces = namespaces_of(peer.namespaces, knowledge)
        yield Box(ports, {**pods, **namespaces, **axes_of(peer.pods or Selector(), "peers")})


def _of_name(grant: Grant, name: _Named) -> PortSet:
    """The port of a name as a range of its own: what opens every number opens it, too, and no single number does."""
    every = of_protocol(name[0])
    return (("/".join(name), 1, 1),) if name in grant.named or met(grant.ports, every) == every else NO_PORTS


def _addresses(block: Block) -> PortSet:
    family, start, end = _range(block.network)
    found = []
    for _, first, last in port_set(one for one in map(_range, block.excepted) if one[0] == family):
        if first > start:
            found.append((family, start, first - 1))
        start = max(start, last + 1)
    return (*found, (family, start, end)) if start <= end else tuple(found)


def _range(network: Network) -> tuple[str, int, int]:
    return f"IPv{network.version}", int(network.network_address), int(network.broadcast_address)
