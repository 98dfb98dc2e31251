"""Whether one end reaches another, and why: the rule that allows, or the isolation that denies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from k8s_hardening.kube.networks import PORT_RANGES_SINCE
from k8s_hardening.kube.reach.asking import question_of
from k8s_hardening.kube.reach.ends import End, Pods
from k8s_hardening.kube.reach.naming import Named, end_named
from k8s_hardening.kube.reach.policies import Grant, Policy
from k8s_hardening.kube.reach.ports import (
    NO_PORTS,
    PortSet,
    joined,
    met,
    of_protocol,
    port_set,
    without,
)
from k8s_hardening.kube.reach.world import World


class Because(StrEnum):
    """What sort of reason it is."""

    RULE = "rule"
    """A rule of a policy allows it."""
    OPEN = "open"
    """Nothing isolates the end in that direction."""
    ISOLATED = "isolated"
    """Policies isolate the end in that direction, and no rule allows it."""
    NAMELESS = "nameless"
    """No port of the destination has the name that was asked about."""
    CAVEAT = "caveat"
    """What policies cannot say, or what is not known yet."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is allowed or denied."""

    sort: Because
    text: str
    policy: Policy | None = None
    path: str = ""
    """JSON path of the rule."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one pair."""

    ports: PortSet
    """Those of the ports in question on which the destination may be reached."""
    sure: PortSet
    """Those on which it is for certain."""
    because: tuple[Reason, ...]

    @property
    def allowed(self) -> bool:
        """Whether the destination may be reached on any of the ports in question; what is not certain counts."""
        return bool(self.ports)

    @property
    def is_certain(self) -> bool:
        """Whether nothing of the answer hangs on values or places that are not known."""
        return self.sure == self.ports


@dataclass(frozen=True, slots=True)
class _Half:
    """One direction of a pair."""

    sure: PortSet
    may: PortSet
    reasons: tuple[Reason, ...]


def allows(
    world: World, source: str | Named, destination: str | Named, port: int | str | None = None, protocol: str = "TCP"
) -> Verdict:
    """Whether one end reaches another.

    Args:
        world: where they are.
        source: who connects; for names see `end_named`.
        destination: who is connected to.
        port: number or name of the destination's port; None asks about every port of the protocol.
        protocol: TCP, UDP or SCTP.

    Raises:
        NoSuchEndError: a name leads nowhere.
    """
    ends = [end_named(world, one) if isinstance(one, str) else one for one in (source, destination)]
    world = world.with_ends(one.end for one in ends if isinstance(one.end, Pods))
    to = ends[1].end
    is_imagined = isinstance(to, Pods) and not world.owners.get(to)
    question = question_of(to, end_text(world, to), port, protocol, is_imagined=is_imagined)
    asked = question.ports
    if not asked:
        return Verdict(NO_PORTS, NO_PORTS, (Reason(Because.NAMELESS, question.doubt),))
    if ends[0].is_one_pod and ends[0].end == ends[1].end and ends[0].text == ends[1].text:
        return Verdict(asked, asked, (Reason(Because.OPEN, "a pod always reaches itself"),))
    here, there = (world.place_of[one.end] for one in ends)
    out = _half(world, here, there, asked, is_ingress=False)
    into = _half(world, there, here, asked, is_ingress=True)
    may, sure = met(met(out.may, into.may), asked), met(met(out.sure, into.sure), asked)
    because = tuple(_because(out, into, may))
    if question.doubt and may:
        because, sure = (*because, Reason(Because.CAVEAT, question.doubt)), NO_PORTS
    doubtful = NO_PORTS if world.enforcement.sctp_rules else met(sure, of_protocol("SCTP"))
    if doubtful:
        because = (*because, Reason(Because.CAVEAT, "the network plug-in is not known to let SCTP through"))
    return Verdict(may, without(sure, doubtful), because)


def _because(out: _Half, into: _Half, may: PortSet) -> Iterator[Reason]:
    """What decides: for a denial the side or sides that deny, otherwise both."""
    halves = (out, into) if may else [one for one in (out, into) if not one.may]
    seen = set()
    for half in halves or (out, into):
        for reason in half.reasons:
            if reason not in seen:
                seen.add(reason)
                yield reason


