"""What moving an environment to another Kubernetes version changes, and what would break if nothing else moved.

The plans of both versions are compared by flag, file and object; and what stands today is judged as the new version
would take it, so that removed APIs, flags and plug-ins show with what took their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from k8s_hardening.controls.control import describe
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, as_str, key_path, kind_of, name_of, namespace_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.admission_policies import files_of_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.control_plane.part import Part
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.control_plane.rendered import rendered_settings
from k8s_hardening.plans.knowing import full_knowledge_of
from k8s_hardening.plans.plan import Plan
from k8s_hardening.plans.pod_security_enforcers import control_plane_of


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the plans of two versions."""

    subject: str
    """What it is about: a program, a file of the hosts, or an object."""
    path: str
    """The flag, or the JSON path; empty for a whole file or object."""
    before: str | None
    """The value in one line; None where there was nothing."""
    after: str | None
    """The value in one line; None where nothing is left."""


@dataclass(frozen=True, slots=True)
class Break:
    """Something of today that a later version does not take, or takes as weaker."""

    since: KubeVersion
    """First version on the way of which that is true."""
    control: str
    """Id of the control that finds it."""
    subject: str
    path: str
    found: str
    fix: str


_Fault = tuple[str, str, str, str, str]
"""Control, subject, path, what was found, and what to do."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a baseline becomes in one version."""

    plan: Plan
    part: Part

    def manifests(self) -> tuple[Manifest, ...]:
        return (*self.plan.manifests, *rendered_settings(self.part))


def breaks_of(baseline: Baseline, target: KubeVersion) -> tuple[Break, ...]:
    """What of today's plan another version finds fault with, sorted; on the way up each version is asked."""
    today = _planned(baseline).manifests()
    told = full_knowledge_of(baseline)
    before = set(_faults(told, today, baseline.kubernetes))
    way = [KubeVersion(1, minor) for minor in range(baseline.kubernetes.minor + 1, target.minor + 1)] or [target]
    first: dict[tuple[str, str, str], Break] = {}
    for version in way:
        for fault in _faults(told, today, version):
            if fault not in before:
                control, subject, path, found, fix = fault
                first.setdefault((control, subject, path), Break(version, control, subject, path, found, fix))
    return tuple(broken for _, broken in sorted(first.items()))


def changes_between(before: Baseline, after: Baseline) -> tuple[Change, ...]:
    """Every difference between the plans of two baselines, sorted."""
    old, new = _planned(before), _planned(after)
    documents = ({_name(one): one for one in part.documents} for part in (old.part, new.part))
    manifests = ({_name(one): one for one in plan.manifests} for plan in (old.plan, new.plan))
    return (
        *_settings(old.part, new.part),
        *_objects(*documents),
        *_files(old.plan, new.plan),
        *_objects(*manifests),
    )


def _planned(baseline: Baseline) -> _Planned:
    part = plan_control_plane(
        control_plane_of(baseline), baseline.kubernetes, baseline.dialect, files_of_baseline(baseline)
    )
    return _Planned(plan_baseline(baseline), part)


def _faults(told: Knowledge, manifests: tuple[Manifest, ...], version: KubeVersion) -> Iterator[_Fault]:
    knowledge = told.model_copy(update={"kubernetes": version})
    for manifest in manifests:
        for judged in judge(manifest, CONTROLS, knowledge):
            found = judged.finding
            yield judged.control.id, _name(manifest), found.path, found.found, found.fix


def _settings(old: Part, new: Part) -> Iterator[Change]:
    before = {(one.component.value, one.flag): ",".join(one.values) for one in old.settings}
    after = {(one.component.value, one.flag): ",".join(one.values) for one in new.settings}
    for component, flag in sorted(before.keys() | after.keys()):
        values = before.get((component, flag)), after.get((component, flag))
        if values[0] != values[1]:
            yield Change(component, f"--{flag}", *values)


def _files(old: Plan, new: Plan) -> Iterator[Change]:
    before = {file.path: file.text for file in old.host_files}
    after = {file.path: file.text for file in new.host_files}
    for path in sorted(before.keys() | after.keys()):
        texts = before.get(path), after.get(path)
        if texts[0] == texts[1]:
            continue
        documents = [_document(path, text) for text in texts]
        if None in documents:
            yield Change(f"file {path}", "", *_lines(*texts))
        else:
            yield from _values(f"file {path}", "", *documents)


def _document(path: str, text: str | None) -> Manifest | None:
    """The one document of a YAML file; None where there is none, or several."""
    if text is None or not path.endswith(".yaml"):
        return None
    documents = list(yaml.safe_load_all(text))
    return documents[0] if len(documents) == 1 and isinstance(documents[0], dict) else None


def _lines(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """How long two texts are, and how much of the second is new; what stands in them is told by flags and objects."""
    lines = [None if text is None else text.splitlines() for text in (old, new)]
    before, after = (None if one is None else f"{len(one)} lines" for one in lines)
    if lines[0] is not None and lines[1] is not None:
        after = f"{after}, {(Counter(lines[1]) - Counter(lines[0])).total()} of them new"
    return before, after


def _objects(old: dict[str, Manifest], new: dict[str, Manifest]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Change(name, "", "there", None)
        elif name not in old:
            yield Change(name, "", None, "there")
        else:
            yield from _values(name, "", old[name], new[name])


def _values(subject: str, path: str, old: Any, new: Any) -> Iterator[Change]:
    old, new = _named(old, new) or (old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _values(subject, key_path(path, str(key)), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and old != new:
        yield Change(subject, path, _entries(old, new), _entries(new, old))
    elif old != new:
        yield Change(subject, path, None if old is None else describe(old), None if new is None else describe(new))


def _named(old: Any, new: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of mappings that each have a name of their own, by these names."""
    names = [[as_str(as_map(one).get("name")) for one in as_list(whole)] for whole in (old, new)]
    if not all(one and "" not in one and len(set(one)) == len(one) for one in names):
        return None
    return dict(zip(names[0], old, strict=True)), dict(zip(names[1], new, strict=True))


def _entries(whole: list[Any], other: list[Any]) -> str:
    """How many entries a list has, and which of them the other list lacks; as a whole both would look alike."""
    own = [one for one in whole if one not in other]
    return f"{len(whole)} entries" + (f", with {', '.join(map(describe, own))}" if own else "")


def _name(manifest: Manifest) -> str:
    group = as_str(manifest.get("apiVersion")).rpartition("/")[0]
    kind = f"{kind_of(manifest)}.{group}" if group else kind_of(manifest)
    return " ".join(filter(None, (kind, "/".join(filter(None, (namespace_of(manifest), name_of(manifest)))))))
