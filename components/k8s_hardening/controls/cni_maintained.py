"""The network plug-in that enforces the policies must be one that somebody still mends.

Judged over a whole stack by the facts of kube/cnis.py for the declared plug-in: archived ones, and ones whose end of
support is announced, from the announcement on. The finding stands at the
first NetworkPolicy of the stack by namespace and name, since that is what such a plug-in lets down; a stack without
one gives none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.kube.cni_facts import State
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.manifest import Manifest, name_of, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """One finding for a plug-in that nobody mends any more, or soon will not."""
    cni = CNIS.get(knowledge.cni or "")
    if cni is None or not cni.enforces or cni.upkeep.state not in (State.ARCHIVED, State.ENDING):
        return  # network-policy-enforced speaks about those that enforce nothing
    policies = [
        (namespace_of(manifest), name_of(manifest), index)
        for index, manifest in enumerate(manifests)
        if is_network_policy(manifest)
    ]
    if not policies:
        return
    upkeep = cni.upkeep
    if upkeep.ends is None:
        state = f"{upkeep.state} ({upkeep.source})"
    else:
        is_over = knowledge.today is not None and knowledge.today > upkeep.ends
        state = f"without support {'since' if is_over else 'after'} {upkeep.ends} ({upkeep.source})"
    yield min(policies)[2], Finding("kind", f"enforced by {cni.title}, which is {state}", f"move to {upkeep.instead}")


CONTROL = Control(
    id="cni-maintained",
    requirement="The network plug-in must be maintained.",
    severity=Severity.MEDIUM,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.1",),
    check_stack=check_stack,
    level=Level.ADVISORY,
)
