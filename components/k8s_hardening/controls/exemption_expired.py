"""An exemption that has ended must be renewed or removed.

Judged: the exemptions that the judge knows, where the stack holds their namespace or an object that they are about. An
exemption covers nothing after its last day, so what was exempt is found again; this says why. Advisory unless the
environment says otherwise: it is the platform's to mend, not the stack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Severity
from k8s_hardening.controls.exempting import is_alive
from k8s_hardening.controls.shared.exempt_objects import about, covered, first, home
from k8s_hardening.controls.shared.registered import registered
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each exemption that ended and concerns the stack, at its namespace or else at what it was about."""
    for exemption in knowledge.exemptions:
        control = registered().get(exemption.control)
        if control is None or is_alive(exemption, knowledge):
            continue
        places = home(exemption, manifests) or covered(exemption, control, manifests)
        if places:
            what = f"which ended on {exemption.expires} and belongs to {exemption.owner}"
            fix = "remove it from the baseline, or give it a new last day"
            yield first(places, manifests), about(exemption, what, fix)


CONTROL = Control(
    id="exemption-expired",
    requirement="An exemption that has ended must be renewed or removed.",
    severity=Severity.MEDIUM,
    chapter="exemption",
    references=(),
    check_stack=check_stack,
    level=Level.ADVISORY,
)
