"""From the platform's baseline to the inputs of its denial for the whole cluster."""

from __future__ import annotations

from typing import Any

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny import ClusterDenyInputs, ClusterDenySpec


def cluster_deny_inputs(baseline: Baseline) -> ClusterDenyInputs | None:
    """What a baseline denies for the whole cluster, with what it must know of its environment."""
    spec = baseline.cluster_deny
    if spec is None:
        return None
    loader = baseline.apparmor.loader
    written: dict[str, Any] = {
        name: getattr(spec, name) for name in ClusterDenySpec.model_fields if name in spec.model_fields_set
    }
    if loader is not None:
        written["keep"] = (*spec.keep, *loader.api_server)
    return ClusterDenyInputs(
        **written,
        environment=baseline.environment,
        kubernetes=baseline.kubernetes,
        cni=baseline.cni,
        dns=baseline.dns,
        closed_namespaces=tuple(sorted(one.name for tenant in baseline.tenants for one in tenant.namespaces)),
    )
