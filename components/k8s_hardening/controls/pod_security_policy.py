"""A PodSecurityPolicy must not allow pods what the Pod Security Standards refuse.

Judged up to 1.24, the last version with PodSecurityPolicy; from 1.25 on the control removed-api speaks. Each
permissive field is a finding of its own. Absent means: not allowed, except for allowPrivilegeEscalation (allowed),
readOnlyRootFilesystem (not required) and allowedProcMountTypes (only the default). The rules for SELinux and for
groups are left alone: the Pod Security Standards ask for no group, and SELinux types cannot be told from here.

Two policies are judged by what they are called, since pod-security-policy-use sees to who may use them: the one of the
house for namespaces of the level baseline, which must not allow more than that level; and the privileged one for parts
of the system, which must be exactly as plans emit it. For other policies that only system components may use,
exemptions are there.
Sources: k8s.io/api v0.24.17 policy/v1beta1/types.go; k8s.io/kubernetes v1.24.17 pkg/security/podsecuritypolicy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls import capabilities_added
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_security_policies import (
    RESTRICTED_VOLUMES,
    Level,
    NodeProfiles,
    policy_of,
)
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    as_list,
    as_map,
    as_str,
    ensure_map,
    is_changeable,
    key_path,
    name_of,
)
from k8s_hardening.kube.pod_security_policies import (
    APPARMOR_ALLOWED,
    APPARMOR_DEFAULT,
    LAST,
    RUNTIME_PROFILE,
    SECCOMP_ALLOWED,
    SECCOMP_DEFAULT,
    is_policy,
    volume_types,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_FORBIDDEN = ("privileged", "hostNetwork", "hostPID", "hostIPC")
_EMPTY = ("hostPorts", "allowedUnsafeSysctls")
_CAPABILITY_LISTS = ("allowedCapabilities", "defaultAddCapabilities")
_NON_ROOT = "MustRunAsNonRoot"
_DEFAULT_PROC_MOUNT = "Default"
# Annotation -> the profile names in it that switch confinement off.
_PROFILE_ANNOTATIONS = {
    SECCOMP_ALLOWED: frozenset({"*", "unconfined"}),
    SECCOMP_DEFAULT: frozenset({"unconfined"}),
    APPARMOR_ALLOWED: frozenset({"*", "unconfined"}),
    APPARMOR_DEFAULT: frozenset({"unconfined"}),
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each field of a PodSecurityPolicy that allows too much."""
    if not is_policy(manifest) or _is_the_privileged_one(manifest, knowledge.kubernetes):
        return
    spec = as_map(manifest.get("spec"))
    for field in _FORBIDDEN:
        if _is_set(spec.get(field)):
            yield finding(f"spec.{field}", spec.get(field), "remove it or set it to false")
    if as_list(spec.get("hostPorts")):
        yield finding("spec.hostPorts", spec.get("hostPorts"), "remove it")
    allowed = _volumes(manifest, knowledge.kubernetes)
    yield from _items(spec, "volumes", allowed, f"name only {', '.join(allowed)}")
    for field in _CAPABILITY_LISTS:
        yield from _items(spec, field, capabilities_added.ALLOWED, "remove it, or name one that runtimes grant anyway")
    yield from _items(spec, "allowedUnsafeSysctls", (), "remove it")
    yield from _items(spec, "allowedProcMountTypes", (_DEFAULT_PROC_MOUNT,), "remove it")
    if not _is_baseline(manifest):
        yield from _restricted(spec)
    annotations = as_map(manifest.get("metadata")).get("annotations")
    for key, permissive in _PROFILE_ANNOTATIONS.items():
        value = as_map(annotations).get(key)
        if value is UNKNOWN or not permissive.isdisjoint(_names(value)):
            yield finding(key_path("metadata.annotations", key), value, f"name {RUNTIME_PROFILE} and no wildcard")


def _restricted(spec: dict[str, Any]) -> Iterator[Finding]:
    """What the level baseline leaves open."""
    if spec.get("allowPrivilegeEscalation") is not False:
        yield finding(
            "spec.allowPrivilegeEscalation", spec.get("allowPrivilegeEscalation"), "set it to false; absent allows it"
        )
    if spec.get("readOnlyRootFilesystem") is not True:
        yield finding("spec.readOnlyRootFilesystem", spec.get("readOnlyRootFilesystem"), "set it to true")
    yield from _run_as_user(spec)


