"""The form that seccomp and AppArmor profiles share: a mapping with a `type` that names whose profile it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.controls.shared.security_contexts import context_holders, security_contexts
from k8s_hardening.kube.manifest import UNKNOWN, as_map, ensure_map
from k8s_hardening.kube.pods import Pod

ALLOWED = ("RuntimeDefault", "Localhost")
_FIX = "set it to RuntimeDefault, or to Localhost with a profile of the node"
_NAME = "localhostProfile"
IsName = Callable[[str], bool]
"""Whether the server takes a text as the name of a profile of the node."""


def profile_findings(pod: Pod, field: str, is_name: IsName) -> Iterator[Finding]:
    """Each profile under a securityContext field that is not allowed, then each whose name does not go with its type.

    The server refuses the latter (k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go,
    validateSeccompProfileField and ValidateAppArmorProfileField).
    """
    yield from _forbidden(pod, field)
    yield from _misnamed(pod, field, is_name)


def mend_profiles(pod: Pod, field: str, is_name: IsName) -> None:
    """Replace each profile of which there is a finding by the runtime's default."""
    for holder in context_holders(pod):
        profile = as_map(holder.get("securityContext")).get(field)
        if _is_forbidden(profile) or _is_misnamed(profile, is_name):
            ensure_map(holder, "securityContext")[field] = {"type": "RuntimeDefault"}


def _forbidden(pod: Pod, field: str) -> Iterator[Finding]:
    """Each profile under a securityContext field whose type is not allowed; no profile at all is no finding."""
    for path, context in security_contexts(pod):
        if _is_forbidden(context.get(field)):
            yield finding(f"{path}.{field}.type", as_map(context.get(field)).get("type"), _FIX)


def _is_forbidden(profile: Any) -> bool:
    return profile is not None and as_map(profile).get("type") not in ALLOWED


def _misnamed(pod: Pod, field: str, is_name: IsName) -> Iterator[Finding]:
    """Each name that its type does not take: none or no good one for Localhost, any for the others that are allowed."""
    for path, context in security_contexts(pod):
        if _is_misnamed(context.get(field), is_name):
            profile = as_map(context.get(field))
            is_local = profile.get("type") == "Localhost"
            fix = "name a profile of the node" if is_local else "remove it, or set the type to Localhost"
            yield finding(f"{path}.{field}.{_NAME}", profile.get(_NAME), fix)


def _is_misnamed(profile: Any, is_name: IsName) -> bool:
    kind, name = as_map(profile).get("type"), as_map(profile).get(_NAME)
    if kind == "Localhost":
        return name is UNKNOWN or not (isinstance(name, str) and is_name(name))
    return kind == "RuntimeDefault" and name is not None
