"""Rights for an emergency must be declared by the platform, and must not stand a day longer than declared.

Restricted: every Role, RoleBinding and ClusterRoleBinding whose name begins with break-glass-. Not allowed: one that
the environment's break_glass does not name; in a binding, other subjects, another tenant or the whole cluster in place
of it, or another role; and any after its last day. The server knows no day, so the rights end when the entry is taken
out and applied: until then nothing of the environment passes. There is no fix but that.
"""

from __future__ import annotations

from k8s_hardening.controls.control import Control, Profile, Severity
from k8s_hardening.controls.shared.emergencies import undeclared
from k8s_hardening.kube.rbac import grants_rights

CONTROL = Control(
    id="break-glass-declared",
    requirement="Rights for an emergency must be declared by the platform, and end on their day.",
    severity=Severity.CRITICAL,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.1",),
    check=undeclared,
    concerns=grants_rights,
)
