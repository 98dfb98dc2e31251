"""Security contexts for workloads: filled in where they are missing, and each change said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from k8s_hardening.controls.control import Control, Finding, describe
from k8s_hardening.controls.exempting import is_exempt
from k8s_hardening.controls.judging import harden as harden_by
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.manifest import Manifest, expand_lists
from k8s_hardening.kube.pods import CONTAINER_LISTS, pods_of
from k8s_hardening.kube.version import NEWEST, KubeVersion
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.workloads import WorkloadsSpec
from k8s_hardening.plans.edits import Edit, Steps, apply, copied, differences, plain_copy
from k8s_hardening.plans.workload_settings import settings_of

# All that stands in a securityContext, and nothing else: what a pod asks of its surroundings (folders and namespaces of
# the node, ports, tokens) is for its owner to change. They go together: the server refuses allowPrivilegeEscalation
# false beside privileged and beside SYS_ADMIN (k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go,
# ValidateSecurityContext).
CONTROL_IDS = (
    "apparmor",
    "capabilities",
    "capabilities-added",
    "capabilities-net-bind-only",
    "privilege-escalation",
    "privileged",
    "proc-mount",
    "proc-mount-restricted",
    "read-only-root-filesystem",
    "run-as-non-root",
    "run-as-user",
    "seccomp",
    "seccomp-unconfined",
    "selinux",
    "sysctls",
    "windows-host-process",
)
# The standard asks for these from some version on, but their fields are older than any cluster.
_OLDER_THAN_THEIR_DEMAND = frozenset({"capabilities", "capabilities-net-bind-only", "run-as-user"})
_OLDEST = KubeVersion(1, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a workload that was set, replaced or removed."""

    path: str
    """JSON path from the root of what was given."""
    before: Any
    """The value that stood there; None where there was none."""
    after: Any
    """The value that stands there now; None where it was removed."""
    control: str
    """Id of the control that asked for it; `settings` where only the settings of workloads did."""

    @property
    def message(self) -> str:
        """The change as one sentence."""
        return f"{self.path} was {describe(self.before)} and is {describe(self.after)} now [{self.control}]"


@dataclass(frozen=True, slots=True)
class Hardened:
    """A workload after hardening, with what was changed and what could not be."""

    manifest: Manifest
    """A copy of what was given, hardened: an object, or a pod spec where a pod spec was given."""
    changes: tuple[Change, ...]
    left: tuple[str, ...]
    """What still offends: values that are known only at apply, or of a shape that nothing can be written into."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations for the pod of a bare pod spec; before Kubernetes 1.19 the seccomp profile is one."""


def harden(
    workload: Mapping[str, Any],
    *,
    kubernetes: KubeVersion | str = NEWEST,
    workloads: WorkloadsSpec | Mapping[str, Any] | None = None,
    exemptions: Iterable[Exemption] = (),
) -> Hardened:
    """Fill in the security contexts of a workload, and say what was changed.

    Safe choices of the workload stay as they are, unsafe ones are replaced. To harden twice changes nothing more.

    Args:
        workload: an object of any kind that carries pods, or a bare pod spec (camelCase or snake_case); left alone.
        kubernetes: version of the cluster.
        workloads: what to fill in beside the defaults: the baseline's section `workloads`.
        exemptions: what an exemption covers is not changed for the sake of its control.

    Raises:
        TypeError: the workload is no mapping.
        ValueError: the version or the settings are not valid.
    """
    if not isinstance(workload, Mapping):
        raise TypeError(f"a workload is a mapping, and this is of the type {type(workload).__name__}")
    knowledge = Knowledge(kubernetes=KubeVersion.parse(kubernetes), exemptions=tuple(exemptions))
    settings = workloads if isinstance(workloads, WorkloadsSpec) else WorkloadsSpec.model_validate(workloads or {})
    is_bare = "kind" not in workload and "apiVersion" not in workload
    whole = {"apiVersion": "v1", "kind": "Pod", "spec": _camel_cased(workload)} if is_bare else workload
    plain, result = plain_copy(whole), copied(whole)
    changes = []
    for edit, asked_by in _hardened(plain, settings, knowledge):
        apply(result, edit)
        changes.append(_change(edit, asked_by, is_bare=is_bare))
    controls = _controls(knowledge.kubernetes)
    left = tuple(
        f"[{judged.control.id}] {_below_spec(judged.finding, is_bare=is_bare).message}"
        for judged in judge(plain, controls, knowledge)
    )
    if not is_bare:
        return Hardened(result, tuple(changes), left)
    return Hardened(result["spec"], tuple(changes), left, result.get("metadata", {}).get("annotations", {}))


