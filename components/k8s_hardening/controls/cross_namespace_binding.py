"""A service account must have rights in its own namespace only, unless its tenant names it.

Restricted field: subjects[*] of every RoleBinding in a tenant's namespace. Not allowed: a service account of another
namespace of the same tenant, in any guise, or all of them, unless the tenant names the account among its admins,
members or viewers: those have rights in each of its namespaces. Who may start a pod in the one namespace would
otherwise have rights in the other that no list of people shows. Accounts of other tenants belong to
cross-tenant-binding.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.kube.rbac import account_home, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

_ACCOUNT = "serviceaccount:"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each account that gets rights in another namespace than its own, and is not named by the tenant."""
    binding = binding_of(manifest)
    if binding is None or binding.is_cluster_wide:
        return
    namespace = binding.namespace
    for subject in binding.subjects():
        identity = subject.identity
        if identity is not None and not identity.startswith(_ACCOUNT):
            continue
        if namespace is UNKNOWN:
            if knowledge.tenants:
                yield finding("metadata.namespace", namespace, "name the namespace as a plain value")
            return
        tenant = knowledge.tenant_of_namespace(as_str(namespace))
        if tenant is not None and _is_foreign(identity, as_str(namespace), tenant):
            fix = f"bind an account of {namespace}, or name this one among the members or viewers of the tenant"
            yield finding(*subject.culprit, fix)


def _is_foreign(identity: str | None, namespace: str, tenant: TenantFacts) -> bool:
    if identity is None:
        return True  # not known until apply
    home = account_home(identity)
    return home != namespace and home in tenant.namespaces and identity not in tenant.subjects


CONTROL = Control(
    id="cross-namespace-binding",
    requirement="A service account must have rights in its own namespace only, unless its tenant names it.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.6", "CIS 5.6.1"),
    check=check,
    concerns=grants_rights,
)
