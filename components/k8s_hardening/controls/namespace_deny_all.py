"""Every namespace must deny all traffic that no policy allows.

Judged over a whole stack: for each of its Namespaces, system ones excepted, the stack must hold a NetworkPolicy that
selects every pod, is in force for ingress and has no ingress rule, and one that does the same for egress; one policy
may do both. Absent policyTypes mean ingress, and egress if there is an egress rule (k8s.io/kubernetes v1.37.2
pkg/apis/networking/v1/defaults.go). Further policies do not matter here (rules that admit everybody belong to
network-policy-open), unless they have the same name: of those only one will be there, so each must deny. Namespaces
of other stacks are not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.stack_namespaces import agreed, by_namespace, inside, lacking, user_namespaces
from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.network_policies import selects_everything
from k8s_hardening.model.knowledge import Knowledge

_RULES = {"Ingress": "ingress", "Egress": "egress"}


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each namespace of the stack without a deny-all for both directions."""
    policies = by_namespace(manifests, "networking.k8s.io", "NetworkPolicy")
    for index, name in user_namespaces(manifests):
        denied = agreed(inside(policies, name), _denied)
        missing = [field for direction, field in _RULES.items() if direction not in denied]
        if missing:
            yield (
                index,
                lacking(
                    name,
                    f"without a NetworkPolicy that denies all {' and all '.join(missing)}",
                    "add one with an empty podSelector, both policyTypes and no rules",
                ),
            )


def _denied(policy: Manifest) -> Iterator[str]:
    spec = as_map(policy.get("spec"))
    if not _is_for_every_pod(spec.get("podSelector")):
        return
    # A policy that says nothing is in force for egress only if it has an egress rule, and then it denies nothing.
    types = as_list(spec.get("policyTypes")) or ["Ingress"]
    for direction, field in _RULES.items():
        if direction in types and not as_list(spec.get(field)):
            yield direction


def _is_for_every_pod(selector: object) -> bool:
    return selector is None or selects_everything(selector)


CONTROL = Control(
    id="namespace-deny-all",
    requirement="Every namespace must deny all traffic that no policy allows.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2",),
    check_stack=check_stack,
)