def _half(world: World, subject: int, peer: int, asked: PortSet, *, is_ingress: bool) -> _Half:
    """What one end lets in from, or out to, another one, as far as the ports in question go."""
    end, other = world.ends[subject], world.ends[peer]
    if not isinstance(end, Pods):
        return _Half(asked, asked, ())
    name, direction = end_text(world, end), "ingress" if is_ingress else "egress"
    if world.enforcement.holds(is_ingress=is_ingress) is False:
        text = f"the network plug-in does not hold {direction} to policies, so everything is allowed there"
        return _Half(asked, asked, (Reason(Because.CAVEAT, text),))
    if not world.governed.may >> subject & 1:
        text = f"{name} has the address of its node, and no NetworkPolicy governs it"
        return _Half(asked, asked, (Reason(Because.CAVEAT, text),))
    isolating: list[Policy] = []
    is_isolated = False
    sure = may = NO_PORTS
    reasons: list[Reason] = []
    candidates: list[tuple[Policy, Grant]] = []
    blocked = False
    for policy in world.policies:
        side = policy.side(is_ingress=is_ingress)
        selected = world.selected(policy)
        if not (side.isolates_may and selected.may >> subject & 1):
            continue
        isolating.append(policy)
        is_selected = side.isolates and bool(selected.sure >> subject & 1)
        is_isolated |= is_selected
        for grant in side.grants:
            peers = world.peers(policy, grant)
            blocked |= _has_block(grant) and bool(met(grant.ports_may, asked))
            if not peers.may >> peer & 1:
                continue
            known, possible = _ports(grant, end if is_ingress else other)
            possible = met(possible, asked)
            known = met(known, asked) if is_selected and peers.sure >> peer & 1 else NO_PORTS
            sure, may = joined(sure, known), joined(may, possible)
            candidates.append((policy, grant))
            if possible:
                reasons.append(_rule(policy, grant, is_certain=known == possible))
    if not isolating:
        text = f"no policy selects {name} for {direction}, so everything is allowed there"
        return _Half(asked, asked, (Reason(Because.OPEN, text),))
    if not is_isolated:
        may = asked
        text = f"{name} may be open for {direction}: what would isolate it is not known for sure"
        reasons.append(Reason(Because.CAVEAT, text))
    if world.enforcement.holds(is_ingress=is_ingress) is None and may != asked:
        may = asked
        reasons.append(Reason(Because.CAVEAT, f"the network plug-in is not known to hold {direction} to policies"))
    may = _widened(world, peer, other, asked, may, reasons)
    if denied := without(asked, may):
        reasons.append(_denial(name, direction, isolating, is_all=not may))
        reasons += [_unread(world, *one) for one in candidates if met(one[1].ports_unread, denied)]
        if blocked and isinstance(other, Pods) and not other.addresses and not world.enforcement.pod_networks:
            text = f"networks of rules are not held against {end_text(world, other)}, whose addresses are not known"
            reasons.append(Reason(Because.CAVEAT, text))
    return _Half(sure, may, tuple(reasons))


def _has_block(grant: Grant) -> bool:
    return any(one.block is not None for one in grant.peers or ())


def _ports(grant: Grant, destination: End) -> tuple[PortSet, PortSet]:
    """Ports that a rule opens on a destination: for sure, and perhaps."""
    if not isinstance(destination, Pods):
        return grant.ports, grant.ports_may
    named = port_set(
        (one.protocol, one.number, one.number) for one in destination.ports if (one.protocol, one.name) in grant.named
    )
    vague = [part for protocol, _ in grant.named for part in of_protocol(protocol)] if destination.is_vague else []
    return joined(grant.ports, named), port_set((*grant.ports_may, *named, *vague))


def _rule(policy: Policy, grant: Grant, *, is_certain: bool) -> Reason:
    text = f"{policy}, {grant.path}{'' if is_certain else ' (not for sure: something of it is not known yet)'}"
    return Reason(Because.RULE, text, policy, grant.path)


def _unread(world: World, policy: Policy, grant: Grant) -> Reason:
    reader = "the network plug-in" if world.version >= PORT_RANGES_SINCE else f"Kubernetes {world.version}"
    text = f"{policy}, {grant.path} opens only the first port of a range, since {reader} does not read endPort"
    return Reason(Because.CAVEAT, text, policy, grant.path)


def _widened(world: World, peer: int, other: End, asked: PortSet, may: PortSet, reasons: list[Reason]) -> PortSet:
    """What passes whatever the policies of a pod say."""
    if world.on_host.may >> peer & 1:
        name = end_text(world, other)
        text = f"{name} has the address of its node, and nothing comes between a pod and its own node"
        reasons.append(Reason(Because.CAVEAT, text))
        return asked
    if not world.enforcement.sctp and met(asked, of_protocol("SCTP")):
        reasons.append(Reason(Because.CAVEAT, "the network plug-in is not known to hold SCTP to policies"))
        return joined(may, met(asked, of_protocol("SCTP")))
    return may


def _denial(name: str, direction: str, isolating: list[Policy], *, is_all: bool) -> Reason:
    names = sorted({one.name for one in isolating})
    place = isolating[0].namespace or "(namespace not known yet)"
    isolate = "policies {} isolate" if len(names) > 1 else "policy {} isolates"
    what = "none allows it" if is_all else "none allows any other port"
    text = f"{place}: {isolate.format(', '.join(names))} {name} for {direction}, and {what}"
    return Reason(Because.ISOLATED, text)


def end_text(world: World, end: End) -> str:
    """An end for people: by what carries it, by its labels, or by its network."""
    if not isinstance(end, Pods):
        return str(end)
    owners = world.owners.get(end, ())
    if not owners:
        return str(end)
    more = f" and {len(owners) - 1} more" if len(owners) > 1 else ""
    return f"{end.namespace}/{owners[0]}{more}"
