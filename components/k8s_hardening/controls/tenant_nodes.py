"""A tenant's pods must ask for the nodes that the environment gives the tenant, and for no others.

Restricted field, of pods in the namespaces of a tenant with a `node_selector`: spec.nodeSelector. Required: each label
of the tenant's selector with its value. Absent means: where the API server runs PodNodeSelector, the labels are added
to each pod by the annotation scheduler.alpha.kubernetes.io/node-selector of the namespace, which must then be there;
elsewhere any node, so that pods and whatever makes them must say the labels themselves. Required node affinity only
narrows what the selector leaves, and the kubelet turns away a pod whose selector does not fit its node, even one that
names the node. Tolerations let a pod onto more nodes, but onto none without the labels.
Sources: k8s.io/kubernetes v1.37.2 plugin/pkg/admission/podnodeselector/admission.go,
pkg/scheduler/framework/plugins/nodeaffinity, pkg/kubelet/lifecycle/predicate.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.tenant_limits import shown, tenants_of_object
from k8s_hardening.kube.admission_policies import CHANGED_NAMESPACES, NEW_NAMESPACES
from k8s_hardening.kube.cel import text, texts_by_name
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_map,
    ensure_map,
    is_changeable,
    key_path,
    kind_of,
    name_of,
)
from k8s_hardening.kube.nodes import NODE_SELECTOR, selector_text
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "nodeSelector"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each label of the tenant's nodes that a pod lacks, or has with another value."""
    yield from _namespace(manifest, knowledge)
    for tenant in tenants_of_object(manifest, knowledge):
        for pod in pods_of(manifest):
            selector = pod.spec.get(FIELD)
            for key, value in sorted(tenant.node_selector.items()):
                found = UNKNOWN if selector is UNKNOWN else as_map(selector).get(key)
                if found != value and not (found is None and knowledge.pod_node_selector):
                    yield finding(key_path(f"{pod.path}.{FIELD}", key), shown(found, manifest), f'set it to "{value}"')


def _namespace(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    if (wanted := _annotation(manifest, knowledge)) is not None:
        found = as_map(as_map(manifest.get("metadata")).get("annotations")).get(NODE_SELECTOR)
        if found != wanted:
            yield finding(key_path("metadata.annotations", NODE_SELECTOR), found, f'set it to "{wanted}"')


def _annotation(manifest: Manifest, knowledge: Knowledge) -> str | None:
    """What a namespace must say to the plug-in; None where there is nothing to say."""
    if kind_of(manifest) != "Namespace" or api_group_of(manifest) or not knowledge.pod_node_selector:
        return None
    owner = knowledge.tenant_of_namespace(name_of(manifest))
    return selector_text(owner.node_selector) if owner is not None and owner.node_selector else None


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Set the labels, where the tenant is known, and what the namespace says of them."""
    metadata = as_map(manifest.get("metadata"))
    if (wanted := _annotation(manifest, knowledge)) is not None and is_changeable(metadata):
        ensure_map(metadata, "annotations")[NODE_SELECTOR] = wanted
    if metadata.get("namespace") is UNKNOWN:
        return
    for tenant in tenants_of_object(manifest, knowledge):
        for pod in pods_of(manifest):
            if tenant.node_selector and is_changeable(pod.spec) and pod.spec.get(FIELD) is not UNKNOWN:
                pod.spec[FIELD] = {**as_map(pod.spec.get(FIELD)), **tenant.node_selector}


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, which sees pods after the plug-in has given them the labels."""
    bound = {
        name: tenant.node_selector for tenant in knowledge.tenants for name in tenant.namespaces if tenant.node_selector
    }
    if not bound:
        return ()
    nodes = "variables.pod.nodeSelector"
    absent = "true" if knowledge.pod_node_selector else "false"
    annotations, key = "object.metadata.annotations", text(NODE_SELECTOR)
    table = texts_by_name({name: selector_text(labels) for name, labels in bound.items()})
    name = "object.metadata.name"
    is_said = f"has({annotations}) && {key} in {annotations} && {annotations}[{key}] == {table}[{name}]"
    of_namespaces = AdmissionRule(
        fix=f"give {NODE_SELECTOR} the labels of the nodes that the environment gives the tenant",
        targets=(NEW_NAMESPACES, CHANGED_NAMESPACES),
        expressions=(f"!({name} in {table}) || ({is_said})",),
    )
    return (
        *((of_namespaces,) if knowledge.pod_node_selector else ()),
        AdmissionRule(
            fix="set in nodeSelector the labels of the nodes that the environment gives the tenant",
            expressions=(
                f"variables.wanted.all(k, has({nodes}) && k in {nodes} ? {nodes}[k] == variables.wanted[k] : {absent})",
            ),
            variables={"wanted": _wanted(bound)},
            namespaces=tuple(sorted(bound)),
        ),
    )


def _wanted(bound: dict[str, dict[str, str]]) -> str:
    """The labels of the request's namespace, which is one of these."""
    table = ", ".join(f"{text(name)}: {texts_by_name(labels)}" for name, labels in sorted(bound.items()))
    return f"{{{table}}}[request.namespace]"


CONTROL = Control(
    id="tenant-nodes",
    requirement="A tenant's pods must run only on the nodes that the environment gives the tenant.",
    severity=Severity.MEDIUM,
    chapter="namespace",
    profile=Profile.FULL,
    references=("Kubernetes: Multi-tenancy, Node isolation",),
    check=check,
    harden=harden,
    admission=admission,
)