def _change(edit: Edit, asked_by: str, *, is_bare: bool) -> Change:
    # Of a bare pod spec only the annotations stand outside of the spec.
    steps = edit.steps[1:] if is_bare and edit.steps[0] == "spec" else edit.steps
    return Change(replace(edit, steps=steps).path, edit.before, edit.after, asked_by)


def _below_spec(finding: Finding, *, is_bare: bool) -> Finding:
    return replace(finding, path=finding.path.removeprefix("spec.")) if is_bare else finding


def _hardened(plain: Manifest, settings: WorkloadsSpec, knowledge: Knowledge) -> Iterator[tuple[Edit, str]]:
    """Harden plain data in place; each edit with the control that asked for it."""
    yield from _settled(plain, settings, knowledge)
    for control in _controls(knowledge.kubernetes):
        for prefix, item in _items(plain):
            for edit in _mended(item, control, knowledge):
                yield _made(plain, prefix, edit), control.id
    # A fix may have put a mapping in the place of something that was none, or was not known.
    yield from _settled(plain, settings, knowledge)


def _settled(plain: Manifest, settings: WorkloadsSpec, knowledge: Knowledge) -> Iterator[tuple[Edit, str]]:
    for prefix, item in _items(plain):
        for edit, asked_by in settings_of(item, settings, knowledge.kubernetes):
            yield _made(plain, prefix, edit), asked_by


def _items(plain: Manifest) -> list[tuple[Steps, Manifest]]:
    """The object, or each object of a list, with the steps that lead to it."""
    return [
        (tuple(int(step) if step.isdigit() else step for step in re.findall(r"items|[0-9]+", path)), item)
        for path, item in expand_lists(plain)
    ]


def _made(plain: Manifest, prefix: Steps, edit: Edit) -> Edit:
    whole = replace(edit, steps=(*prefix, *edit.steps))
    apply(plain, whole)
    return whole


def _controls(version: KubeVersion) -> tuple[Control, ...]:
    controls = []
    for control in map(control_of, CONTROL_IDS):
        if control.id in _OLDER_THAN_THEIR_DEMAND:
            controls.append(replace(control, since=_OLDEST))
        elif control.applies_to(version):
            controls.append(control)
    return tuple(controls)


def _mended(item: Manifest, control: Control, knowledge: Knowledge) -> list[Edit]:
    """What the control's own fix changes, but for what is exempt from it."""
    if not any(True for _ in judge(item, [control], knowledge)):
        return []
    edits = list(differences(item, harden_by(item, [control], knowledge)))
    if not knowledge.exemptions:
        return edits
    strict = knowledge.model_copy(update={"exemptions": ()})
    some_exempt = any(is_exempt(control, item, judged.finding, knowledge) for judged in judge(item, [control], strict))
    containers = tuple(f"{container.path}." for pod in pods_of(item) for container in pod.containers())
    # A container that is exempt would take over what is set for the whole pod.
    return [
        edit
        for edit in edits
        if not is_exempt(control, item, Finding(edit.path, "", ""), knowledge)
        and not (some_exempt and not edit.path.startswith(containers))
    ]


_SNAKE = re.compile(r"_([a-z0-9])")


def _camel(key: Any) -> Any:
    return _SNAKE.sub(lambda match: match[1].upper(), key) if isinstance(key, str) else key


def _camel_cased(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A pod spec whose way to every securityContext is written as the server reads it; Pulumi takes both forms."""
    found = _with_context(spec)
    for name in CONTAINER_LISTS:
        for key in (name, re.sub(r"(?=[A-Z])", "_", name).lower()):
            if isinstance(found.get(key), list | tuple):
                items = found.pop(key)
                found[name] = [_with_context(item) if isinstance(item, Mapping) else item for item in items]
    if "host_users" in found:
        found["hostUsers"] = found.pop("host_users")
    return found


def _with_context(holder: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(holder)
    for key in ("securityContext", "security_context"):
        if key in found:
            found["securityContext"] = _camel_below(found.pop(key))
    return found


def _camel_below(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_camel(key): _camel_below(item) for key, item in value.items()}
    return [_camel_below(item) for item in value] if isinstance(value, list | tuple) else value
