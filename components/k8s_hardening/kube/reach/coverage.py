"""What policies leave out: pods that none covers, policies and peers that select nobody, labels that decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.masks import places_of
from k8s_hardening.kube.reach.ends import Pods
from k8s_hardening.kube.reach.policies import Grant, Peers, Policy
from k8s_hardening.kube.reach.world import World


@dataclass(frozen=True, slots=True)
class Peer:
    """One item of `from` or `to`, and where it stands."""

    policy: Policy
    path: str
    """JSON path, for example spec.ingress[0].from[1]."""
    peers: Peers

    @property
    def namespace_keys(self) -> tuple[str, ...]:
        """Labels of namespaces that decide whom the peer names; who may write them can let itself in."""
        selector = self.peers.namespaces
        found = selector.requirements if selector is not None else ()
        return tuple(sorted({one.key for one in found if one.key is not None}))


def uncovered_pods(world: World, *, is_ingress: bool) -> tuple[Pods, ...]:
    """Pods that no policy isolates for sure in one direction; those on the host's network cannot be."""
    left = world.governed.may & ~world.isolated(is_ingress=is_ingress).sure
    return tuple(world.pods[place] for place in places_of(left))


def idle_policies(world: World) -> tuple[Policy, ...]:
    """Policies that select no pod of the world, not even perhaps."""
    return tuple(policy for policy in world.policies if not world.selected(policy).may)


def idle_peers(world: World) -> tuple[Peer, ...]:
    """Peers that name nobody in the world, not even perhaps; networks always name somebody."""
    return tuple(one for one in peers_of(world) if not world.named_by(one.policy, one.peers).may)


def peers_of(world: World) -> Iterator[Peer]:
    """Every peer of every policy."""
    for policy in world.policies:
        for side, name in ((policy.ingress, "from"), (policy.egress, "to")):
            for grant in side.grants:
                yield from _peers(policy, grant, name)


def _peers(policy: Policy, grant: Grant, name: str) -> Iterator[Peer]:
    for index, one in enumerate(grant.peers or ()):
        yield Peer(policy, f"{grant.path}.{name}[{index}]", one)
