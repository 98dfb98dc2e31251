"""The Pod Security level that a namespace can enforce, given what is exempt there.

A label holds for every pod of its namespace and knows no exceptions. So an exemption of a control of the standards
reaches the label as a whole: of a control that only restricted asks for, baseline is what still admits the exempt pod;
of one that baseline asks for, no level does. Which object or container is exempt makes no difference to a label.
An exemption that names no namespace reaches no label, since it would reach all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.exempting import is_alive
from k8s_hardening.controls.shared.registered import registered
from k8s_hardening.kube.pod_security import BELOW, STRICTNESS
from k8s_hardening.kube.pods import KINDS_WITH_PODS
from k8s_hardening.kube.scopes import NAMESPACED
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge

ASKED_BY = {Profile.PSS_BASELINE: "baseline", Profile.PSS_RESTRICTED: "restricted"}
"""The profile that first holds a control -> the weakest level that asks for it."""
_KINDS_WITHOUT_PODS = frozenset().union(*NAMESPACED.values(), {"Namespace"}) - KINDS_WITH_PODS


@dataclass(frozen=True, slots=True)
class Admitted:
    """The strictest level that admits the pods which are exempt."""

    level: str
    because: tuple[Exemption, ...] = ()
    """The exemptions that a stricter level would not let through, sorted; empty where nothing is given up."""


def admitted_level(wanted: str, namespace: str, knowledge: Knowledge) -> Admitted:
    """The level that a namespace can enforce, at most the wanted one, by the living exemptions."""
    below = {
        exemption: level
        for exemption in knowledge.exemptions
        if (level := _level_below(exemption, namespace, knowledge)) is not None
        and STRICTNESS[level] < STRICTNESS.get(wanted, 0)
    }
    if not below:
        return Admitted(wanted)
    lowest = min(below.values(), key=STRICTNESS.__getitem__)
    return Admitted(lowest, tuple(sorted(below, key=lambda one: one.model_dump_json())))


def how_to_enforce(wanted: str, namespace: str, knowledge: Knowledge) -> str:
    """What to do about a label that is weaker than what the namespace can enforce."""
    level = admitted_level(wanted, namespace, knowledge).level
    undated = knowledge.model_copy(update={"today": None})
    has_ended = admitted_level(wanted, namespace, undated).level != level
    return f"set it to {level}" + ("; the exemption that asked for less has ended" if has_ended else "")


def _level_below(exemption: Exemption, namespace: str, knowledge: Knowledge) -> str | None:
    """The strictest level that admits what an exemption lets through in a namespace; None when it says nothing."""
    if exemption.namespace != namespace or exemption.kind in _KINDS_WITHOUT_PODS:
        return None
    control = registered().get(exemption.control)
    if control is None or not control.applies_to(knowledge.kubernetes) or not is_alive(exemption, knowledge):
        return None
    level = ASKED_BY.get(control.profile)
    return None if level is None else BELOW[level]
