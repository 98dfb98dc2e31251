"""Everything that a baseline names, as one plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pod_security import GATED
from k8s_hardening.model.apparmor import AppArmorLoaderSpec
from k8s_hardening.model.apparmor_loader import NAMESPACE as LOADER_NAMESPACE
from k8s_hardening.model.apparmor_loader import AppArmorLoaderInputs
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny_inputs import cluster_deny_inputs
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.images import PullSecretSpec
from k8s_hardening.model.inheriting import inherited
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.model.tenant import TenantInputs, TenantSpec
from k8s_hardening.plans.admission_policies import files_of_baseline, missing_policies_advice, objects_of_baseline
from k8s_hardening.plans.apparmor import profile_file
from k8s_hardening.plans.apparmor_loader import loader_advice, plan_apparmor_loader
from k8s_hardening.plans.break_glass import break_glass_advice, plan_break_glass
from k8s_hardening.plans.cluster_deny import cluster_deny_advice, plan_cluster_deny
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect
from k8s_hardening.plans.neighbours import Neighbour, flows_of_others, named_ends, named_tenants
from k8s_hardening.plans.network import plan_deny_all
from k8s_hardening.plans.network_advice import network_advice
from k8s_hardening.plans.plan import Notes, Plan, in_apply_order
from k8s_hardening.plans.pod_security_enforcers import control_plane_of
from k8s_hardening.plans.pod_security_policies import plan_pod_security, pod_security_advice
from k8s_hardening.plans.pull_secrets import left_to_operator
from k8s_hardening.plans.system_namespaces import system_inputs
from k8s_hardening.plans.tenant import admission_advice, plan_tenant


def plan_baseline(baseline: Baseline) -> Plan:
    """The objects of all tenants and of the control plane, and the files of the hosts."""
    control_plane = _control_plane(baseline)
    tenants = [tenant_inputs(baseline, tenant) for tenant in baseline.tenants]
    profiles = () if loader_inputs(baseline) else map(profile_file, baseline.apparmor.profiles)
    policies_advice = pod_security_advice(pod_security_inputs(baseline), is_managed=baseline.dialect is Dialect.MANAGED)
    return Plan(
        manifests=in_apply_order(
            (
                *(one for tenant in tenants for one in plan_tenant(tenant)),
                *_beside_tenants(baseline, control_plane),
            )
        ),
        host_files=tuple(sorted((*profiles, *control_plane.host_files), key=lambda file: file.path)),
        notes=Notes(
            control_plane.not_expressible,
            control_plane.owned_by_provider,
            (
                *_pull_secret_advice(baseline),
                *break_glass_advice(baseline),
                *_admission_advice(tenants),
                *network_advice(baseline),
                *policies_advice,
                *_deny_advice(baseline),
                *_server_advice(baseline),
                *_loader_advice(baseline),
                *control_plane.advice,
            ),
        ),
    )


def objects_beside_tenants(baseline: Baseline) -> tuple[Manifest, ...]:
    """What the plan holds besides the objects of its tenants."""
    return _beside_tenants(baseline, _control_plane(baseline))


def _beside_tenants(baseline: Baseline, control_plane: DialectOutput) -> tuple[Manifest, ...]:
    denial = cluster_deny_inputs(baseline)
    loader = loader_inputs(baseline)
    return (
        *(one for spec in baseline.network.system_namespaces for one in plan_deny_all(system_inputs(baseline, spec))),
        *(plan_cluster_deny(denial) if denial is not None else ()),
        *plan_break_glass(baseline),
        *plan_pod_security(pod_security_inputs(baseline)),
        *objects_of_baseline(baseline),
        *(() if loader is None else plan_apparmor_loader(loader)),
        *control_plane.manifests,
    )


def _control_plane(baseline: Baseline) -> DialectOutput:
    return plan_in_dialect(
        control_plane_of(baseline), baseline.kubernetes, baseline.dialect, files_of_baseline(baseline)
    )


def tenant_inputs(baseline: Baseline, tenant: TenantSpec) -> TenantInputs:
    """A tenant with what it must know of its environment.

    Flows of other tenants that end in its namespaces come along: each half of a flow belongs to the namespace it opens.
    """
    own = Neighbour.of_tenant(tenant)
    flows = (*tenant.flows, *flows_of_others(baseline, own))
    named = named_tenants(baseline, flows)
    return TenantInputs(
        **{name: getattr(tenant, name) for name in TenantSpec.model_fields if name != "flows"},
        flows=flows,
        kubernetes=baseline.kubernetes,
        parent_admins=inherited(tenant, baseline.tenants, "admins"),
        parent_viewers=inherited(tenant, baseline.tenants, "viewers"),
        unfinished_policies=baseline.admission_policies.unfinished_api,
        dns=baseline.dns,
        tenants={name: namespaces for name, namespaces in named.items() if name != tenant.name},
        ends=named_ends(baseline, flows),
        namespace_labels=baseline.network.namespace_labels,
        protect=baseline.target.is_live and tenant.decommission is None,
        pod_security_gate=baseline.pod_security.migration and baseline.kubernetes == GATED,
        exemptions=tuple(
            sorted(
                (one for one in baseline.every_exemption if one.namespace in own.namespaces),
                key=lambda one: one.model_dump_json(),
            )
        ),
        pull_secret=_pull_secret(baseline),
    )


def loader_inputs(baseline: Baseline) -> AppArmorLoaderInputs | None:
    """The loader of AppArmor profiles with what it must know of its environment; None where there is none."""
    loader = baseline.apparmor.loader
    if loader is None:
        return None
    return AppArmorLoaderInputs(
        **{name: getattr(loader, name) for name in AppArmorLoaderSpec.model_fields},
        kubernetes=baseline.kubernetes,
        profiles=baseline.apparmor.profiles,
        migration=baseline.pod_security.migration,
        pull_secret=_pull_secret(baseline),
    )


def _admission_advice(tenants: Iterable[TenantInputs]) -> Iterator[str]:
    for tenant in sorted(tenants, key=lambda one: one.name):
        yield from admission_advice(tenant)


def _deny_advice(baseline: Baseline) -> Iterator[str]:
    if (denial := cluster_deny_inputs(baseline)) is not None:
        yield from cluster_deny_advice(denial)


def _server_advice(baseline: Baseline) -> Iterator[str]:
    return missing_policies_advice(baseline.kubernetes, unfinished_api=baseline.admission_policies.unfinished_api)


def _loader_advice(baseline: Baseline) -> Iterator[str]:
    loader = loader_inputs(baseline)
    if loader is None:
        return
    yield from loader_advice(loader)
    if baseline.cni.name == "cilium":
        # cilium-agent --policy-cidr-match-mode, empty by default: addresses of nodes are entities, not networks.
        yield (
            "Cilium does not count the nodes' own addresses as networks, so the AppArmor loader reaches API servers on "
            "nodes only with policy-cidr-match-mode: nodes in Cilium's configuration."
        )


def _pull_secret(baseline: Baseline) -> PullSecretSpec | None:
    images = baseline.images
    if images.pull_secret_config is None:
        return None
    return PullSecretSpec(
        config=images.pull_secret_config, registries=images.registries, into_cluster=baseline.target.is_live
    )


def _pull_secret_advice(baseline: Baseline) -> Iterator[str]:
    namespaces = [namespace.name for tenant in baseline.tenants for namespace in tenant.namespaces]
    namespaces += [] if baseline.apparmor.loader is None else [LOADER_NAMESPACE]
    if baseline.images.pull_secret_config is not None and namespaces:
        yield left_to_operator(baseline.images.pull_secret_config, namespaces)
