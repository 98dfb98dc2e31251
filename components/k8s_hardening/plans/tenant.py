"""A tenant's namespaces: Pod Security labels, quota, limits, inert default account, roles and deny-all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.shared.admitted_levels import admitted_level
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.kube.pod_security import judges
from k8s_hardening.model.knowing import facts_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import DECOMMISSION_ANNOTATION, MANAGED_BY, NAMESPACE_LABEL, PARENT_LABEL, TENANT_LABEL
from k8s_hardening.model.tenant import NamespaceSpec, TenantInputs
from k8s_hardening.plans.flows import Place, Surroundings
from k8s_hardening.plans.network import deny_all
from k8s_hardening.plans.objects import account, object_in
from k8s_hardening.plans.plan import hardened
from k8s_hardening.plans.pod_security import pod_security_labels, weaker_label_advice
from k8s_hardening.plans.tenant_roles import cluster_objects, role_objects


def plan_tenant(inputs: TenantInputs) -> tuple[Manifest, ...]:
    """All objects of one tenant, in apply order."""
    return hardened(_objects(inputs), _knowledge(inputs))


def _knowledge(inputs: TenantInputs) -> Knowledge:
    facts = facts_of(inputs, parent_admins=inputs.parent_admins, parent_viewers=inputs.parent_viewers)
    return Knowledge(kubernetes=inputs.kubernetes, tenants=(facts,), exemptions=inputs.exemptions)


def admission_advice(inputs: TenantInputs) -> Iterator[str]:
    """What the server does not enforce in the tenant's namespaces, since something is exempt there."""
    if not judges(inputs.kubernetes, gate=inputs.pod_security_gate):
        return
    for namespace in inputs.namespaces:
        yield from weaker_label_advice(namespace.name, namespace.pod_security, _knowledge(inputs))


def _objects(inputs: TenantInputs) -> Iterator[Manifest]:
    own = tuple(namespace.name for namespace in inputs.namespaces)
    around = Surroundings(inputs.kubernetes, {**inputs.tenants, inputs.name: own}, inputs.ends)
    for namespace in inputs.namespaces:
        yield _namespace(inputs, namespace)
        yield object_in(namespace.name, "v1", "ResourceQuota", "tenant-quota", spec={"hard": dict(namespace.quota)})
        yield _limit_range(namespace)
        # The account of pods that name none.
        yield account(namespace.name, "default", pulls=inputs.pull_secret is not None)
        yield from role_objects(inputs, namespace.name)
        place = Place(namespace.name, _labels(inputs, namespace), around)
        yield from deny_all(place, inputs.dns, (flow for flow in inputs.flows if place.is_touched_by(flow)))
    yield from cluster_objects(inputs)


def _labels(inputs: TenantInputs, namespace: NamespaceSpec) -> dict[str, str]:
    labels = {
        **inputs.labels,
        **MANAGED_BY,
        TENANT_LABEL: inputs.name,
        **pod_security_labels(
            admitted_level(namespace.pod_security, namespace.name, _knowledge(inputs)).level,
            inputs.kubernetes,
            gate=inputs.pod_security_gate,
        ),
    }
    if inputs.parent is not None:
        labels[PARENT_LABEL] = inputs.parent
    if inputs.kubernetes < NAMESPACES_NAMED_SINCE:
        labels[NAMESPACE_LABEL] = namespace.name
    return labels


def _namespace(inputs: TenantInputs, namespace: NamespaceSpec) -> Manifest:
    metadata: dict[str, Any] = {"name": namespace.name, "labels": _labels(inputs, namespace)}
    if inputs.decommission is not None:
        metadata["annotations"] = {DECOMMISSION_ANNOTATION: inputs.decommission.isoformat()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _limit_range(namespace: NamespaceSpec) -> Manifest:
    limits = namespace.limits
    item = {
        "type": "Container",
        "defaultRequest": dict(limits.default_request),
        "default": dict(limits.default),
        "max": dict(limits.max),
    }
    return object_in(namespace.name, "v1", "LimitRange", "tenant-limits", spec={"limits": [item]})
