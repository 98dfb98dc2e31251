"""The form that seccomp and AppArmor profiles share: a mapping with a `type` that names whose profile it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.controls.shared.security_contexts import context_holders, security_contexts
from k8s_hardening.kube.manifest import as_map, ensure_map
from k8s_hardening.kube.pods import Pod

ALLOWED = ("RuntimeDefault", "Localhost")
_FIX = "set it to RuntimeDefault, or to Localhost with a profile of the node"


def forbidden_profiles(pod: Pod, field: str) -> Iterator[Finding]:
    """Each profile under a securityContext field whose type is not allowed; no profile at all is no finding."""
    for path, context in security_contexts(pod):
        if _is_forbidden(context.get(field)):
            yield finding(f"{path}.{field}.type", as_map(context.get(field)).get("type"), _FIX)


def allow_profiles(pod: Pod, field: str) -> None:
    """Replace each profile that is not allowed by the runtime's default."""
    for holder in context_holders(pod):
        if _is_forbidden(as_map(holder.get("securityContext")).get(field)):
            ensure_map(holder, "securityContext")[field] = {"type": "RuntimeDefault"}


def _is_forbidden(profile: Any) -> bool:
    return profile is not None and as_map(profile).get("type") not in ALLOWED
