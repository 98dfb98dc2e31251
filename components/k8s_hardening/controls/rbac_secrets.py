"""Roles must not let read Secrets at large: by name, or where the platform gives that to a tenant's people.

Restricted fields: verbs and resources of every rule of a Role or ClusterRole that names secrets and no resourceNames.
Not allowed: get, list, watch, patch, delete and deletecollection; the answer to a patch is the whole object, even to
one that changes nothing, and so are those to deletions, even to ones that delete nothing (dryRun=All with
propagationPolicy=Orphan; k8s.io/apiserver v0.18.19 to v0.37.2 pkg/endpoints/handlers/patch.go and
pkg/registry/generic/registry/store.go). Allowed are named Secrets, and the Role of a tenant whose `access` names
secrets, or one for an emergency. Wildcards belong to rbac-wildcards. Whoever starts pods reads the namespace's Secrets
by mounting them: this is about reading without a trace, and across namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_rights import rights_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.rbac import ALL, PolicyRule, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge

_READING = frozenset({"delete", "deletecollection", "get", "list", "patch", "watch"})


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The resource of each rule that reads Secrets it does not name."""
    if "secrets" in rights_of(manifest, knowledge):
        return
    for rule in policy_rules_of(manifest):
        names = rule.values("resourceNames")
        if not _reads(rule) or (names and UNKNOWN not in names):
            continue
        for path, resource in rule.located("resources"):
            if resource is UNKNOWN:
                yield finding(path, resource, "name the resource as a plain value")
            elif resource == "secrets":
                where, value = (f"{rule.path}.resourceNames", UNKNOWN) if names else (path, resource)
                yield finding(where, value, "name the Secrets in resourceNames as plain values, or remove it")


def _reads(rule: PolicyRule) -> bool:
    in_group = any(group is UNKNOWN or group in ("", ALL) for group in rule.values("apiGroups"))
    return in_group and any(
        verb in (UNKNOWN, ALL) or (isinstance(verb, str) and verb in _READING) for verb in rule.values("verbs")
    )


CONTROL = Control(
    id="rbac-secrets",
    requirement="Roles must name the Secrets that they let read.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.2",),
    check=check,
    concerns=grants_rights,
)
