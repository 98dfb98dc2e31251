"""The verb `use` gives nobody a PodSecurityPolicy above the level of the namespace.

Judged up to 1.24, the last version with PodSecurityPolicy. Whoever may use a policy makes pods by it, so these are
restricted:

- rules of Roles and ClusterRoles with the verb use on podsecuritypolicies: resourceNames must be there, since absent
  means every policy, and must not hold the privileged or the baseline policy of the house. What policies of others
  allow is judged where they are made. Wildcards belong to rbac-wildcards;
- the ClusterRoles of the house, one for each of its policies: they must be as plans emit them, since other controls
  know them by name;
- bindings of the privileged one: RoleBindings in kube-system and in the namespaces that the judge knows to run parts of
  the system, for the service accounts of that namespace, and in kube-system for system:nodes, which make mirror pods;
- bindings of the baseline one: RoleBindings, and in a tenant's namespace only where its level is baseline.

Source: k8s.io/kubernetes v1.24.17 plugin/pkg/admission/security/podsecuritypolicy/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_security_policies import Level, use_rules
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, kind_of, name_of
from k8s_hardening.kube.pod_security_policies import GROUPS, LAST, RESOURCE
from k8s_hardening.kube.rbac import ALL, Binding, PolicyRule, Subject, binding_of, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge

_SYSTEM = "kube-system"
_NODES = "group:system:nodes"
_USE = "use"
_FREE = Level.RESTRICTED
_GUARDED = tuple(level.policy for level in Level if level is not _FREE)
_OWN_ROLES = {level.role: level for level in Level}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each policy that a role gives too freely, and each binding that takes it where it does not belong."""
    level = _OWN_ROLES.get(name_of(manifest)) if kind_of(manifest) == "ClusterRole" else None
    if level is not None and grants_rights(manifest):
        if manifest.get("rules") != use_rules(level) or manifest.get("aggregationRule") is not None:
            fix = f"grant {_USE} of {level.policy} and nothing else, or give the role a name of its own"
            yield finding("rules", manifest.get("rules"), fix)
        return
    for rule in policy_rules_of(manifest):
        yield from _rule(rule)
    binding = binding_of(manifest)
    if binding is not None:
        yield from _binding(binding, knowledge)


def _rule(rule: PolicyRule) -> Iterator[Finding]:
    groups = _may_hold(rule.values("apiGroups"), (ALL, *GROUPS))
    if not (groups and _may_hold(rule.values("resources"), (RESOURCE,)) and _may_hold(rule.values("verbs"), (_USE,))):
        return
    names = list(rule.located("resourceNames"))
    if not names:
        yield finding(f"{rule.path}.resourceNames", None, f"name {_FREE.policy}; absent means every policy")
    for path, name in names:
        if name is UNKNOWN or name in _GUARDED:
            yield finding(path, name, f"name {_FREE.policy}, or bind a role of the house where its level is meant")


def _may_hold(values: list[Any], wanted: tuple[str, ...]) -> bool:
    return any(value is UNKNOWN or value in wanted for value in values)


def _binding(binding: Binding, knowledge: Knowledge) -> Iterator[Finding]:
    role = binding.cluster_role
    if role is UNKNOWN:
        yield finding("roleRef.name", role, "name the role as a plain value")
    elif role == Level.PRIVILEGED.role:
        yield from _privileged(binding, (_SYSTEM, *knowledge.privileged_namespaces))
    elif role == Level.BASELINE.role and not _is_for_baseline(binding, knowledge):
        fix = f"bind {_FREE.role}, or make the level of the namespace baseline and bind it there"
        yield finding("roleRef.name", role, fix)


def _privileged(binding: Binding, namespaces: tuple[str, ...]) -> Iterator[Finding]:
    if binding.is_cluster_wide or binding.namespace not in namespaces:
        fix = f"bind it by a RoleBinding in {' or '.join(sorted(namespaces))}, or bind {_FREE.role}"
        yield finding("roleRef.name", Level.PRIVILEGED.role, fix)
        return
    for subject in binding.subjects():
        if not _is_part_of_the_system(subject, as_str(binding.namespace)):
            path, value = subject.culprit
            yield finding(path, value, f"name service accounts of {binding.namespace}, or in {_SYSTEM} system:nodes")


def _is_part_of_the_system(subject: Subject, namespace: str) -> bool:
    identity = subject.identity
    if identity is None:
        return False
    return identity.startswith(f"serviceaccount:{namespace}/") or (identity == _NODES and namespace == _SYSTEM)


def _is_for_baseline(binding: Binding, knowledge: Knowledge) -> bool:
    namespace = binding.namespace
    if binding.is_cluster_wide or namespace is UNKNOWN:
        return False
    owner = knowledge.tenant_of_namespace(as_str(namespace))
    return owner is None or owner.namespaces[as_str(namespace)] != Level.RESTRICTED


CONTROL = Control(
    id="pod-security-policy-use",
    requirement="Nobody may use a PodSecurityPolicy above the level of the namespace.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("Kubernetes: Pod Security Policies, authorizing policies", "CIS 5.2.2"),
    check=check,
    concerns=grants_rights,
    until=LAST,
)
