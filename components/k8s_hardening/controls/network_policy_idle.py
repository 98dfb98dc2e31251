"""A NetworkPolicy must select somebody: pods of its namespace, and at the other end namespaces that there are.

Judged over a whole stack, by what it can see. A podSelector with conditions, where the stack holds pods in that
namespace and none of them meets these. A namespaceSelector that names only namespaces of which neither the stack nor
the judge knows any, by kubernetes.io/metadata.name or by labels that only the platform sets; asked as soon as the
judge knows tenants. A deny-all for pods to come is left alone, and so is what selects namespaces by other labels.
Where the flows of the environment are declared, a namespace that none of them knows belongs to network-flow-declared.
Advisory unless the environment says otherwise, since the pods may stand in another stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.declared_flows import openings_in
from k8s_hardening.controls.shared.protected_labels import named_by
from k8s_hardening.controls.shared.stack_namespaces import is_user_namespace
from k8s_hardening.controls.shared.stack_worlds import world_of
from k8s_hardening.kube.manifest import Manifest, as_map, holds_unknown, name_of, namespace_of
from k8s_hardening.kube.names import SYSTEM_NAMESPACES
from k8s_hardening.kube.network_policies import is_network_policy, rules_of
from k8s_hardening.kube.reach import Policy, World
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge

_CORRECT = "correct it, or remove it"


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each selector of pods that none of those there meets, and each of namespaces that are not known."""
    world = world_of(manifests, knowledge)
    if world is None:
        return
    policies = {id(policy.manifest): policy for policy in world.policies}
    known = _known(manifests, knowledge) if knowledge.tenants else None
    for index, manifest in enumerate(manifests):
        if not is_network_policy(manifest):
            continue
        policy = policies.get(id(manifest))
        if policy is not None and (found := _without_pods(policy, world)) is not None:
            yield index, found
        if known is not None:
            for one in _without_namespaces(manifest, known, knowledge):
                yield index, one


def _without_pods(policy: Policy, world: World) -> Finding | None:
    if not policy.pods.requirements or not world.inside(policy.namespace).sure:
        return None
    selected = world.selected(policy)
    selector = as_map(policy.manifest.get("spec")).get("podSelector")
    is_open = bool(selected.may)
    if selected.sure or (is_open and not holds_unknown(selector)):
        return None
    found = f"{policy.pods}, which none of the pods of {policy.namespace} in this stack has"
    return Finding("spec.podSelector", found, _CORRECT, unknown=is_open)


def _without_namespaces(manifest: Manifest, known: frozenset[str], knowledge: Knowledge) -> Iterator[Finding]:
    is_judged_by_flows = openings_in(namespace_of(manifest), knowledge) is not None
    for rule in rules_of(manifest):
        for path, peer in rule.peers():
            selector, where = peer.get("namespaceSelector"), f"{path}.namespaceSelector"
            if holds_unknown(selector):
                yield finding(where, selector, "give the selector plain values")
                continue
            names = None if selector is None else named_by(selector, knowledge)
            if names is None or names & known or (names and is_judged_by_flows):
                continue
            what = f"that of {', '.join(sorted(names)[:3])}" if names else "that of no namespace"
            yield Finding(where, f"{what}, which neither the stack nor the environment knows", _CORRECT)


def _known(manifests: Sequence[Manifest], knowledge: Knowledge) -> frozenset[str]:
    """Every namespace of which the stack or the judge knows."""
    of_stack = {namespace_of(one) or name_of(one) for one in manifests if namespace_of(one) or is_user_namespace(one)}
    of_judge = {name for tenant in knowledge.tenants for name in tenant.namespaces} | set(knowledge.host_paths)
    network = knowledge.network
    of_flows = set() if network is None else set(network.of_namespace)
    for opening in () if network is None else network.openings:
        for peer in opening.peers:
            of_flows |= named_by(peer.get("namespaceSelector"), knowledge) or frozenset()
    return frozenset({*of_stack, *of_judge, *of_flows, *SYSTEM_NAMESPACES})


CONTROL = Control(
    id="network-policy-idle",
    requirement="Network policies must select somebody.",
    severity=Severity.LOW,
    chapter="network",
    references=(),
    check_stack=check_stack,
    level=Level.ADVISORY,
)