def _is_the_privileged_one(manifest: Manifest, version: KubeVersion) -> bool:
    if name_of(manifest) != Level.PRIVILEGED.policy:
        return False
    known = policy_of(Level.PRIVILEGED, version, NodeProfiles())
    annotations = as_map(as_map(manifest.get("metadata")).get("annotations"))
    profiles = {key: value for key, value in annotations.items() if key in _PROFILE_ANNOTATIONS}
    return bool(manifest.get("spec") == known["spec"] and profiles == known["metadata"]["annotations"])


def _is_baseline(manifest: Manifest) -> bool:
    return name_of(manifest) == Level.BASELINE.policy


def _volumes(manifest: Manifest, version: KubeVersion) -> tuple[str, ...]:
    """The volume types that a policy may name; servers refuse those of later versions."""
    known = [name for name in volume_types(version) if name != "hostPath"]
    return tuple(name for name in known if _is_baseline(manifest) or name in RESTRICTED_VOLUMES)


def _is_set(value: Any) -> bool:
    return value is not None and value is not False


def _items(spec: dict[str, Any], field: str, allowed: tuple[str, ...], fix: str) -> Iterator[Finding]:
    for index, item in enumerate(as_list(spec.get(field))):
        if item not in allowed:
            yield finding(f"spec.{field}[{index}]", item, fix)


def _run_as_user(spec: dict[str, Any]) -> Iterator[Finding]:
    strategy = as_map(spec.get("runAsUser"))
    rule = strategy.get("rule")
    if rule not in (_NON_ROOT, "MustRunAs"):
        yield finding("spec.runAsUser.rule", rule, f"set it to {_NON_ROOT}")
    elif rule == "MustRunAs":
        for index, span in enumerate(as_list(strategy.get("ranges"))):
            if not _excludes_root(as_map(span).get("min")):
                yield finding(f"spec.runAsUser.ranges[{index}].min", as_map(span).get("min"), "start at 1 or above")


def _excludes_root(minimum: Any) -> bool:
    return isinstance(minimum, int) and not isinstance(minimum, bool) and minimum > 0


def _names(value: Any) -> list[str]:
    return [name.strip() for name in as_str(value).split(",")]


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Close every field that allows too much; keep what is narrower already."""
    if not is_policy(manifest) or _is_the_privileged_one(manifest, knowledge.kubernetes):
        return
    spec = ensure_map(manifest, "spec")
    for field in _FORBIDDEN:
        if _is_set(spec.get(field)):
            del spec[field]
    for field in _EMPTY:
        if as_list(spec.get(field)):
            del spec[field]
    if not _is_baseline(manifest):
        _restrict(spec)
    _keep(spec, "allowedProcMountTypes", (_DEFAULT_PROC_MOUNT,))
    for field in _CAPABILITY_LISTS:
        _keep(spec, field, capabilities_added.ALLOWED)
    allowed = _volumes(manifest, knowledge.kubernetes)
    if "*" in as_list(spec.get("volumes")):
        spec["volumes"] = list(allowed)
    _keep(spec, "volumes", allowed)
    annotations = as_map(as_map(manifest.get("metadata")).get("annotations"))
    if not is_changeable(annotations):
        return
    for key, permissive in _PROFILE_ANNOTATIONS.items():
        value = annotations.get(key)
        if value is UNKNOWN or not permissive.isdisjoint(_names(value)):
            annotations[key] = RUNTIME_PROFILE


def _restrict(spec: dict[str, Any]) -> None:
    spec["allowPrivilegeEscalation"] = False
    spec["readOnlyRootFilesystem"] = True
    if spec.get("defaultAllowPrivilegeEscalation") is not False:
        spec.pop("defaultAllowPrivilegeEscalation", None)  # the server refuses true beside the field above
    if any(_run_as_user(spec)):
        spec["runAsUser"] = {"rule": _NON_ROOT}


def _keep(spec: dict[str, Any], field: str, allowed: tuple[str, ...]) -> None:
    items = as_list(spec.get(field))
    kept = [item for item in items if item in allowed]
    if len(kept) < len(items):
        spec[field] = kept


CONTROL = Control(
    id="pod-security-policy",
    requirement="A PodSecurityPolicy must not allow what the Pod Security Standards refuse.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.FULL,
    references=("Pod Security Standards: mapping of PodSecurityPolicies", "CIS 5.2.2", "CIS 5.2.6"),
    check=check,
    concerns=is_policy,
    harden=harden,
    until=LAST,
)
