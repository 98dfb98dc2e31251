"""A tenant's namespaces: Pod Security labels, quota, limits, inert default account, roles and deny-all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.shared.admitted_levels import admitted_level
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.kube.nodes import (
    ALLOWED_TOLERATIONS,
    DEFAULT_TOLERATIONS,
    NODE_SELECTOR,
    TOLERATIONS_OF_THE_SERVER,
    selector_text,
)
from k8s_hardening.kube.pod_security import judges
from k8s_hardening.model.knowing import facts_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import DECOMMISSION_ANNOTATION, MANAGED_BY, NAMESPACE_LABEL, PARENT_LABEL, TENANT_LABEL
from k8s_hardening.model.namespaces import NamespaceSpec
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.flows import Place, Surroundings
from k8s_hardening.plans.network import deny_all
from k8s_hardening.plans.objects import account
from k8s_hardening.plans.plan import hardened
from k8s_hardening.plans.pod_security import pod_security_labels, weaker_label_advice
from k8s_hardening.plans.service_accounts import workload_accounts
from k8s_hardening.plans.tenant_limits import limit_range, quotas
from k8s_hardening.plans.tenant_roles import cluster_objects, role_objects
from k8s_hardening.plans.tolerations import toleration


def plan_tenant(inputs: TenantInputs) -> tuple[Manifest, ...]:
    """All objects of one tenant, in apply order."""
    return hardened(_objects(inputs), _knowledge(inputs))


def _knowledge(inputs: TenantInputs) -> Knowledge:
    return Knowledge(
        kubernetes=inputs.kubernetes,
        tenants=(facts_of(inputs, parent_admins=inputs.parent_admins, parent_viewers=inputs.parent_viewers),),
        pod_node_selector=inputs.pod_node_selector,
        exemptions=inputs.exemptions,
    )


def admission_advice(inputs: TenantInputs) -> Iterator[str]:
    """What the server does not enforce in the tenant's namespaces, since it has no means or something is exempt."""
    if inputs.node_selector and not inputs.pod_node_selector:
        yield (
            f"No PodNodeSelector is known to run in the API server, so the pods of tenant {inputs.name} must name "
            f"their nodes themselves ({selector_text(inputs.node_selector)}): the control tenant-nodes holds them to "
            "it, before they are applied and, where there are ValidatingAdmissionPolicies, in the API server."
        )
    if inputs.tolerations and not inputs.pod_toleration_restriction:
        yield (
            f"No PodTolerationRestriction is known to run in the API server, so the pods of tenant {inputs.name} must "
            "name their tolerations themselves, and may name others."
        )
    if not judges(inputs.kubernetes, gate=inputs.pod_security_gate):
        return
    for namespace in inputs.namespaces:
        yield from weaker_label_advice(namespace.name, namespace.pod_security, _knowledge(inputs))


def _objects(inputs: TenantInputs) -> Iterator[Manifest]:
    own = tuple(namespace.name for namespace in inputs.namespaces)
    around = Surroundings(inputs.kubernetes, {**inputs.tenants, inputs.name: own}, inputs.ends)
    for namespace in inputs.namespaces:
        yield _namespace(inputs, namespace)
        yield from quotas(namespace, inputs.priority_classes)
        yield limit_range(namespace)
        # The account of pods that name none.
        pulls = inputs.pull_secret is not None
        yield account(namespace.name, "default", pulls=pulls)
        yield from workload_accounts(namespace, pulls=pulls)
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
    annotations = dict(_annotations(inputs))
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _annotations(inputs: TenantInputs) -> Iterator[tuple[str, str]]:
    if inputs.decommission is not None:
        yield DECOMMISSION_ANNOTATION, inputs.decommission.isoformat()
    if inputs.pod_node_selector and inputs.node_selector:
        yield NODE_SELECTOR, selector_text(inputs.node_selector)
    if inputs.pod_toleration_restriction and inputs.tolerations:
        own = [toleration(one) for one in inputs.tolerations]
        yield DEFAULT_TOLERATIONS, json.dumps(own)
        yield ALLOWED_TOLERATIONS, json.dumps([*own, *TOLERATIONS_OF_THE_SERVER])
