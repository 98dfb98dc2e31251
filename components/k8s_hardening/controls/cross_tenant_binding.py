"""A tenant's people and service accounts must have rights in its own namespaces only.

Restricted field: subjects[*] of every RoleBinding and ClusterRoleBinding. Not allowed: a subject that the judge knows
as a tenant's, or a service account of a tenant's namespace in any guise, in a namespace that is not that tenant's, or
cluster-wide. Who belongs to several tenants is at home in all of them. Bindings of cluster-admin belong to
tenant-cluster-admin, a missing namespace to default-namespace. One right over the whole cluster is allowed: admins of a
tenant with a `namespace_prefix` make namespaces of such names, by the ClusterRole tenant-<name>-namespaces, which may
give nothing else; namespace-owner holds the server to the prefix.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_subjects import tenant_subjects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str, kind_of, name_of
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, Binding, aggregations_of, binding_of, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.people import namespaces_role

_CREATE: dict[str, list[str]] = {
    "apiGroups": [""],
    "resources": ["namespaces"],
    "verbs": ["create"],
    "nonResourceURLs": [],
}
_FIX = "remove the subject, or bind it in a namespace of its own tenant"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each subject that gets rights outside of its tenant, and each rule beyond the making of namespaces."""
    yield from _more_than_namespaces(manifest, knowledge)
    binding = binding_of(manifest)
    if binding is None or binding.cluster_role == CLUSTER_ADMIN:
        return
    namespace = binding.namespace
    if namespace is None and not binding.is_cluster_wide:
        return
    for subject in tenant_subjects(binding, knowledge):
        if namespace is UNKNOWN:
            yield finding("metadata.namespace", namespace, "name the namespace as a plain value")
            return
        if _makes_namespaces(binding, subject.identity, knowledge):
            continue
        if binding.is_cluster_wide or not subject.is_at_home(as_str(namespace)):
            yield finding(*subject.culprit, _FIX)


def _makes_namespaces(binding: Binding, identity: str | None, knowledge: Knowledge) -> bool:
    return binding.is_cluster_wide and any(
        binding.cluster_role == namespaces_role(tenant.name) and identity in tenant.admins
        for tenant in knowledge.tenants
        if tenant.namespace_prefix is not None
    )


def _more_than_namespaces(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    names = [namespaces_role(tenant.name) for tenant in knowledge.tenants if tenant.namespace_prefix is not None]
    if kind_of(manifest) != "ClusterRole" or name_of(manifest) not in names:
        return
    for path, selector in aggregations_of(manifest):
        yield finding(path, selector, "remove it; the role of a tenant's admins gathers no other")
    for rule in policy_rules_of(manifest):
        for field, allowed in _CREATE.items():
            if rule.values(field) != allowed:
                yield finding(f"{rule.path}.{field}", rule.spec.get(field), f"set it to {json.dumps(allowed)}")


CONTROL = Control(
    id="cross-tenant-binding",
    requirement="A tenant's people and service accounts must have rights in its own namespaces only.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.6.1",),
    check=check,
    concerns=grants_rights,
)
