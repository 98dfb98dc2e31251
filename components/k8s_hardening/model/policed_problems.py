"""Rights of tenants that RBAC alone cannot hold to their purpose: only admission policies of the server can.

RBAC names resources and verbs, and for what exists already single objects. It cannot say whom a binding may name, nor
how the name of a new object begins, nor which labels it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.kube.admission_policies import SINCE, STABLE_SINCE
from k8s_hardening.kube.version import supported
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.parts import Party, plain_map
from k8s_hardening.model.raw import Problem

# Field of a tenant -> the control whose policy holds the right to its purpose, and what RBAC cannot say.
_POLICED = {
    "delegation": ("tenant-delegation", "whom a binding may name", "false"),
    "namespace_prefix": ("namespace-owner", "how the name of a namespace begins", "no namespace_prefix"),
}


def policed_problems(data: dict[str, Any], tenants: Sequence[Party], *, unfinished_api: bool) -> Iterator[Problem]:
    """Such rights where the version has no admission policies, or where theirs do not refuse."""
    version = supported(data.get("kubernetes"))
    levels = plain_map(plain_map(data.get("enforcement")).get("levels"))
    for tenant in tenants:
        for field, (control, unsaid, example) in _POLICED.items():
            value = tenant.fields.get(field)
            if not value:
                continue
            loc = (*tenant.loc, field)
            if version is not None and version < (SINCE if unfinished_api else STABLE_SINCE):
                yield (
                    loc,
                    value,
                    (
                        f"needs ValidatingAdmissionPolicy (Kubernetes {STABLE_SINCE}, or {SINCE} with its unfinished "
                        f"API), since RBAC cannot say {unsaid}; for example {example}"
                    ),
                )
            elif levels.get(control, Level.MANDATORY) != Level.MANDATORY:
                yield (
                    loc,
                    value,
                    (
                        f'needs enforcement.levels: {{{control}: "mandatory"}}, which holds admins to it; '
                        f"for example {example}"
                    ),
                )
