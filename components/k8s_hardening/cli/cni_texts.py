"""The network plug-ins as data, as text and as the page docs/cnis.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.kube.cluster_denial import deny_kinds
from k8s_hardening.kube.cni_facts import Cni, Fact, PolicyKind, State, version_text

_FACTS = {
    "NetworkPolicy": "network_policy",
    "egress": "egress",
    "endPort": "end_port",
    "SCTP": "sctp_ports",
    "pods on the host network": "host_network",
}
_HEAD = """\
<!-- Generated: k8s-hardening cnis --format markdown > docs/cnis.md (make docs). Do not edit. -->

# Network plug-ins

What each plug-in does with policies, as its documents and code declare it: **no node of a cluster runs here, so none of
this was seen in traffic**. *Unverified* means that no source was found; it is neither claimed nor denied. The name is
what `cni.name` of a baseline takes, a version what `cni.version` must be at least, and a switch what `cni.switches`
must name before the fact holds. The control [network-policy-enforced](controls.md#network-policy-enforced) judges by
this table, and [cni-maintained](controls.md#cni-maintained) by its column *upkeep*.

*Denies for the cluster* names the kinds in which `cluster_deny` can be written, the one that is taken first in front;
[network.md](network.md#denying-for-the-whole-cluster) says what they mean.
"""


def as_data(name: str, cni: Cni) -> dict[str, Any]:
    """What is known of a plug-in as plain data."""
    upkeep = cni.upkeep
    return {
        "name": name,
        "title": cni.title,
        "facts": {title: _fact_data(getattr(cni, field)) for title, field in _FACTS.items()},
        "sctpIsolation": None if cni.sctp_isolation is None else _fact_data(cni.sctp_isolation),
        "upkeep": {
            "state": upkeep.state.value,
            "source": upkeep.source,
            "ends": None if upkeep.ends is None else upkeep.ends.isoformat(),
            "instead": upkeep.instead,
        },
        "policies": [_kind_data(kind, kind in [one for _, one in deny_kinds(cni)]) for kind in cni.policies],
        "switches": {key: {"how": switch.how, "source": switch.source} for key, switch in cni.switches},
        "notes": list(cni.notes),
        "remedy": cni.remedy,
    }


def _fact_data(fact: Fact) -> dict[str, Any]:
    return {
        "holds": fact.holds,
        "since": None if fact.since is None else version_text(fact.since),
        "switch": fact.switch,
        "source": fact.source,
        "note": fact.note,
    }


def _kind_data(kind: PolicyKind, can_deny: bool) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "apiVersions": list(kind.api_versions),
        "since": None if kind.since is None else version_text(kind.since),
        "until": None if kind.until is None else version_text(kind.until),
        "switch": kind.switch,
        "clusterDeny": can_deny,
        "source": kind.source,
        "note": kind.note,
    }


def listed(cnis: Mapping[str, Cni]) -> Iterator[str]:
    """One line per plug-in."""
    width = max(map(len, cnis))
    for name, cni in cnis.items():
        policy = "enforces" if cni.enforces else f"NetworkPolicy: {_answer(cni.network_policy)}"
        needs = ", ".join(_needs(cni))
        yield "  ".join(filter(None, (f"{name:<{width}}", policy + (f" ({needs})" if needs else ""), _upkeep(cni))))


def explained(name: str, cni: Cni) -> Iterator[str]:
    """Everything about one plug-in, each fact with its source."""
    yield f"{name}: {cni.title}"
    yield ""
    for title, field in _FACTS.items():
        fact: Fact = getattr(cni, field)
        yield f"{title + ':':<26}{_answer(fact)}{f'; {fact.note}' if fact.note else ''} [{fact.source}]"
    if cni.sctp_isolation is not None:
        yield f"{'SCTP without a rule:':<26}{_dropped(cni.sctp_isolation)} [{cni.sctp_isolation.source}]"
    yield f"{'upkeep:':<26}{_upkeep(cni) or 'maintained'} [{cni.upkeep.source}]"
    for kind in cni.policies:
        yield f"{'kind:':<26}{_kind(kind)}{f'; {kind.note}' if kind.note else ''} [{kind.source}]"
    for key, switch in cni.switches:
        yield f"{'switch:':<26}{key}: {switch.how} [{switch.source}]"
    yield from (f"{'note:':<26}{note}" for note in cni.notes)
    if cni.remedy:
        yield f"{'instead:':<26}{cni.remedy}"


def as_markdown(cnis: Mapping[str, Cni]) -> str:
    """The page of some plug-ins: one table, then each in full with its sources."""
    return "\n".join(_page(cnis)) + "\n"


def _page(cnis: Mapping[str, Cni]) -> Iterator[str]:
    yield _HEAD
    titles = ("Name", *_FACTS, "denies for the cluster", "upkeep")
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for name, cni in cnis.items():
        answers = [_answer(getattr(cni, field)) for field in _FACTS.values()]
        kinds = "; ".join(_kind(kind) for _, kind in deny_kinds(cni)) or "-"
        yield f"| [{name}](#{name}) | {' | '.join(answers)} | {kinds} | {_upkeep(cni) or 'maintained'} |"
    for name, cni in cnis.items():
        yield f"\n## {name}\n"
        yield f"{cni.title}.\n"
        for title, field in _FACTS.items():
            fact: Fact = getattr(cni, field)
            yield f"- {title}: {_answer(fact)}{f'; {fact.note}' if fact.note else ''} ({fact.source})"
        if cni.sctp_isolation is not None:
            yield f"- SCTP without a rule: {_dropped(cni.sctp_isolation)} ({cni.sctp_isolation.source})"
        for kind in cni.policies:
            where = "`, `".join(kind.api_versions)
            yield f"- Kind {_kind(kind)}, `{where}`{f': {kind.note}' if kind.note else ''} ({kind.source})"
        for key, switch in cni.switches:
            yield f"- Switch `{key}`: {switch.how} ({switch.source})"
        yield from (f"- Note: {note}" for note in cni.notes)
        yield f"- Upkeep: {_upkeep(cni) or 'maintained'} ({cni.upkeep.source})"
        if cni.remedy:
            yield f"- Instead: {cni.remedy}"


def _answer(fact: Fact) -> str:
    if fact.holds is None:
        return "unverified"
    if not fact.holds:
        return "no"
    since = f" from {version_text(fact.since)}" if fact.since else ""
    return f"yes{since}{f' with {fact.switch}' if fact.switch else ''}"


def _dropped(fact: Fact) -> str:
    return "dropped" if fact.holds else "unverified" if fact.holds is None else "passes"


def _kind(kind: PolicyKind) -> str:
    return " ".join(filter(None, (kind.kind, kind.versions(), f"with {kind.switch}" if kind.switch else "")))


def _needs(cni: Cni) -> Iterator[str]:
    if cni.first_version is not None:
        yield f"from {version_text(cni.first_version)}"
    yield from (f"with {switch}" for switch in cni.required_switches)


def _upkeep(cni: Cni) -> str:
    """What is wrong with a plug-in's upkeep; empty for nothing."""
    upkeep = cni.upkeep
    if upkeep.state is State.MAINTAINED:
        return ""
    return f"support ends {upkeep.ends}" if upkeep.ends is not None else upkeep.state.value
