"""An exemption must be needed: what it covers must have the finding from which it is exempt.

Judged: the living exemptions that the judge knows. One with a name, where the stack holds an object that it covers; one
without, where the stack holds the namespace as well as such an object, since another stack may hold the one that needs
it. Only objects in which its control could find anything count. The exemptions of the control plane's static pods are
left alone: they are given with the command, to pods of every sort. Advisory unless the environment says otherwise: it
is the platform's to mend, not the stack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.exempting import is_alive
from k8s_hardening.controls.exemption_uses import ExemptionUses
from k8s_hardening.controls.shared.exempt_objects import about, covered, first, home
from k8s_hardening.controls.shared.registered import registered
from k8s_hardening.controls.shared.static_pods import is_for_static_pods
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each exemption that nothing of what it covers needs, at its namespace or else at what it covers."""
    for exemption in knowledge.exemptions:
        control = registered().get(exemption.control)
        if control is None or not control.applies_to(knowledge.kubernetes) or not is_alive(exemption, knowledge):
            continue
        if is_for_static_pods(exemption):
            continue
        objects, namespace = covered(exemption, control, manifests), home(exemption, manifests)
        if not objects or not (exemption.name or namespace) or not _tells(exemption, control):
            continue
        if not _is_used(exemption, control, manifests, objects, knowledge):
            what = "which nothing here needs"
            fix = "remove it from the baseline"
            yield first(namespace or objects, manifests), about(exemption, what, fix)


def _tells(exemption: Exemption, control: Control) -> bool:
    """Whether objects that are covered without need say anything: not where they may be of any kind."""
    return (
        exemption.name is not None
        or exemption.kind is not None
        or control.concerns is not None
        or control.chapter == "namespace"
    )


def _is_used(
    exemption: Exemption, control: Control, manifests: Sequence[Manifest], objects: Sequence[int], knowledge: Knowledge
) -> bool:
    others = [one for one in knowledge.exemptions if one.control != control.id]
    uses = ExemptionUses([control], knowledge.model_copy(update={"exemptions": (exemption, *others)}))
    if control.check_stack is not None:
        return any(True for _ in uses.of_stack(manifests))
    return any(True for index in objects for _ in uses.of(manifests[index]))


CONTROL = Control(
    id="exemption-unneeded",
    requirement="An exemption must be needed by something that it covers.",
    severity=Severity.LOW,
    chapter="exemption",
    references=(),
    check_stack=check_stack,
    level=Level.ADVISORY,
)
