"""A PodSecurityPolicy must not allow pods what the Pod Security Standards refuse.

Judged up to 1.24, the last version with PodSecurityPolicy; from 1.25 on the control removed-api speaks. Each
permissive field is a finding of its own. Absent means: not allowed, except for allowPrivilegeEscalation (allowed),
readOnlyRootFilesystem (not required) and allowedProcMountTypes (only the default). The rules for SELinux and for
groups are left alone: the Pod Security Standards ask for no group, and SELinux types cannot be told from here. A
policy that only system components may use is what exemptions are for.
Sources: k8s.io/api v0.24.17 policy/v1beta1/types.go; k8s.io/kubernetes v1.24.17 pkg/security/podsecuritypolicy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls import capabilities_added
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_list,
    as_map,
    as_str,
    ensure_map,
    is_changeable,
    key_path,
    kind_of,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_LAST = KubeVersion(1, 24)
_GROUPS = frozenset({"policy", "extensions"})
_FORBIDDEN = ("privileged", "hostNetwork", "hostPID", "hostIPC")
_SAFE_VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret")
_VOLUMES = (*_SAFE_VOLUMES, "ephemeral")  # servers before 1.19 refuse the last one, so the fix does not write it
_CAPABILITY_LISTS = ("allowedCapabilities", "defaultAddCapabilities")
_NON_ROOT = "MustRunAsNonRoot"
_DEFAULT_PROC_MOUNT = "Default"
_RUNTIME_PROFILE = "runtime/default"
# Annotation -> the profile names in it that switch confinement off.
_PROFILE_ANNOTATIONS = {
    "seccomp.security.alpha.kubernetes.io/allowedProfileNames": frozenset({"*", "unconfined"}),
    "seccomp.security.alpha.kubernetes.io/defaultProfileName": frozenset({"unconfined"}),
    "apparmor.security.beta.kubernetes.io/allowedProfileNames": frozenset({"*", "unconfined"}),
    "apparmor.security.beta.kubernetes.io/defaultProfileName": frozenset({"unconfined"}),
}


def _is_policy(manifest: Manifest) -> bool:
    return kind_of(manifest) == "PodSecurityPolicy" and api_group_of(manifest) in _GROUPS


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each field of a PodSecurityPolicy that allows too much."""
    if not _is_policy(manifest):
        return
    spec = as_map(manifest.get("spec"))
    for field in _FORBIDDEN:
        if spec.get(field) is not None and spec.get(field) is not False:
            yield finding(f"spec.{field}", spec.get(field), "remove it or set it to false")
    if spec.get("allowPrivilegeEscalation") is not False:
        yield finding(
            "spec.allowPrivilegeEscalation", spec.get("allowPrivilegeEscalation"), "set it to false; absent allows it"
        )
    if spec.get("readOnlyRootFilesystem") is not True:
        yield finding("spec.readOnlyRootFilesystem", spec.get("readOnlyRootFilesystem"), "set it to true")
    if as_list(spec.get("hostPorts")):
        yield finding("spec.hostPorts", spec.get("hostPorts"), "remove it")
    yield from _items(spec, "volumes", _VOLUMES, f"name only {', '.join(_SAFE_VOLUMES)}")
    for field in _CAPABILITY_LISTS:
        yield from _items(spec, field, capabilities_added.ALLOWED, "remove it, or name one that runtimes grant anyway")
    yield from _items(spec, "allowedUnsafeSysctls", (), "remove it")
    yield from _items(spec, "allowedProcMountTypes", (_DEFAULT_PROC_MOUNT,), "remove it")
    yield from _run_as_user(spec)
    annotations = as_map(manifest.get("metadata")).get("annotations")
    for key, permissive in _PROFILE_ANNOTATIONS.items():
        value = as_map(annotations).get(key)
        if value is UNKNOWN or not permissive.isdisjoint(_names(value)):
            yield finding(key_path("metadata.annotations", key), value, f"name {_RUNTIME_PROFILE} and no wildcard")


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
    if not _is_policy(manifest):
        return
    spec = ensure_map(manifest, "spec")
    for field in (*_FORBIDDEN, "hostPorts", "allowedUnsafeSysctls"):
        spec.pop(field, None)
    spec["allowPrivilegeEscalation"] = False
    spec["readOnlyRootFilesystem"] = True
    if spec.get("defaultAllowPrivilegeEscalation") is not False:
        spec.pop("defaultAllowPrivilegeEscalation", None)  # the server refuses true beside the field above
    _keep(spec, "allowedProcMountTypes", (_DEFAULT_PROC_MOUNT,))
    for field in _CAPABILITY_LISTS:
        _keep(spec, field, capabilities_added.ALLOWED)
    if "*" in as_list(spec.get("volumes")):
        spec["volumes"] = list(_SAFE_VOLUMES)
    _keep(spec, "volumes", _VOLUMES)
    if any(_run_as_user(spec)):
        spec["runAsUser"] = {"rule": _NON_ROOT}
    annotations = as_map(as_map(manifest.get("metadata")).get("annotations"))
    if not is_changeable(annotations):
        return
    for key, permissive in _PROFILE_ANNOTATIONS.items():
        value = annotations.get(key)
        if value is UNKNOWN or not permissive.isdisjoint(_names(value)):
            annotations[key] = _RUNTIME_PROFILE


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
    harden=harden,
    until=_LAST,
)
