"""Rights for an emergency are shown in every preview for as long as they stand.

Judged: every RoleBinding and ClusterRoleBinding that the environment's break_glass declares, by its name
(break-glass-<name>). Advisory unless the environment says otherwise: the rights are meant, and nobody shall forget
them. What was not declared, or is over, belongs to break-glass-declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.emergencies import emergency_of, undeclared
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.rbac import binding_of, grants_rights
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The binding, with who has the rights, until when, and who answers for them."""
    emergency = emergency_of(manifest, knowledge)
    if emergency is None or binding_of(manifest) is None or any(undeclared(manifest, knowledge)):
        return
    what = f"open for {', '.join(emergency.subjects)} until {emergency.expires}, for which {emergency.owner} answers"
    yield Finding("(emergency)", what, "take it out of break_glass as soon as the emergency is over")


CONTROL = Control(
    id="break-glass",
    requirement="Rights for an emergency must be seen for as long as they stand.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.1",),
    check=check,
    concerns=grants_rights,
    level=Level.ADVISORY,
)
