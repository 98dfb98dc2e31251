"""From workloads to the Pod Security level that each, and each namespace, could take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from k8s_hardening.controls.control import Finding, Profile
from k8s_hardening.controls.judging import checks_of, judge_with
from k8s_hardening.controls.registry import controls_of
from k8s_hardening.controls.shared.admitted_levels import ASKED_BY
from k8s_hardening.controls.shared.stack_namespaces import labels_of
from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of, name_of, namespace_of
from k8s_hardening.kube.pod_security import BELOW, ENFORCE, STRICTNESS
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Object:
    """An object, with where it comes from."""

    source: str
    manifest: Manifest
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a workload from a level."""

    control: str
    level: str
    """The weakest level that asks for it."""
    finding: Finding


@dataclass(frozen=True, slots=True)
class Workload:
    """One object that carries pods."""

    object: Object
    obstacles: tuple[Obstacle, ...]
    """By level, control and path; what no wanted level asks for is left out."""
    possible: str
    """The strictest level, at most the wanted one, that admits its pods."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One namespace on the ladder."""

    namespace: str
    """Empty for workloads that name none."""
    enforced: str | None
    """The level that its label names, where the input holds the Namespace."""
    possible: str
    """The strictest level, at most the wanted one, that admits all of its workloads."""
    workloads: tuple[Workload, ...]


def climb(objects: Iterable[Object], version: KubeVersion, wanted: str) -> tuple[Rung, ...]:
    """The ladder of some objects by the standards as of a version, up to a wanted level, by namespace."""
    found: dict[str, list[Workload]] = {}
    enforced: dict[str, str] = {}
    checks = checks_of(controls_of(Profile.PSS_RESTRICTED), version)
    knowledge = Knowledge(kubernetes=version)
    for one in objects:
        manifest = one.manifest
        if kind_of(manifest) == "Namespace" and not api_group_of(manifest):
            level = labels_of(manifest).get(ENFORCE)
            if isinstance(level, str) and level in STRICTNESS:
                enforced[name_of(manifest)] = level
        elif carries_pods(manifest):
            judged = judge_with(manifest, checks, knowledge, partial=one.is_partial)
            obstacles = [
                Obstacle(each.control.id, ASKED_BY[each.control.profile], _readable(each.finding)) for each in judged
            ]
            found.setdefault(namespace_of(manifest), []).append(_workload(one, obstacles, wanted))
    return tuple(
        Rung(name, enforced.get(name), _weakest([one.possible for one in found[name]]), tuple(found[name]))
        for name in sorted(found)
    )


def _workload(one: Object, obstacles: Sequence[Obstacle], wanted: str) -> Workload:
    asked = [obstacle for obstacle in obstacles if STRICTNESS[obstacle.level] <= STRICTNESS[wanted]]
    asked.sort(key=lambda each: (STRICTNESS[each.level], each.control, each.finding.path, each.finding.found))
    return Workload(one, tuple(asked), _weakest([wanted, *(BELOW[each.level] for each in asked)]))


def _weakest(levels: Sequence[str]) -> str:
    return min(levels, key=STRICTNESS.__getitem__)


def _readable(finding: Finding) -> Finding:
    """In files and states only what is secret is unknown."""
    return replace(finding, found="a secret of the state") if finding.unknown else finding
