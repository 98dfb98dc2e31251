"""Everything that a baseline names, as one plan."""

from __future__ import annotations

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.tenant import TenantInputs, TenantSpec
from k8s_hardening.plans.apparmor import profile_file
from k8s_hardening.plans.control_plane.admission import plan_admission
from k8s_hardening.plans.network import touches
from k8s_hardening.plans.plan import HostFile, Plan, in_apply_order
from k8s_hardening.plans.tenant import plan_tenant

# These dialects take no file from us for the API server's admission: the provider or the distribution owns it.
_NO_ADMISSION_FILE = frozenset({Dialect.MANAGED, Dialect.TALOS})


def plan_baseline(baseline: Baseline) -> Plan:
    """The objects of all tenants and the files of the hosts."""
    return Plan(
        manifests=in_apply_order(
            manifest for tenant in baseline.tenants for manifest in plan_tenant(tenant_inputs(baseline, tenant))
        ),
        host_files=tuple(_host_files(baseline)),
    )


def tenant_inputs(baseline: Baseline, tenant: TenantSpec) -> TenantInputs:
    """A tenant with what it must know of its environment.

    Flows of other tenants that end in its namespaces come along: each half of a flow belongs to the namespace it opens.
    """
    own = {namespace.name for namespace in tenant.namespaces}
    foreign = tuple(
        flow.model_copy(update={"name": f"{other.name}.{flow.name}"})
        for other in baseline.tenants
        if other.name != tenant.name
        for flow in other.flows
        if any(touches(flow, namespace) for namespace in own)
    )
    return TenantInputs(
        **{name: getattr(tenant, name) for name in TenantSpec.model_fields if name != "flows"},
        flows=(*tenant.flows, *foreign),
        kubernetes=baseline.kubernetes,
        dns=baseline.dns,
        protect=baseline.target.is_live and tenant.decommission is None,
    )


def _host_files(baseline: Baseline) -> list[HostFile]:
    files = [profile_file(profile) for profile in baseline.apparmor.profiles]
    if baseline.dialect not in _NO_ADMISSION_FILE:
        admission = plan_admission(AdmissionSpec(), baseline.kubernetes)
        files += [setting.file for setting in admission.settings if setting.file is not None]
    return sorted(files, key=lambda file: file.path)
