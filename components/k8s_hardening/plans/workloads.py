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
from k8s_hardening.model.workloads import RUNTIME_DEFAULT, WorkloadsSpec
from k8s_hardening.plans.edits import Edit, Steps, apply, copied, differences, plain_copy
from k8s_hardening.plans.workload_settings import settings_of

# All that stands in a securityContext, and what goes with it: the older annotations of AppArmor profiles, and labels of
# nodes that have one. What else a pod asks of its surroundings (folders and namespaces of the node, ports, tokens) is
# for its owner to change. They go together: the server refuses allowPrivilegeEscalation false beside privileged and
# beside SYS_ADMIN (k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go, ValidateSecurityContext).
CONTROL_IDS = (
    "apparmor",
    "apparmor-deprecated-annotation",
    "apparmor-form",
    "apparmor-profile-node",
    "apparmor-profile-provided",
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
    """Annotations for the pod of a bare pod spec: seccomp profiles before Kubernetes 1.19, AppArmor's before 1.30."""


def harden(
    workload: Mapping[str, Any],
    *,
    kubernetes: KubeVersion | str = NEWEST,
    workloads: WorkloadsSpec | Mapping[str, Any] | None = None,
    exemptions: Iterable[Exemption] = (),
    apparmor_profiles: Mapping[str, str] | None = None,
    apparmor_preinstalled: Iterable[str] = (),
    apparmor_labelled: bool = False,
) -> Hardened:
    """Fill in the security contexts of a workload, and say what was changed.

    Safe choices of the workload stay as they are, unsafe ones are replaced. To harden twice changes nothing more.

    Args:
        workload: an object of any kind that carries pods, or a bare pod spec (camelCase or snake_case); left alone.
        kubernetes: version of the cluster.
        workloads: what to fill in beside the defaults: the baseline's section `workloads`.
        exemptions: what an exemption covers is not changed for the sake of its control.
        apparmor_profiles: friendly name -> kernel's name of the AppArmor profiles that the environment provides; then a
            workload may name them either way, and one that is not provided is left over. Without, names are the
            kernel's, and any is believed.
        apparmor_preinstalled: more of them, that the nodes have by themselves.
        apparmor_labelled: a loader labels the nodes that have a profile, and pods must ask for these.

    Raises:
        TypeError: the workload is no mapping.
        ValueError: the version or the settings are not valid, or choose an AppArmor profile that is not provided.
    """
    if not isinstance(workload, Mapping):
        raise TypeError(f"a workload is a mapping, and this is of the type {type(workload).__name__}")
    knowledge = Knowledge(
        kubernetes=KubeVersion.parse(kubernetes),
        exemptions=tuple(exemptions),
        apparmor_profiles=None if apparmor_profiles is None else dict(apparmor_profiles),
        apparmor_preinstalled=tuple(apparmor_preinstalled),
        apparmor_labelled=apparmor_labelled,
    )
    settings = workloads if isinstance(workloads, WorkloadsSpec) else WorkloadsSpec.model_validate(workloads or {})
    refuse_unknown_profiles(settings, knowledge.apparmor_profiles, knowledge.apparmor_preinstalled)
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


def refuse_unknown_profiles(
    settings: WorkloadsSpec, profiles: Mapping[str, str] | None, preinstalled: Iterable[str]
) -> None:
    """Refuse settings that choose an AppArmor profile which is not provided, where it is known which are.

    Raises:
        ValueError: with the names.
    """
    if profiles is None:
        return
    known = {*profiles, *preinstalled}
    chosen = {settings.apparmor.profile, *settings.apparmor.containers.values()} - {None, RUNTIME_DEFAULT}
    if missing := sorted(str(name) for name in chosen if name not in known):
        names = ", ".join(sorted(known)) or "none"
        raise ValueError(f"apparmor: {', '.join(missing)}: no such profile is provided; there are: {names}")


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
        yield from _mended_by(control, plain, knowledge)
    # A fix may have put a mapping in the place of something that was none, or was not known; and the profiles that
    # containers got last decide on which nodes their pod may run.
    yield from _settled(plain, settings, knowledge)
    yield from _mended_by(control_of("apparmor-profile-node"), plain, knowledge)


def _mended_by(control: Control, plain: Manifest, knowledge: Knowledge) -> Iterator[tuple[Edit, str]]:
    for prefix, item in _items(plain):
        for edit in _mended(item, control, knowledge):
            yield _made(plain, prefix, edit), control.id


def _settled(plain: Manifest, settings: WorkloadsSpec, knowledge: Knowledge) -> Iterator[tuple[Edit, str]]:
    for prefix, item in _items(plain):
        for edit, asked_by in settings_of(item, settings, knowledge):
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
    """A pod spec in which all that is read or changed is written as the server reads it; Pulumi takes both forms."""
    found = _with_context(spec)
    if "node_selector" in found:
        found["nodeSelector"] = found.pop("node_selector")  # its own keys are labels
    if isinstance(affinity := found.get("affinity"), Mapping):
        found["affinity"] = {
            _camel(key): _camel_below(value) if _camel(key) == "nodeAffinity" else value
            for key, value in affinity.items()
        }
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
