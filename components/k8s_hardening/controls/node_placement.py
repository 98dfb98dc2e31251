"""Pods must leave the choice of their node to the scheduler and keep off the control plane.

Restricted fields, of pods outside the system's namespaces: spec.nodeName; tolerations of a taint of the control plane,
or of every taint (operator Exists without a key); nodeSelector and required nodeAffinity that ask for the label of the
control plane. Allowed: absent. A name of a node goes past the scheduler and all taints but NoExecute, and a neighbour
of the API server is one step from its keys. Agents that belong on every node are what exemptions are for. There is no
fix: where the pod should run instead, only the owner knows.
Sources: k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go, v1.19.16 the same (node-role.kubernetes.io/
master); k8s.io/api v0.37.2 core/v1/types.go (PodSpec, Toleration, NodeSelectorRequirement).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, key_path, namespace_of
from k8s_hardening.kube.names import CONTROL_PLANE_ROLES, SYSTEM_NAMESPACES
from k8s_hardening.kube.pods import Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

# Unlike default, these are no place for a tenant's pods; whoever may write there may anything.
_OF_THE_SYSTEM = SYSTEM_NAMESPACES - {"default"}
_ELSEWHERE = ("NotIn", "DoesNotExist")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_TERMS = "nodeSelectorTerms"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each field that chooses a node by name, or one of the control plane."""
    if namespace_of(manifest) in _OF_THE_SYSTEM:
        return
    for pod in pods_of(manifest):
        if pod.spec.get("nodeName") not in (None, ""):
            yield finding(
                f"{pod.path}.nodeName", pod.spec.get("nodeName"), "remove it; the scheduler knows taints and room"
            )
        yield from _tolerations(pod)
        yield from _labels(pod)


def _tolerations(pod: Pod) -> Iterator[Finding]:
    for index, toleration in enumerate(as_list(pod.spec.get("tolerations"))):
        key = as_map(toleration).get("key")
        if key is UNKNOWN or key in (None, "", *CONTROL_PLANE_ROLES):
            yield finding(
                f"{pod.path}.tolerations[{index}]", toleration, "name the taint of nodes that are meant for workloads"
            )


def _labels(pod: Pod) -> Iterator[Finding]:
    selector = pod.spec.get("nodeSelector")
    if selector is UNKNOWN:
        yield finding(f"{pod.path}.nodeSelector", selector, "give it plain values")
    for role in CONTROL_PLANE_ROLES:
        if role in as_map(selector) and selector is not UNKNOWN:
            yield finding(key_path(f"{pod.path}.nodeSelector", role), as_map(selector)[role], "select other nodes")
    required = as_map(as_map(as_map(pod.spec.get("affinity")).get("nodeAffinity")).get(_REQUIRED))
    for term, terms in enumerate(as_list(required.get(_TERMS))):
        for index, expression in enumerate(as_list(as_map(terms).get("matchExpressions"))):
            if _asks_for_a_role(as_map(expression)):
                yield finding(
                    f"{pod.path}.affinity.nodeAffinity.{_REQUIRED}.{_TERMS}[{term}].matchExpressions[{index}].key",
                    as_map(expression).get("key"),
                    "ask for other nodes",
                )


def _asks_for_a_role(expression: dict[str, Any]) -> bool:
    key = expression.get("key")
    return (key is UNKNOWN or key in CONTROL_PLANE_ROLES) and expression.get("operator") not in _ELSEWHERE


CONTROL = Control(
    id="node-placement",
    requirement="Pods must leave the choice of their node to the scheduler and keep off the control plane.",
    severity=Severity.HIGH,
    chapter="workload",
    references=("Kubernetes: Taints and Tolerations", "Kubernetes: Assigning Pods to Nodes"),
    check=check,
    concerns=carries_pods,
)
