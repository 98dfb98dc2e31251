"""Service accounts: those of workloads, and the account `default` of namespaces that belong to no tenant."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.namespaces import NamespaceSpec
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.objects import account
from k8s_hardening.plans.pod_volumes import PodVolume, token_volume


def workload_accounts(namespace: NamespaceSpec, *, pulls: bool) -> Iterator[Manifest]:
    """The accounts of a tenant's workloads in one namespace."""
    for one in namespace.service_accounts:
        yield account(namespace.name, one.name, pulls=pulls, automount=one.automount)


def token_volumes(inputs: TenantInputs) -> dict[str, PodVolume]:
    """<namespace>/<account> -> the volume in which its pods find their token, for each account that declares one."""
    return {
        f"{namespace.name}/{one.name}": token_volume("token", one.token.audience, one.token.expiry)
        for namespace in inputs.namespaces
        for one in namespace.service_accounts
        if one.token is not None
    }


def inert_accounts(baseline: Baseline) -> Iterator[Manifest]:
    """The accounts `default` to make inert beside those of tenants."""
    for namespace in sorted(baseline.inert_service_accounts):
        yield account(namespace, "default", pulls=False)


def inert_account_advice(baseline: Baseline) -> Iterator[str]:
    """What the operator must look for before running pods restart without their token."""
    if baseline.inert_service_accounts:
        where = ", ".join(sorted(baseline.inert_service_accounts))
        yield (
            f"The account default is inert in {where}: pods there that name no account lose their token with their "
            "next restart. Find them first: for each namespace run kubectl get pods --namespace NAMESPACE --output "
            "jsonpath='{.items[?(@.spec.serviceAccountName==\"default\")].metadata.name}'"
        )
