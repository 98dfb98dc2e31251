"""From the platform's baseline to what the judge knows for itself."""

from __future__ import annotations

from collections.abc import Collection

from k8s_hardening.model.apparmor_loader import NAMESPACE as LOADER_NAMESPACE
from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny_inputs import cluster_deny_inputs
from k8s_hardening.model.inheriting import inherited
from k8s_hardening.model.knowledge import DenialFacts, DnsFacts, EmergencyFacts, Knowledge, TenantFacts
from k8s_hardening.model.people import Holder
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.model.tenant import TenantSpec


def knowledge_of(baseline: Baseline) -> Knowledge:
    """What controls judge an environment by; undated, since a plan has no clock.

    It becomes a file of the policy pack, so it is sorted: the order in the baseline makes no difference there.
    """
    return Knowledge(
        kubernetes=baseline.kubernetes,
        cni=baseline.cni.name,
        cni_version=baseline.cni.version,
        cni_switches=tuple(sorted(set(baseline.cni.switches))),
        cluster_deny=denial_of(baseline),
        mesh_plugins=tuple(sorted(set(baseline.cni.mesh_plugins))),
        digests_required=not baseline.images.allow_tags,
        registries=tuple(sorted(set(baseline.images.registries))),
        apparmor_required=baseline.apparmor.required,
        apparmor_profiles=profile_names(baseline.apparmor.profiles),
        apparmor_preinstalled=tuple(sorted(set(baseline.apparmor.preinstalled))),
        apparmor_labelled=baseline.apparmor.loader is not None,
        host_paths={name: tuple(sorted(set(paths))) for name, paths in sorted(baseline.host_paths.items())},
        platform=tuple(sorted(set(baseline.admission_policies.platform))),
        namespace_labels=tuple(sorted(set(baseline.network.namespace_labels))),
        dns=_dns(baseline),
        tenants=tuple(
            facts_of(
                tenant,
                baseline.network.namespace_labels,
                parent_admins=inherited(tenant, baseline.tenants, "admins"),
                parent_viewers=inherited(tenant, baseline.tenants, "viewers"),
            )
            for tenant in sorted(baseline.tenants, key=lambda tenant: tenant.name)
        ),
        privileged_namespaces=tuple(sorted(_privileged_namespaces(baseline))),
        break_glass=tuple(
            EmergencyFacts(
                name=one.name,
                subjects=tuple(sorted(set(one.subjects))),
                tenant=one.tenant,
                owner=one.owner,
                expires=one.expires,
            )
            for one in sorted(baseline.break_glass, key=lambda one: one.name)
        ),
        exemptions=tuple(sorted(baseline.every_exemption, key=lambda exemption: exemption.model_dump_json())),
    )


def denial_of(baseline: Baseline) -> DenialFacts | None:
    """What an environment denies for the whole cluster."""
    inputs = cluster_deny_inputs(baseline)
    if inputs is None:
        return None
    return DenialFacts(
        kind=inputs.chosen_kind().value,
        networks=tuple(str(network) for network in inputs.left(inputs.networks)),
        priority=inputs.priority,
    )


def _privileged_namespaces(baseline: Baseline) -> set[str]:
    namespaces = set(pod_security_inputs(baseline).privileged_namespaces)
    has_loader = baseline.apparmor.loader is not None and baseline.pod_security.uses_policies(baseline.kubernetes)
    return namespaces | ({LOADER_NAMESPACE} if has_loader else set())


def _dns(baseline: Baseline) -> DnsFacts | None:
    dns = baseline.dns
    is_closed = any(one.name == dns.namespace for one in baseline.network.system_namespaces)
    return DnsFacts(namespace=dns.namespace, pods=dict(sorted(dns.pods.items()))) if is_closed else None


def facts_of(
    tenant: TenantSpec,
    namespace_labels: Collection[str] = (),
    *,
    parent_admins: Collection[str] = (),
    parent_viewers: Collection[str] = (),
) -> TenantFacts:
    """Who a tenant is, in sorted order; with the labels of its namespaces that only the platform sets.

    Args:
        tenant: the tenant itself.
        namespace_labels: keys of the labels that only the platform sets.
        parent_admins: admins of the tenants that it is a part of.
        parent_viewers: viewers of the tenants that it is a part of.
    """
    return TenantFacts(
        name=tenant.name,
        namespaces={
            namespace.name: namespace.pod_security.value
            for namespace in sorted(tenant.namespaces, key=lambda namespace: namespace.name)
        },
        subjects=tuple(sorted({*tenant.subjects(), *parent_admins, *parent_viewers})),
        parent=tenant.parent,
        admins=tuple(sorted({*tenant.admins, *parent_admins})),
        auditors=tuple(sorted({*tenant.viewers, *parent_viewers})) if tenant.separation else (),
        access={right: held for right, held in tenant.access.held().items() if held is not Holder.NOBODY},
        delegation=tenant.delegation,
        namespace_prefix=tenant.namespace_prefix,
        service_types=tuple(sorted({one.value for one in tenant.service_types})),
        ingress_hosts=tuple(sorted(set(tenant.ingress_hosts))),
        storage_classes=tuple(sorted(set(tenant.storage_classes))),
        labels={key: value for key, value in sorted(tenant.labels.items()) if key in namespace_labels},
    )
