"""From the platform's baseline to what the judge knows for itself."""

from __future__ import annotations

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowledge import Knowledge, TenantFacts


def knowledge_of(baseline: Baseline) -> Knowledge:
    """What controls judge an environment by; undated, since a plan has no clock."""
    return Knowledge(
        kubernetes=baseline.kubernetes,
        cni=baseline.cni.name,
        digests_required=not baseline.images.allow_tags,
        registries=baseline.images.registries,
        tenants=tuple(
            TenantFacts(
                name=tenant.name,
                namespaces={namespace.name: namespace.pod_security.value for namespace in tenant.namespaces},
                subjects=tuple(sorted(set(tenant.subjects()))),
            )
            for tenant in baseline.tenants
        ),
        exemptions=baseline.exemptions,
    )
