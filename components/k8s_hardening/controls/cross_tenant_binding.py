"""A tenant's people and service accounts must have rights in its own namespaces only.

Restricted field: subjects[*] of every RoleBinding and ClusterRoleBinding. Not allowed: a subject that the judge knows
as a tenant's, or a service account of a tenant's namespace in any guise, in a namespace that is not that tenant's, or
cluster-wide. Who belongs to several tenants is at home in all of them. Bindings of cluster-admin belong to
tenant-cluster-admin, a missing namespace to default-namespace.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_subjects import CLUSTER_ADMIN, tenant_subjects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.kube.rbac import binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge

_FIX = "remove the subject, or bind it in a namespace of its own tenant"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each subject that gets rights outside of its tenant."""
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
        if binding.is_cluster_wide or not subject.is_at_home(as_str(namespace)):
            yield finding(*subject.culprit, _FIX)


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
