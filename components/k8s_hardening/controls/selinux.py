"""Containers must not choose an SELinux type beyond those for containers, nor an SELinux user or role.

Restricted field: seLinuxOptions in the securityContext of the pod and of every container. Allowed: a `type` that is
absent, empty or one of the types for containers; `user` and `role` absent or empty. Version 1.31 adds a type.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_seLinuxOptions.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.security_contexts import context_holders, security_contexts
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map
from k8s_hardening.kube.pods import carries_pods, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

FIELD = "seLinuxOptions"
_UNSET = (None, "")
TYPES = (*_UNSET, "container_t", "container_init_t", "container_kvm_t")
TYPES_1_31 = (*TYPES, "container_engine_t")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each forbidden type, user and role."""
    return _find(manifest, TYPES)


def check_1_31(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, container_engine_t allowed."""
    return _find(manifest, TYPES_1_31)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove each forbidden type, user and role; the level stays."""
    _mend(manifest, TYPES)


def harden_1_31(manifest: Manifest, knowledge: Knowledge) -> None:
    """The same, container_engine_t allowed."""
    _mend(manifest, TYPES_1_31)


def _forbidden(options: dict[str, Any], types: tuple[str | None, ...]) -> list[str]:
    return [key for key in ("type", "user", "role") if options.get(key) not in (types if key == "type" else _UNSET)]


def _find(manifest: Manifest, types: tuple[str | None, ...]) -> Iterator[Finding]:
    for pod in pods_of(manifest):
        for path, context in security_contexts(pod):
            options = as_map(context.get(FIELD))
            for key in _forbidden(options, types):
                yield finding(f"{path}.{FIELD}.{key}", options.get(key), "remove it")


def _mend(manifest: Manifest, types: tuple[str | None, ...]) -> None:
    for pod in pods_of(manifest):
        for holder in context_holders(pod):
            options = as_map(as_map(holder.get("securityContext")).get(FIELD))
            for key in _forbidden(options, types):
                ensure_map(ensure_map(holder, "securityContext"), FIELD).pop(key, None)


CONTROL = Control(
    id="selinux",
    requirement="Containers must not choose an SELinux user or role, nor a type that is not for containers.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: SELinux",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=KubeVersion(1, 31), check=check_1_31, harden=harden_1_31),),
)
