"""The verdict on objects: every control, exemptions applied, nothing lost when a control fails."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from k8s_hardening.controls.control import Check, Concern, Control, Finding
from k8s_hardening.controls.exempting import is_exempt
from k8s_hardening.kube.keeping import keeping
from k8s_hardening.kube.manifest import Manifest, UnknownValueError, expand_lists
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

Checks = tuple[tuple[Concern | None, tuple[tuple[Control, Check], ...]], ...]
"""Controls with the form of their check that fits a Kubernetes version, under what they concern."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding together with the control that gave it."""

    control: Control
    finding: Finding

    def below(self, prefix: str) -> Judged:
        """The same with the path of the finding from the list in which its object stands; an empty prefix is none."""
        if not prefix:
            return self
        return replace(self, finding=replace(self.finding, path=f"{prefix}.{self.finding.path}"))


def judge(
    manifest: Manifest, controls: Iterable[Control], knowledge: Knowledge, *, partial: bool = False
) -> Iterator[Judged]:
    """The findings of some controls about one object (or about each item of a `List`).

    A control that crashes gives a finding that names it: the judge fails closed. `partial` objects (patches), and
    fragments of pods in custom resources, are not blamed for what they leave out.
    """
    return judge_with(manifest, checks_of(controls, knowledge.kubernetes), knowledge, partial=partial)


def checks_of(controls: Iterable[Control], version: KubeVersion) -> Checks:
    """The controls about one object that exist in a Kubernetes version, each with its check as of then."""
    groups: dict[Concern | None, list[tuple[Control, Check]]] = {}
    for control in controls:
        check = control.check_for(version)
        if check is not None and control.applies_to(version):
            groups.setdefault(control.concerns, []).append((control, check))
    return tuple((concern, tuple(group)) for concern, group in groups.items())


def judge_with(manifest: Manifest, checks: Checks, knowledge: Knowledge, *, partial: bool = False) -> Iterator[Judged]:
    """The same as `judge`, for callers that judge many objects by the same checks."""
    for prefix, item in expand_lists(manifest):
        with keeping():
            judged = list(_judged(item, checks, knowledge, partial=partial))
        for one in sorted(_without_yielding(judged), key=lambda one: one.control.id):
            yield one.below(prefix)


def judge_stack(
    manifests: Sequence[Manifest], controls: Iterable[Control], knowledge: Knowledge
) -> Iterator[tuple[int, Judged]]:
    """The findings of the controls that look at all objects together, each with the index of its object.

    The items of a `List` are judged as objects of the stack; their findings carry the index of the list.
    """
    items = [(index, prefix, item) for index, one in enumerate(manifests) for prefix, item in expand_lists(one)]
    objects = [item for _, _, item in items]
    for control in controls:
        if control.check_stack is None or not control.applies_to(knowledge.kubernetes):
            continue
        try:
            found = list(control.check_stack(objects, knowledge))
        except Exception as error:  # a crash must block and be seen, never pass
            yield 0, Judged(control, _crashed(control, error))
            continue
        for position, finding in found:
            index, prefix, item = items[position]
            if not is_exempt(control, item, finding, knowledge):
                yield index, Judged(control, finding).below(prefix)


def _judged(manifest: Manifest, checks: Checks, knowledge: Knowledge, *, partial: bool) -> Iterator[Judged]:
    fragments = {pod.path: pod.is_fragment for pod in pods_of(manifest)}
    has_fragments = any(fragments.values())
    for concern, group in checks:
        if concern is not None and not _may_meet(concern, manifest):
            continue
        for control, check in group:
            for finding in _findings(control, check, manifest, knowledge):
                if finding.absent and (partial or (has_fragments and _is_in_fragment(finding.path, fragments))):
                    continue
                if not is_exempt(control, manifest, finding, knowledge):
                    yield Judged(control, finding)


def _without_yielding(judged: Sequence[Judged]) -> Iterator[Judged]:
    """Findings about one object without those that yield to others of them; what is exempt or not asked is no other."""
    if not any(one.control.yields_to for one in judged):
        yield from judged  # nearly always
        return
    said, above = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for one in judged:
        if not one.finding.unknown:
            said[one.control.id].add(one.finding.path)
            above[one.control.id].update(_around(one.finding.path))
    for one in judged:
        path = one.finding.path
        if one.finding.unknown or not any(
            path in above[other] or any(around in said[other] for around in _around(path))
            for other in one.control.yields_to
        ):
            yield one


def _around(path: str) -> Iterator[str]:
    """A path and every one that leads to it, innermost first."""
    while path:
        yield path
        path = path[: max(path.rfind("."), path.rfind("["), 0)]


def _may_meet(concern: Concern, manifest: Manifest) -> bool:
    try:
        return concern(manifest)
    except Exception:  # the checks are asked then, and say what is wrong with the object
        return True


def _is_in_fragment(path: str, fragments: Mapping[str, bool]) -> bool:
    """Whether the innermost pod around a path is a fragment."""
    return next((fragments[around] for around in _around(path) if around in fragments), False)


def _findings(control: Control, check: Check, manifest: Manifest, knowledge: Knowledge) -> list[Finding]:
    try:
        return list(check(manifest, knowledge))
    except UnknownValueError:
        return [Finding("(object)", "not fully known until apply", "give the security fields plain values", True)]
    except Exception as error:  # a crash must block and be seen, never pass
        return [_crashed(control, error)]


def _crashed(control: Control, error: Exception) -> Finding:
    # The error's text may hold a value of the object, so only its type is shown.
    return Finding(
        "(object)",
        f"not judged: control {control.id} failed with {type(error).__name__}",
        "report the object's shape as a defect of k8s-hardening; until then exempt it with a reason",
    )


def harden(manifest: Manifest, controls: Iterable[Control], knowledge: Knowledge) -> Manifest:
    """A copy of the object that every given control with a fix accepts; the argument is left alone."""
    hardened = copy.deepcopy(manifest)
    for _, item in expand_lists(hardened):
        for control in controls:
            mend = control.harden_for(knowledge.kubernetes)
            if mend is not None and control.applies_to(knowledge.kubernetes):
                mend(item, knowledge)
    return hardened
