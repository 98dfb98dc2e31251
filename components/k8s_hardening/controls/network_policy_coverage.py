"""Pods must be isolated in both directions: a pod that no policy selects is open to everybody.

Judged over a whole stack: pods in namespaces for which the stack holds NetworkPolicies, and of which neither a
Namespace of the stack nor the platform speaks. There, a pod that no policy of the stack isolates for ingress, or for
egress, is open in that direction as far as the stack goes. Namespaces of the stack belong to namespace-deny-all, those
that the judge knows to be closed have their deny-all in the platform's stack, and where a stack holds no policy at all
another one may. Pods on the host network belong to host-namespaces: no policy selects them. Advisory unless the
environment says otherwise, since another stack may hold the deny-all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.shared.stack_namespaces import raw_name, user_namespaces
from k8s_hardening.controls.shared.stack_worlds import places_of_pods, world_of
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.reach import Pods, uncovered_pods
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge

_DIRECTIONS = {"ingress": True, "egress": False}


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each pod that policies of the stack leave open."""
    world = world_of(manifests, knowledge)
    if world is None:
        return
    spoken_for = {raw_name(manifests[index]) for index, _ in user_namespaces(manifests)} | _closed(knowledge)
    asked = {one.namespace for one in world.policies} - spoken_for
    if not asked:
        return
    open_ways: dict[Pods, list[str]] = {}
    undecided: set[Pods] = set()
    for direction, is_ingress in _DIRECTIONS.items():
        may = world.isolated(is_ingress=is_ingress).may
        for pods in uncovered_pods(world, is_ingress=is_ingress):
            if pods.namespace in asked:
                open_ways.setdefault(pods, []).append(direction)
                undecided |= {pods} if may >> world.place_of[pods] & 1 else set()
    for index, path, pods in places_of_pods(manifests, open_ways):
        yield index, _finding(path, pods, open_ways[pods], unknown=pods in undecided)


def _closed(knowledge: Knowledge) -> set[str]:
    tenants = {name for tenant in knowledge.tenants for name in tenant.namespaces}
    return tenants if knowledge.network is None else tenants | set(knowledge.network.of_namespace)


def _finding(path: str, pods: Pods, ways: list[str], *, unknown: bool) -> Finding:
    return Finding(
        path,
        f"that of a pod which no policy of {pods.namespace} in this stack isolates for {' and '.join(ways)}",
        "add a policy with an empty podSelector, both policyTypes and no rules",
        unknown=unknown,
    )


CONTROL = Control(
    id="network-policy-coverage",
    requirement="Pods must be isolated by network policies in both directions.",
    severity=Severity.MEDIUM,
    chapter="network",
    references=("CIS 5.3.2",),
    check_stack=check_stack,
    level=Level.ADVISORY,
)
