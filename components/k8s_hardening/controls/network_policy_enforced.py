"""A NetworkPolicy must have an effect: the network plug-in that the cluster is declared to have must heed it.

Judged by the facts of kube/cnis.py for the declared plug-in, its version and what is switched on in it; nothing is
asked where none is declared. Refused: any NetworkPolicy where the plug-in does not enforce them, or is not known to,
and where it only does from a newer version or once something is switched on; a rule about a range of ports or about
SCTP where the plug-in does not heed those. What is unverified there is not refused. The API server takes all of these
without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.cni_facts import Cni, Fact, is_at_least, version_text
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.network_policies import is_network_policy, rules_of
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The policy as a whole, or else each of its ports that the plug-in does not heed."""
    cni = CNIS.get(knowledge.cni or "")
    if cni is None or not is_network_policy(manifest):
        return
    without_effect = _without_effect(cni, knowledge)
    if without_effect is not None:
        yield without_effect
        return
    for rule in rules_of(manifest):
        for path, port in rule.ports():
            last, protocol = port.get("endPort"), port.get("protocol")
            if last is not None and (gap := _gap(cni, cni.end_port, knowledge)) is not None:
                yield _port(f"{path}.endPort", last, f"not heeded by {cni.title} {gap}", "name each port by itself")
            if protocol in ("SCTP", UNKNOWN) and (gap := _gap(cni, cni.sctp_ports, knowledge)) is not None:
                yield _port(f"{path}.protocol", protocol, f'"SCTP", not heeded by {cni.title} {gap}', "use TCP or UDP")


def _port(path: str, value: object, found: str, fix: str) -> Finding:
    return finding(path, value, fix) if value is UNKNOWN else Finding(path, found, fix)


def _without_effect(cni: Cni, knowledge: Knowledge) -> Finding | None:
    for fact in (cni.network_policy, cni.egress):
        if fact.holds is None:
            return _finding(f"not known to have an effect: {cni.title} is unverified ({fact.source})", cni.remedy)
        if not fact.holds:
            return _finding(f"without effect: {cni.title} does not enforce it", f"use {cni.remedy}")
        if (gap := _gap(cni, fact, knowledge)) is not None:
            return _finding(f"without effect with {cni.title} {gap}", "do so, and declare it")
    return None


def _finding(found: str, fix: str) -> Finding:
    return Finding("kind", found, fix)


def _gap(cni: Cni, fact: Fact, knowledge: Knowledge) -> str | None:
    """What a declared plug-in lacks for something that its other versions or settings do; None when unverified."""
    if fact.holds is False:
        return "in any version"
    if fact.holds and fact.since is not None and not is_at_least(knowledge.cni_version or "", fact.since):
        return f"before {version_text(fact.since)} ({knowledge.cni_version or 'version not declared'})"
    switch = cni.switch(fact.switch) if fact.holds and fact.switch is not None else None
    if switch is not None and fact.switch not in knowledge.cni_switches:
        return f"until {fact.switch} is switched on ({switch.how})"
    return None


CONTROL = Control(
    id="network-policy-enforced",
    requirement="Network policies must be enforced by the network plug-in of the cluster.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.1",),
    check=check,
    concerns=is_network_policy,
)
