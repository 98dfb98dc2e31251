"""Nobody of a tenant may be cluster-admin, not even in one namespace.

Restricted field: subjects[*] of every binding whose role is the ClusterRole cluster-admin. Not allowed: subjects that
the judge knows as a tenant's, and service accounts of a tenant's namespace in any guise. In a RoleBinding the role is
as bad: its holder deletes the namespace's deny-all, quota and roles.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_subjects import tenant_subjects
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge

_FIX = "remove the subject, or bind it to a Role of its own namespace"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each subject of a tenant that is bound to cluster-admin."""
    binding = binding_of(manifest)
    if binding is None or binding.cluster_role not in (CLUSTER_ADMIN, UNKNOWN):
        return
    subjects = list(tenant_subjects(binding, knowledge))
    if binding.cluster_role is UNKNOWN:
        if subjects:
            yield finding("roleRef.name", UNKNOWN, "name the role as a plain value")
        return
    for subject in subjects:
        yield finding(*subject.culprit, _FIX)


CONTROL = Control(
    id="tenant-cluster-admin",
    requirement="Nobody of a tenant may be cluster-admin.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.1",),
    check=check,
    concerns=grants_rights,
)
