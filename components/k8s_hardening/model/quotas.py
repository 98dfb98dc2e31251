"""What the namespaces of a tenant may hold together: the hard limits of a ResourceQuota."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.kube.names import is_label_key
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.model.checked import Quantity, over, wrong

# k8s.io/kubernetes v1.37.2 pkg/apis/core/helper: standard quota resources; counts must be whole numbers.
_COUNTS = frozenset({
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps",
    "services.nodeports", "services.loadbalancers",
})  # fmt: skip
QUOTA_RESOURCES = _COUNTS | {
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
}  # fmt: skip
DEFAULT_QUOTA = {
    "pods": "50",
    "requests.cpu": "4",
    "requests.memory": "8Gi",
    "limits.cpu": "8",
    "limits.memory": "16Gi",
    "services.nodeports": "0",
    "services.loadbalancers": "0",
}


def _quota_resource(name: str) -> str:
    # Of other names only qualified ones count: count/deployments.apps, requests.nvidia.com/gpu.
    if (
        name in QUOTA_RESOURCES
        or name.startswith(("hugepages-", "requests.hugepages-"))
        or ("/" in name and is_label_key(name))
    ):
        return name
    raise wrong("is not a resource of a quota", '"requests.cpu" or "count/jobs.batch"')


def _quota(quota: dict[str, str]) -> dict[str, str]:
    for name, amount in quota.items():
        if (name in _COUNTS or name.startswith("count/")) and parse_quantity(amount) % 1:
            raise wrong(f'holds "{name}: {amount}", a count that is not whole', '{pods: "50"}')
    for resource in ("cpu", "memory", "ephemeral-storage"):
        requests, limits = f"requests.{resource}", f"limits.{resource}"
        if requests in quota and limits in quota and parse_quantity(quota[limits]) < parse_quantity(quota[requests]):
            raise wrong(
                f"has {limits} {quota[limits]} below {requests} {quota[requests]}",
                f'{{{requests}: "{quota[limits]}", {limits}: "{quota[requests]}"}}',
            )
    return quota


Quota = Annotated[
    dict[Annotated[str, AfterValidator(_quota_resource)], Quantity], over(DEFAULT_QUOTA), AfterValidator(_quota)
]
