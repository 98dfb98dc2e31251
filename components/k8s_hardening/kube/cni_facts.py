"""The form of what is known of a network plug-in: each fact with its source beside it.

A fact is what a document or code declares. No node of a cluster runs here, so none was seen in traffic. What has no
source is unverified: neither claimed nor denied.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

Version = tuple[int, int]
"""Major and minor version of a plug-in."""


def is_at_least(version: str, first: Version) -> bool:
    """Whether a version (`3.32`, `v1.16.2`) is not older than another; a text that is no version is older."""
    parts = version.removeprefix("v").split(".")
    return len(parts) > 1 and all(map(str.isdecimal, parts)) and tuple(map(int, parts[:2])) >= first


def version_text(version: Version) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether a plug-in does something."""

    holds: bool | None
    """None: unverified."""
    source: str
    since: Version | None = None
    """First version of which it holds, where older ones are still met; then the version must be declared."""
    switch: str | None = None
    """Name of the switch (`Cni.switches`) without which it does not hold."""
    note: str = ""

    def is_given(self, version: str | None, switches: Collection[str]) -> bool:
        """Whether it holds for a declared version with declared switches; an undeclared version counts as old."""
        is_new = self.since is None or is_at_least(version or "", self.since)
        return self.holds is True and is_new and (self.switch is None or self.switch in switches)

    def in_cluster(self, version: str | None, switches: Collection[str]) -> bool | None:
        """Whether it holds in a cluster of which this was declared; None where that decides nothing."""
        is_old = self.since is not None and version is not None and not is_at_least(version, self.since)
        if self.holds is False or (self.holds and is_old):
            return False
        return True if self.is_given(version, switches) else None


UNVERIFIED = Fact(None, "no source was found")


@dataclass(frozen=True, slots=True)
class Switch:
    """Something that is off by default; a baseline declares it as switched on."""

    how: str
    """What to set, and where."""
    source: str


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A kind of cluster-wide policy beside NetworkPolicy."""

    kind: str
    api_versions: tuple[str, ...]
    source: str
    since: Version | None = None
    until: Version | None = None
    """Last version that has it."""
    switch: str | None = None
    denies_networks: bool = True
    """Whether it is verified that it can deny egress to networks, whatever NetworkPolicies allow."""
    note: str = ""

    def is_given(self, version: str | None, switches: Collection[str]) -> bool:
        """Whether a declared version with declared switches has it; an undeclared version is the one that lacks it."""
        is_new = self.since is None or is_at_least(version or "", self.since)
        is_gone = self.until is not None and is_at_least(version or "", (self.until[0], self.until[1] + 1))
        return is_new and not is_gone and (self.switch is None or self.switch in switches)

    def versions(self) -> str:
        """Which versions have it, in words; empty for all."""
        first = f"from {version_text(self.since)}" if self.since else ""
        last = f"until {version_text(self.until)}" if self.until else ""
        return " ".join(filter(None, (first, last)))


class State(StrEnum):
    """Whether somebody still mends a plug-in."""

    MAINTAINED = "maintained"
    ENDING = "ending"
    ARCHIVED = "archived"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Whether somebody still mends a plug-in, and until when."""

    state: State
    source: str
    ends: datetime.date | None = None
    instead: str = ""
    """What to move to."""


@dataclass(frozen=True, slots=True)
class Cni:
    """One network plug-in, in one mode where a mode decides."""

    title: str
    network_policy: Fact
    """Whether NetworkPolicies take effect on ingress."""
    egress: Fact
    end_port: Fact
    sctp_ports: Fact
    host_network: Fact
    """Whether policies select pods on the host network."""
    upkeep: Upkeep
    sctp_isolation: Fact | None = None
    """Whether SCTP that no rule allows is dropped, where that is known beside what becomes of rules about it."""
    policies: tuple[PolicyKind, ...] = ()
    """Cluster-wide kinds, the one to prefer first."""
    switches: tuple[tuple[str, Switch], ...] = ()
    notes: tuple[str, ...] = ()
    remedy: str = ""
    """What to use instead, where NetworkPolicies have no effect."""

    is_at_least = staticmethod(is_at_least)

    @property
    def enforces(self) -> bool:
        """Whether NetworkPolicies take effect on ingress and egress, in some version and with its switches on."""
        return self.network_policy.holds is True and self.egress.holds is True

    @property
    def evidence(self) -> str:
        """The source of that."""
        return self.network_policy.source

    @property
    def first_version(self) -> Version | None:
        """First version that enforces; None when all living ones do."""
        return max(filter(None, (self.network_policy.since, self.egress.since)), default=None)

    @property
    def note(self) -> str:
        """What a user must know or switch on."""
        return "; ".join(self.notes)

    @property
    def required_switches(self) -> tuple[str, ...]:
        """Switches without which NetworkPolicies have no effect."""
        return tuple(sorted({fact.switch for fact in (self.network_policy, self.egress) if fact.switch}))

    @property
    def port_ranges_since(self) -> Version | None:
        """First version that reads endPort, where older living ones open the first port of a range only."""
        return self.end_port.since

    @property
    def sctp(self) -> bool | None:
        """Whether rules about SCTP ports take effect; None: unverified."""
        return self.sctp_ports.holds

    def isolates_sctp(self, version: str | None, switches: Collection[str]) -> bool:
        """Whether isolation is known to hold for SCTP with a declared version and declared switches."""
        return any(fact.is_given(version, switches) for fact in (self.sctp_ports, self.sctp_isolation) if fact)

    def switch(self, name: str) -> Switch | None:
        """One of its switches by name."""
        return dict(self.switches).get(name)
