"""The ladder as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from k8s_hardening.cli.ladder_verdict import Obstacle, Rung, Workload
from k8s_hardening.cli.report import Line, count, printable
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.kube.pod_security import STRICTNESS
from k8s_hardening.kube.version import KubeVersion

_STYLES = {"privileged": "bold red", "baseline": "yellow", "restricted": "bold green"}


def as_lines(rungs: Sequence[Rung], version: KubeVersion, wanted: str) -> Iterator[Line]:
    """Each namespace with the level that it could take, and what stands in the way of the wanted one."""
    for rung in rungs:
        blocked = [one for one in rung.workloads if one.obstacles]
        could = " can take only " if rung.possible == "privileged" else " can take "
        yield [
            (_name(rung), "bold underline"),
            (could, ""),
            (rung.possible, _STYLES[rung.possible]),
            *_now(rung, wanted),
        ]
        if blocked:
            number = f"{len(blocked)} of {count(len(rung.workloads), 'workload')}"
            yield [(f"  kept from {wanted} by {number}", "dim")]
        for workload in blocked:
            yield from _workload(workload)
        yield []
    yield [(_summary(rungs, version), "")]


def _name(rung: Rung) -> str:
    return printable(rung.namespace) if rung.namespace else "(no namespace named)"


def _now(rung: Rung, wanted: str) -> Line:
    if rung.enforced is None:
        return []
    rejects = STRICTNESS[rung.possible] < STRICTNESS[rung.enforced] <= STRICTNESS[wanted]
    return [(f"; its label says {rung.enforced}{', which rejects some of it' if rejects else ''}", "")]


def _workload(workload: Workload) -> Iterator[Line]:
    manifest = workload.object.manifest
    title = printable(f"{kind_of(manifest)} {name_of(manifest) or '(no name)'}")
    yield [("  ", ""), (title, "bold"), (f"  {printable(workload.object.source)}", "dim")]
    for obstacle in workload.obstacles:
        yield [
            ("    ", ""),
            (f"{obstacle.level:<10}", _STYLES[obstacle.level]),
            (f" [{obstacle.control}] ", "bold"),
            (printable(obstacle.finding.message), ""),
        ]


def _summary(rungs: Sequence[Rung], version: KubeVersion) -> str:
    workloads = sum(len(rung.workloads) for rung in rungs)
    levels = Counter(rung.possible for rung in rungs)
    could = ", ".join(
        f"{levels[level]} can take {'only ' if level == 'privileged' else ''}{level}"
        for level in reversed(STRICTNESS)
        if levels[level]
    )
    judged = f"{count(workloads, 'workload')} in {count(len(rungs), 'namespace')}"
    return f"{judged} judged by the Pod Security Standards v{version}: {could or 'nothing to reject'}"


def as_json(rungs: Sequence[Rung], version: KubeVersion, wanted: str, errors: Sequence[str]) -> str:
    """The same as one JSON object, always in the same order."""
    return json.dumps(
        {
            "kubernetes": str(version),
            "to": wanted,
            "namespaces": [
                {
                    "namespace": rung.namespace,
                    "enforced": rung.enforced,
                    "possible": rung.possible,
                    "workloads": [_workload_data(one) for one in rung.workloads],
                }
                for rung in rungs
            ],
            "errors": list(errors),
        },
        indent=2,
    )


def _workload_data(workload: Workload) -> dict[str, object]:
    manifest = workload.object.manifest
    return {
        "kind": kind_of(manifest),
        "name": name_of(manifest),
        "source": workload.object.source,
        "possible": workload.possible,
        "obstacles": [_obstacle(one) for one in workload.obstacles],
    }


def _obstacle(obstacle: Obstacle) -> dict[str, str]:
    return {
        "control": obstacle.control,
        "level": obstacle.level,
        "path": obstacle.finding.path,
        "found": obstacle.finding.found,
        "fix": obstacle.finding.fix,
    }
