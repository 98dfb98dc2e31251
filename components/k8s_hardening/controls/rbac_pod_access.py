"""Roles must not let into running pods, except where the platform gives that to a tenant's people.

Restricted fields: verbs and resources of every rule of a Role or ClusterRole. Not allowed: get and create on pods/exec,
pods/attach and pods/portforward; update and patch on pods/ephemeralcontainers; any verb on pods/proxy and
services/proxy, where a get passes requests on. A get is as good as a create up to 1.34, by websocket; from 1.35 the
server asks for create as well unless the gate AuthorizePodWebsocketUpgradeCreatePermission is off (k8s.io/kubernetes
v1.37.2 pkg/registry/core/pod/rest/subresources.go; v1.34.4 knows no such gate). Allowed is a create (of
ephemeralcontainers an update or patch) in a Role of a tenant whose `access` names it, and in one for an emergency.
There is no fix: somebody must say who needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_rights import rights_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.rbac import ALL, PolicyRule, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class _Door:
    """A way into a pod."""

    right: str | None
    """What model/people.py calls it; None: nobody gets it."""
    needed: frozenset[str]
    """Verbs that open it as meant."""
    opening: frozenset[str]
    """Every verb that opens it; empty: any."""


_CONNECT = frozenset({"create"})
_ANY_CONNECT = frozenset({"create", "get"})
_PATCH = frozenset({"patch", "update"})
_DOORS = {
    "pods/attach": _Door("attach", _CONNECT, _ANY_CONNECT),
    "pods/ephemeralcontainers": _Door("ephemeral_containers", _PATCH, _PATCH),
    "pods/exec": _Door("exec", _CONNECT, _ANY_CONNECT),
    "pods/portforward": _Door("port_forward", _CONNECT, _ANY_CONNECT),
    "pods/proxy": _Door(None, frozenset(), frozenset()),
    "services/proxy": _Door(None, frozenset(), frozenset()),
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each resource by which the rule's verbs lead into a pod."""
    rights = rights_of(manifest, knowledge)
    for rule in policy_rules_of(manifest):
        if not any(group is UNKNOWN or group in ("", ALL) for group in rule.values("apiGroups")):
            continue
        for path, resource in rule.located("resources"):
            if resource is UNKNOWN:
                yield finding(path, resource, "name the resource as a plain value")
            door = _DOORS.get(resource) if isinstance(resource, str) else None
            if door is not None and _is_open(door, rule, rights):
                yield finding(path, resource, _fix(door))


def _is_open(door: _Door, rule: PolicyRule, rights: frozenset[str]) -> bool:
    allowed = door.needed if door.right in rights else frozenset()
    for verb in rule.values("verbs"):
        if verb in (UNKNOWN, ALL) or not door.opening:
            return True
        if isinstance(verb, str) and verb in door.opening - allowed:
            return True
    return False


def _fix(door: _Door) -> str:
    if door.right is None:
        return "remove it; whoever holds it talks to the pod as if from the API server"
    return f"remove it, or let the baseline give it to a tenant's role: access.{door.right}, with {_verbs(door)} alone"


def _verbs(door: _Door) -> str:
    return " and ".join(sorted(door.needed))


CONTROL = Control(
    id="rbac-pod-access",
    requirement="Roles must not let into running pods unless the platform has given that to a tenant's people.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("Kubernetes: RBAC Good Practices",),
    check=check,
    concerns=grants_rights,
)
