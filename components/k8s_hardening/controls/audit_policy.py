"""An audit policy must log what an investigation needs, and must not write Secrets into the log.

Judged: the object itself (audit.k8s.io Policy), and texts of ConfigMaps and Secrets that are one. The policy decides
about a catalogue of requests as the server would, first match wins, and its decisions are compared with what each
area needs. Restricted:
- requests for Secrets, ConfigMaps, service account tokens and token reviews: exactly Metadata, since their bodies
  hold what must not be in a log;
- changes of roles and bindings; exec, attach, port forwarding and proxying: Request at least;
- changes of pods and workloads, certificate signing requests, everything else: Metadata at least, and with the event
  that tells the outcome (stage ResponseComplete).
What parts of the cluster do among themselves may be left out. No rule for a request means that nothing is logged.
A policy that the cluster's servers do not start with is a finding of its own, and is not judged further.

Facts and sources: kube/audit.py, kube/audit_catalogue.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, describe, finding
from k8s_hardening.kube.audit import GROUP, KIND, Decision, Level, Stage, decide, refusals
from k8s_hardening.kube.audit_catalogue import CATALOGUE, Area, Probe
from k8s_hardening.kube.control_planes import may_configure
from k8s_hardening.kube.embedded import ConfigurationKind, EmbeddedFile, embedded_files
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_POLICY = ConfigurationKind(GROUP, KIND, ("audit",))


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule by which a policy writes too little or too much, and each flaw that keeps servers from starting."""
    for file in embedded_files(manifest, _POLICY):
        if file.content is None:
            yield Finding(
                file.path or "(object)", "an audit policy too large to be judged", "write fewer and wider rules"
            )
        elif file.content is UNKNOWN:
            yield finding(file.path, UNKNOWN, "give it a plain value")
        else:
            yield from _file(file, knowledge.kubernetes)


def _file(file: EmbeddedFile, version: KubeVersion) -> Iterator[Finding]:
    refused = [finding(file.at(one.path), one.value, one.fix) for one in refusals(file.content, version)]
    yield from refused
    if not refused:
        yield from _judged(file, [(probe, decide(file.content, probe.request)) for probe in CATALOGUE])


def _judged(file: EmbeddedFile, decided: list[tuple[Probe, Decision]]) -> Iterator[Finding]:
    if all(decision.level is Level.NONE for probe, decision in decided if not probe.caller.is_system):
        yield Finding(file.at("rules"), "a policy that logs nothing", 'end it with the rule "level: Metadata"')
        return
    too_little: dict[int | None, list[Probe]] = {}
    too_much: dict[int, list[Probe]] = {}
    no_outcome: dict[str, list[Probe]] = {}
    for probe, decision in decided:
        if decision.level.rank < probe.least.rank:
            too_little.setdefault(decision.rule, []).append(probe)
        elif decision.rule is None:
            continue  # nothing is written, and nothing has to be
        elif decision.level.rank > probe.most.rank:
            too_much.setdefault(decision.rule, []).append(probe)
        elif probe.least is not Level.NONE and Stage.RESPONSE_COMPLETE in decision.omitted:
            no_outcome.setdefault(_omitting(file, decision.rule), []).append(probe)
    for rule, probes in too_little.items():
        yield _too_little(file, rule, probes)
    for rule, probes in too_much.items():
        fix = f"put a rule before it that logs {_areas(probes)} at Metadata only"
        yield Finding(
            file.at(f"rules[{rule}].level"), f"{_level(file, rule)}, which writes what must stay out of a log", fix
        )
    for path, probes in no_outcome.items():
        what = f"a list with {Stage.RESPONSE_COMPLETE}, without which no event tells the outcome"
        fix = f"take the stage away; it is needed for {_areas(probes)}"
        yield Finding(file.at(path), what, fix)


def _too_little(file: EmbeddedFile, rule: int | None, probes: list[Probe]) -> Finding:
    least = max((probe.least for probe in probes), key=lambda level: level.rank)
    needed = f"a rule that logs {_areas(probes)} at {least} or more, for example the request {probes[0].name}"
    if rule is None:
        return Finding(file.at("rules"), "without a rule for some requests, which are not logged", f"add {needed}")
    return Finding(file.at(f"rules[{rule}].level"), _level(file, rule), f"put before it {needed}")


def _areas(probes: Iterable[Probe]) -> str:
    found = {probe.area for probe in probes}
    return "; ".join(area.title for area in Area if area in found)


def _level(file: EmbeddedFile, rule: int) -> str:
    return describe(file.content["rules"][rule]["level"])


def _omitting(file: EmbeddedFile, rule: int) -> str:
    everywhere = Stage.RESPONSE_COMPLETE in as_list(file.content.get("omitStages"))
    return "omitStages" if everywhere else f"rules[{rule}].omitStages"


CONTROL = Control(
    id="audit-policy",
    requirement="An audit policy must log what an investigation needs and keep Secrets out of the log.",
    severity=Severity.HIGH,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 3.2.1", "CIS 3.2.2"),
    check=check,
    concerns=may_configure,
)
